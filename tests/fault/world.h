/* world.h: a folder with a few sites in it, that is put back as it was
 * before each fault; and what it looks like.
 *
 *	<top>/w		where the commands run; state/, tmp/, drop/, ...
 *	<top>/<name>	a kept copy
 *	<medium>	another disk, which w/medium points to
 */
#ifndef SATCHEL_TEST_WORLD_H
#define SATCHEL_TEST_WORLD_H

#include <stddef.h>

#include "../../base/buf.h"
#include "trace.h"

struct world {
	char top[128];			/* in memory, if there is /dev/shm */
	char medium[128];		/* "" if there is one disk alone */
	int out, err;			/* what a run says */
};

struct said {				/* of a run */
	struct trace_end end;
	long blocks;			/* with TRACE_MEMORY: never freed */
	struct buf out, err;
};
#define SAID_INIT { .end = { .status = 0 } }
void said_clear(struct said *s);

/* Make an empty one, which is removed when the program ends (a static
 * variable). */
void world_begin(struct world *w);

/* Keep <top>/w as <top>/<name>; make it <top>/<name> again; forget. */
void world_keep(const struct world *w, const char *name);
void world_reset(const struct world *w, const char *name);
void world_forget(const struct world *w, const char *name);

/* Run satchel in <top>/w: words with blanks between, the first the site; the
 * word "@x" is the fingerprint of site x.  -1: not permitted to trace. */
int world_run(struct world *w, const char *words,
    const struct trace_fault *fault, struct said *ret);

/* The exit status; 256 + its number if a signal ended it. */
int said_exit(const struct said *s);

/* Run it and end the program unless it exits with `want`. */
void world_need(struct world *w, const char *words, int want);

/* A file of w, from a text or with `len` bytes that do not compress. */
void world_text(const struct world *w, const char *name, const char *text);
void world_bytes(const struct world *w, const char *name, size_t len);

/* The path of a name in w; two at a time. */
const char *world_path(const struct world *w, const char *name);

/* Names and contents below a folder of w, one a line, sorted; without
 * store.db.  Nothing if it is not there. */
void world_list(const struct world *w, const char *folder, struct buf *out);

/* Hidden names in a folder of w, a blank before each: temporaries. */
void world_litter(const struct world *w, const char *folder,
    struct buf *out);

/* End the program: a mistake of the test. */
void die(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));

#endif
