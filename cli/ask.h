/* ask.h: questions to the person at the terminal (/dev/tty), never to a pipe
 * that happens to be standard input.
 */
#ifndef SATCHEL_ASK_H
#define SATCHEL_ASK_H

#include <stddef.h>

#include "../base/err.h"

#define ASK_MAX 1024u			/* bytes of an answer with its NUL */

/* Is there a terminal to ask at?  1 or 0. */
int ask_possible(void);

/* One line without its newline into ret (ASK_MAX bytes); returns its length.
 * E_USAGE if there is no terminal, E_IO, E_LIMIT. */
int ask_line(const char *question, char *ret, struct err *err);

/* The same with the echo off; ret should be wiped after use. */
int ask_secret(const char *question, char *ret, struct err *err);

#endif
