/* age_armor.h: age files as text (C2SP age.md, "ASCII armor"). */
#ifndef SATCHEL_AGE_ARMOR_H
#define SATCHEL_AGE_ARMOR_H

#include <stddef.h>

#include "../base/buf.h"
#include "../base/err.h"

/* 1 if, after white space, it begins as armor does. */
int age_armor_is(const char *text, size_t len);

void age_armor_write(const void *data, size_t len, struct buf *out);

/* Append the bytes that the text holds.  Lines end in LF or CRLF; nothing
 * but white space may stand before and after.  E_DECRYPT. */
int age_armor_read(const char *text, size_t len, struct buf *out,
    struct err *err);

#endif
