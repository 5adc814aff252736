/* retains.h: a drop whose files are written as words, for tests of what may go:
 *
 *	KIND SEQUENCE ADDRESSEES RANGE [LIFE [FILTER]]
 *	B7:b+c:0-5	a bundle, file 7 of this life, for b and c
 *	B7:b:5-5	parts of an attachment alone
 *	B7:b:0-5:0	of the life before
 *	R8:b Q9:b E10:b	a receipt, a request, an excerpt
 *	X11 D12		a file of others, one for us that is not read
 *
 * The files exist, empty, each named after its number.  Peers of the site are
 * b to f; e is revoked, f was removed.
 */
#ifndef SATCHEL_TEST_RETAINS_H
#define SATCHEL_TEST_RETAINS_H

#include <fcntl.h>
#include <inttypes.h>

#include "../../carry/retain.h"
#include "../../format/manifest.h"
#include "../../store/stream.h"
#include "labs.h"
#include "unsynced.h"

#define RETAINS_PEERS 5

struct retains {
	struct lab l;
	struct drop drop;
	char path[88];
	struct survey x;
	struct peer peers[RETAINS_PEERS];
	uint64_t statement;		/* number of the last one */
};

static inline void
retains_peer(struct retains *t, int i)
{
	struct peer p;

	memset(&p, 0, sizeof p);
	p.site[0] = p.name[0] = (char)('b' + i);
	(void)snprintf(p.key_id, sizeof p.key_id, "000000000000000%d", i);
	(void)snprintf(p.minisign, sizeof p.minisign, "RW%d", i);
	(void)snprintf(p.age, sizeof p.age, "age1%d", i);
	CHECK_INT(peer_add(t->l.s, &p, &t->l.err), 1);
	CHECK_INT(peer_by_site(t->l.s, p.site, &t->peers[i], &t->l.err), 1);
	if (p.site[0] == 'e')
		CHECK_OK(peer_revoke(t->l.s, t->peers[i].id, &t->l.err),
		    &t->l.err);
	if (p.site[0] == 'f')
		CHECK_OK(peer_remove(t->l.s, t->peers[i].id, &t->l.err),
		    &t->l.err);
}

static inline void
retains_begin(struct retains *t)
{
	int i;

	memset(t, 0, sizeof *t);
	t->x = (struct survey)SURVEY_INIT;
	lab_begin(&t->l, "a");
	t->l.s->self.generation = 2;
	(void)snprintf(t->path, sizeof t->path, "%.60s/satchel-drop.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : t->l.folder);
	CHECK(mkdtemp(t->path) != NULL);
	t->drop = (struct drop){ .id = 1, .name = "nightly", .path = t->path };
	t->x.drop = &t->drop;
	t->x.dir_fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(t->x.dir_fd >= 0);
	CHECK_OK(store_begin(t->l.s, &t->l.err), &t->l.err);
	for (i = 0; i < RETAINS_PEERS; i++)
		retains_peer(t, i);
}

static inline void
retains_end(struct retains *t)
{
	char command[128];

	(void)snprintf(command, sizeof command, "rm -rf '%s'", t->path);
	CHECK_INT(system(command), 0);
	survey_clear(&t->x);
	store_rollback(t->l.s);
	lab_end(&t->l);
}

/* Forget all files and statements. */
static inline void
retains_reset(struct retains *t)
{
	size_t i;

	for (i = 0; i < t->x.files.count; i++)
		(void)unlinkat(t->x.dir_fd, t->x.files.at[i].name, 0);
	drop_files_clear(&t->x.files);
	lab_sql(&t->l, "DELETE FROM acked; DELETE FROM gap");
}

/* What the survey would know of a new file. */
static inline struct drop_file *
retains_file(struct retains *t, const char *name)
{
	int fd = openat(t->x.dir_fd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	struct drop_file *f = drop_files_add(&t->x.files, name);
	struct stat st;

	CHECK(f != NULL && fd >= 0 && fstat(fd, &st) == 0);
	(void)close(fd);
	f->inode = st.st_ino;
	f->mtime = (int64_t)st.st_mtim.tv_sec * 1000000000 +
	    st.st_mtim.tv_nsec;
	f->first = t->l.s->clock;
	return f;
}

static inline int
retains_kind(char letter)
{
	return letter == 'B' ? MANIFEST_BUNDLE :
	    letter == 'E' ? MANIFEST_EXCERPT :
	    letter == 'R' ? MANIFEST_RECEIPT : MANIFEST_REQUEST;
}

static inline void
retains_own(struct retains *t, struct drop_file *f, const char *word)
{
	struct drop_own *own = calloc(1, sizeof *own);
	char to[64] = "", filter[32] = FILTER_ALL, *plus;

	CHECK((f->own = own) != NULL);
	f->what = DROP_OWN;
	own->kind = retains_kind(word[0]);
	own->actor = t->l.s->self;
	(void)sscanf(word + 1, "%" SCNu64 ":%63[a-z+]:%" SCNu64 "-%" SCNu64
	    ":%" SCNu64 ":%31s", &own->sequence, to, &own->since,
	    &own->until, &own->actor.generation, filter);
	while ((plus = strchr(to, '+')) != NULL)
		*plus = ' ';
	CHECK((own->addressees = strdup(to)) != NULL);
	if (own->kind == MANIFEST_BUNDLE)
		CHECK((own->filter = strdup(filter)) != NULL);
}

/* Words with blanks between. */
static inline void
retains_files(struct retains *t, const char *words)
{
	char word[80], name[16];
	struct drop_file *f;
	int n;

	for (; sscanf(words, " %79s%n", word, &n) == 1; words += n) {
		(void)snprintf(name, sizeof name, "%lu",
		    strtoul(word + 1, NULL, 10));
		f = retains_file(t, name);
		if (strchr("XD", word[0]) == NULL)
			retains_own(t, f, word);
		else
			f->what = word[0] == 'X' ? DROP_OTHER : DROP_DUE;
	}
}

static inline int64_t
retains_id(const struct retains *t, char site)
{
	return t->peers[site - 'b'].id;
}

/* "b5 c9 c3:0": b stated that it has this life's changes up to 5; c of this
 * one 9, of the life before 3. */
static inline void
retains_acks(struct retains *t, const char *words)
{
	struct actor a;
	uint64_t until;
	int64_t id;
	char site;
	int n;

	for (; sscanf(words, " %c%" SCNu64 "%n", &site, &until, &n) == 2;) {
		a = t->l.s->self;
		words += n;
		if (sscanf(words, ":%" SCNu64 "%n", &a.generation, &n) == 1)
			words += n;
		CHECK_OK(store_actor_id(t->l.s, &a, &id, &t->l.err),
		    &t->l.err);
		CHECK_OK(store_run(t->l.s, &t->l.err, "INSERT OR REPLACE INTO "
		    "acked(peer,actor,filter,until) VALUES(?,?,'[\"*\"]',?)",
		    "iii", retains_id(t, site), id, (int64_t)until),
		    &t->l.err);
	}
}

/* "b": something of b is missing here. */
static inline void
retains_gaps(struct retains *t, const char *sites)
{
	struct actor a = t->l.s->self;

	for (; *sites != '\0'; sites++) {
		a.site[0] = *sites;
		CHECK_OK(stream_gap(t->l.s, retains_id(t, *sites), &a,
		    FILTER_ALL, 1000, &t->l.err), &t->l.err);
	}
}

/* The numbers of the files that lie there, in the folder. */
static inline const char *
retains_left(const struct retains *t)
{
	static char text[8192];
	struct stat st;
	size_t i;

	text[0] = '\0';
	for (i = 0; i < t->x.files.count; i++) {
		const struct drop_file *f = &t->x.files.at[i];
		int is_there = fstatat(t->x.dir_fd, f->name, &st, 0) == 0;

		CHECK_INT(f->gone, !is_there);
		if (is_there)
			(void)snprintf(text + strlen(text), sizeof text -
			    strlen(text), "%s%s", text[0] != '\0' ? " " : "",
			    f->name);
	}
	return text;
}

static inline struct retain_result
retains_prune(struct retains *t)
{
	struct retain_result n;

	CHECK_OK(retain_prune(&t->x, t->l.s, &n, &t->l.err), &t->l.err);
	return n;
}

#endif
