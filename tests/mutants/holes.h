/* holes.h: checks of the reader that can be left out, so that the test of
 * the mutants can be seen to fail.  The linker puts these in the place of
 * minisign_verify, reader_valid and tar_parse (--wrap).
 */
#ifndef SATCHEL_TEST_HOLES_H
#define SATCHEL_TEST_HOLES_H

enum hole {
	HOLE_NONE,
	HOLE_SIGNATURE,			/* any signature is good */
	HOLE_SUMS,			/* SUMS is not compared with what was
					 * hashed */
	HOLE_HEADER,			/* of a header only name and size
					 * count */
	HOLES
};
extern enum hole hole;

#endif
