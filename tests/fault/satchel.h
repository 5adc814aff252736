/* satchel.h: the program itself as a function (cli/main.c, renamed when it
 * is compiled for these tests). */
#ifndef SATCHEL_TEST_SATCHEL_H
#define SATCHEL_TEST_SATCHEL_H

int satchel_main(int argc, char **argv);

#endif
