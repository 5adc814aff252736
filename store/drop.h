/* drop.h: the drops of a site, and what was seen in each.
 *
 * A drop is a folder on shared storage.  It is known by a name here, and by a
 * mark in it, so that a mount point with nothing mounted is not an empty drop.
 * What was seen in it is a memory and no more: each night is right without
 * it, but slower.
 */
#ifndef SATCHEL_DROP_H
#define SATCHEL_DROP_H

#include <stddef.h>
#include <stdint.h>

#include "../base/buf.h"
#include "peer.h"
#include "store.h"

#define DROP_NAME_MAX 32u		/* bytes; see text_is_name */
#define DROP_MARK_LEN 32u		/* hex digits */
#define DROP_KEEP_MAX 36500u		/* days */
#define DROPS_MAX 1000u
#define DROP_FILES_MAX 250000u		/* in one: some 30 MiB of memory */

struct drop {
	int64_t id;
	char name[DROP_NAME_MAX + 1];
	char *path;			/* absolute; owned */
	char mark[DROP_MARK_LEN + 1];
	unsigned keep;			/* days more than retention asks */
	int together;			/* one file for all peers of it */
	int removable;			/* may be absent: a stick */
	int64_t reached;		/* when it was last there; 0: never */
};
void drop_clear(struct drop *d);

struct drops {
	struct drop *at;
	size_t count;
};
void drops_clear(struct drops *d);

/* All, by name.  drop_find: 1 found, 0 not. */
int drop_list(struct store *s, struct drops *ret, struct err *err);
int drop_find(struct store *s, const char *name, struct drop *ret,
    struct err *err);

/* Remember a new one (name, path, mark, keep, together, removable are read);
 * sets d->id.  Save its settings; forget it and what was seen in it.  In a
 * writing transaction.  E_USAGE: name or path is taken, or they are bad. */
int drop_add(struct store *s, struct drop *d, struct err *err);
int drop_save(struct store *s, const struct drop *d, struct err *err);
int drop_remove(struct store *s, int64_t id, struct err *err);

/* It was there just now. */
int drop_reach(struct store *s, int64_t id, struct err *err);

/* The peers it serves, by name: neither removed nor revoked ones. */
int drop_peers(struct store *s, int64_t id, struct peer **ret,
    size_t *ret_count, struct err *err);	/* free() them */
int drop_set_peers(struct store *s, int64_t id, const int64_t *peers,
    size_t count, struct err *err);

/* When a file for the peer was last written there (seconds since 1970; 0:
 * never, or it does not serve the peer); it was just now. */
int drop_written(struct store *s, int64_t id, int64_t peer, int64_t *ret,
    struct err *err);
int drop_write(struct store *s, int64_t id, int64_t peer, struct err *err);

struct drop_wait {
	int64_t since;			/* 0: nothing waits */
	uint64_t acked;			/* the peer's watermark then */
};

/* Since when what lies there waits for the peer; remember it. */
int drop_waits(struct store *s, int64_t id, int64_t peer,
    struct drop_wait *ret, struct err *err);
int drop_wait(struct store *s, int64_t id, int64_t peer,
    const struct drop_wait *w, struct err *err);

/* --- what was seen ------------------------------------------------------ */

enum drop_what {
	DROP_FOREIGN,			/* nothing of Satchel's, or a card */
	DROP_OTHER,			/* between other sites */
	DROP_OWN,			/* we wrote it */
	DROP_READ,			/* for us, and read */
	DROP_DUE,			/* for us, and not read yet */
	DROP_BROKEN			/* begins like ours: damaged, in the
					 * making, or of someone unknown */
};

struct drop_own {			/* what retention asks of ours */
	int kind;			/* enum manifest_kind */
	struct actor actor;		/* our life then */
	uint64_t sequence, since, until;
	char *filter;			/* owned; NULL: no range */
	char *addressees;		/* site ids with a space between,
					 * ascending; owned */
	int64_t freed;			/* since when it may go; 0: not */
	int fresh;			/* here alone: written just now */
};

struct drop_file {
	char *name;			/* in the folder; owned */
	uint64_t size, inode;
	int64_t mtime;			/* nanoseconds; never trusted: only if
					 * it differs, the file is looked at
					 * again */
	int64_t first;			/* when it was first seen so */
	struct drop_own *own;		/* of DROP_OWN, owned; else NULL */
	unsigned char what;		/* enum drop_what */
	unsigned char stale;		/* differs from its row */
	unsigned char met;		/* was not seen so before */
	unsigned char gone;		/* is not there any more */
	unsigned char seen;		/* for those who go through a folder */
};
void drop_file_clear(struct drop_file *f);

struct drop_files {
	struct drop_file *at;		/* as loaded: by name, as bytes */
	size_t count, cap;
};
void drop_files_clear(struct drop_files *f);

/* Add one: room for it, zeroed, is returned with its name (copied) in it; NULL
 * without memory. */
struct drop_file *drop_files_add(struct drop_files *f, const char *name);

/* What was seen the last time. */
int drop_files_load(struct store *s, int64_t id, struct drop_files *ret,
    struct err *err);

/* Write the rows of those that are stale, delete those that are gone.  In a
 * writing transaction. */
int drop_files_save(struct store *s, int64_t id, const struct drop_files *f,
    struct err *err);

#endif
