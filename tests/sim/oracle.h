/* oracle.h: what is true of a history.
 *
 * The oracle knows of every version exactly which versions its author was
 * shown, and who truly wrote each of its fields.  After every edit and every
 * admitted bundle the sibling set of an object must be exactly the maximal
 * versions of all that the site was ever told.
 */
#ifndef SATCHEL_SIM_ORACLE_H
#define SATCHEL_SIM_ORACLE_H

#include <stdint.h>

#include "../../store/object.h"

#define UIDS 6				/* objects of a history: o0 to o5 */
#define TYPES 3				/* T0 to T2, two objects each */
#define BLOBS 6				/* attachments, see blobs.h */
#define VERSIONS_MAX 1024
#define ENTRIES_MAX 1024		/* of the review history */
#define BITS_WORDS 16

struct bits {				/* a set of numbers below 1,024 */
	uint64_t w[BITS_WORDS];
};
int bits_has(const struct bits *b, int i);
void bits_put(struct bits *b, int i);
void bits_unite(struct bits *b, const struct bits *more);
int bits_within(const struct bits *a, const struct bits *b); /* a <= b */
int bits_same(const struct bits *a, const struct bits *b);
int bits_count(const struct bits *b);
int bits_next(const struct bits *b, int after);	/* -1: no more */

/* Fields of F that a history uses; F_NEST is "fields" itself, F_C to F_E are
 * in it, F_ATT is "attachments". */
enum field_number { F_A, F_ATT, F_B, F_NEST, F_C, F_D, F_E, FIELDS };
#define ABSENT (-1)
#define NOBODY (-1)

struct state {				/* of an object, as saved or shown */
	int live;
	int value[FIELDS];		/* ABSENT, a number, of F_ATT a bit for
					 * each blob; 0 all of a deletion */
};

struct known {				/* a version */
	struct version v;		/* owns its text */
	unsigned char identity[32];
	int uid;
	struct state state;
	struct bits seen;		/* truly, all the way down */
	struct bits entries;		/* its review history */
	int born;			/* whose creation it goes back to */
	int wrote[FIELDS];		/* who set a field; NOBODY: born */
};

struct memory {				/* of a site, by object */
	struct bits live[UIDS];		/* versions that must be there */
	struct bits past[UIDS];		/* versions known, truly */
	struct bits had[UIDS];		/* versions ever held */
	struct bits told[UIDS];		/* history entries shown */
};

struct oracle {
	struct known *known;		/* VERSIONS_MAX; owned */
	int count;
	char *entry[ENTRIES_MAX];	/* owned */
	int entry_count;
	struct memory at[8];		/* by site */
	unsigned long kinds[4];		/* conflicts seen, by conflict_kind */
};

void oracle_begin(struct oracle *o);
void oracle_clear(struct oracle *o);

/* The number of a version, or -1: nobody made it. */
int oracle_find(const struct oracle *o, const struct version *v);

/* A new version by someone who was truly shown these.  Its number, or a
 * negative one: it does not say what it should (no state of ours). */
int oracle_enter(struct oracle *o, int uid, const struct version *v,
    const struct bits *shown);

/* These and all that they go back to. */
void oracle_closure(const struct oracle *o, const struct bits *of,
    struct bits *ret);

/* Those that no other one has seen. */
void oracle_maximal(const struct oracle *o, const struct bits *of,
    struct bits *ret);

/* After a change of one object at a site, brought about by `incoming`: NULL,
 * or what is violated. */
const char *oracle_check(struct oracle *o, int site, struct store *s, int uid,
    const struct bits *incoming, struct err *err);

/* Is this what the site shows of an object, by the rules alone? */
int oracle_winner(const struct oracle *o, const struct bits *set);
int oracle_looks_same(const struct oracle *o, int a, int b);

/* The versions that a store has of an object; 0, or negative. */
int oracle_held(const struct oracle *o, struct store *s, int uid,
    struct bits *ret, struct err *err);

/* F as canonical JSON; nothing for a deletion. */
void state_write(const struct state *st, struct buf *out);
int state_same(const struct state *a, const struct state *b);
int state_read(struct state *ret, struct json_span F);	/* -1: not ours */
const char *uid_name(int uid);
int uid_number(struct json_span uid);		/* -1: none of ours */
const char *type_name(int uid);

#endif
