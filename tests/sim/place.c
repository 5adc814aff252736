#include "place.h"

#include <dirent.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../store/guard.h"
#include "../../store/peer.h"

#define NEED(y, call) do {						\
	if ((call) < 0) {						\
		(void)fprintf(stderr, "%s:%d: %s: %s\n", __FILE__,	\
		    __LINE__, #call, (y)->err.text);			\
		exit(2);						\
	}								\
} while (0)

static void
need(int ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "cannot %s\n", what);
	exit(2);
}

static void
copy_db(sqlite3 *to, sqlite3 *from)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");

	need(b != NULL && sqlite3_backup_step(b, -1) == SQLITE_DONE &&
	    sqlite3_backup_finish(b) == SQLITE_OK, "copy a database");
}

static sqlite3 *
open_db(const char *name)
{
	sqlite3 *db = NULL;

	need(sqlite3_open_v2(name, &db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK,
	    "open a database");
	return db;
}

sqlite3 *
place_backup(struct place *p, sqlite3 *into)
{
	if (into == NULL)
		into = open_db(":memory:");
	copy_db(into, p->keeper);
	return into;
}

void
place_close(struct place *p)
{
	store_closep(&p->s);
}

void
place_open(struct yard *y, struct place *p)
{
	NEED(y, store_open(&p->s, p->home, STORE_WRITE, 0, &y->err));
	if ((p->s->state = strdup(y->state)) == NULL)
		need(0, "allocate");
}

void
place_put_back(struct yard *y, struct place *p, sqlite3 *from)
{
	place_close(p);
	copy_db(p->keeper, from);
	place_open(y, p);
}

/* `a` pins `b`. */
static void
pin(struct yard *y, struct place *a, struct place *b)
{
	CLEANUP(buf_clear) struct buf pub = BUF_INIT, age = BUF_INIT;
	struct peer p = { .id = 0 };
	struct age_recipient r;
	struct minisign_pub k;

	minisign_public(b->key, &k);
	minisign_pub_base64(&k, &pub);
	age_recipient_of(b->age, &r);
	age_recipient_write(&r, &age);
	need(buf_str(&pub) != NULL && buf_str(&age) != NULL, "allocate");
	(void)snprintf(p.site, sizeof p.site, "%s", b->id);
	(void)snprintf(p.name, sizeof p.name, "%s", b->id);
	(void)snprintf(p.minisign, sizeof p.minisign, "%s", pub.at);
	(void)snprintf(p.age, sizeof p.age, "%s", age.at);
	minisign_id_hex(k.id, p.key_id);
	NEED(y, store_begin(a->s, &y->err));
	NEED(y, peer_add(a->s, &p, &y->err));
	NEED(y, store_commit(a->s, &y->err));
}

/* A home whose database is only a name for memory. */
static void
make_place(struct yard *y, int i)
{
	struct place *p = &y->at[i];
	char folder[sizeof y->folder], id[4], path[128], nonce[17];
	FILE *f;

	memcpy(folder, y->folder, sizeof folder);
	(void)snprintf(id, sizeof id, "s%d", i % 10);
	memcpy(p->id, id, sizeof id);
	(void)snprintf(p->home, sizeof p->home, "%.60s/%s", folder, id);
	(void)snprintf(path, sizeof path, "%.60s/%s/store.db", folder, id);
	(void)snprintf(nonce, sizeof nonce, "%016x", (unsigned)i + 1);
	p->keeper = open_db(path);
	NEED(y, store_create(p->home, p->id, p->id, nonce, &y->err));
	need((f = fopen(path, "w")) != NULL && fclose(f) == 0,
	    "name a database");
	NEED(y, minisign_secret_new(&p->key, &y->err));
	NEED(y, age_identity_new(&p->age, &y->err));
	place_open(y, p);
}

void
yard_begin(struct yard *y)
{
	const char *base = access("/dev/shm", W_OK | X_OK) == 0 ?
	    "/dev/shm" : "/tmp";
	char folder[sizeof y->folder];
	int i, k;

	*y = (struct yard){ .err = ERR_INIT };
	need(sodium_init() >= 0 && sqlite3_initialize() == SQLITE_OK &&
	    sqlite3_vfs_register(sqlite3_vfs_find("memdb"), 1) == SQLITE_OK,
	    "begin");
	(void)snprintf(folder, sizeof folder, "%s/satchel-sim.XXXXXX", base);
	need(mkdtemp(folder) != NULL, "make a folder");
	memcpy(y->folder, folder, sizeof folder);
	(void)snprintf(y->state, sizeof y->state, "%s/state", folder);
	(void)snprintf(y->out, sizeof y->out, "%s/out", folder);
	need(mkdir(y->out, 0700) == 0 && mkdir(y->state, 0700) == 0,
	    "make a folder");
	for (i = 0; i < SITES_MAX; i++)
		make_place(y, i);
	for (i = 0; i < SITES_MAX; i++) {
		for (k = 0; k < SITES_MAX; k++)
			if (i != k)
				pin(y, &y->at[i], &y->at[k]);
		y->at[i].empty = place_backup(&y->at[i], NULL);
	}
}

/* Remove what is in a folder. */
static void
sweep(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	need(d != NULL, "open a folder");
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0)
			(void)unlinkat(dirfd(d), e->d_name, 0);
	(void)closedir(d);
}

void
yard_end(struct yard *y)
{
	char command[128];
	int i;

	for (i = 0; i < SITES_MAX; i++) {
		place_close(&y->at[i]);
		(void)sqlite3_close(y->at[i].keeper);
		(void)sqlite3_close(y->at[i].empty);
		minisign_secret_freep(&y->at[i].key);
		age_identity_freep(&y->at[i].age);
	}
	(void)snprintf(command, sizeof command, "rm -rf '%s'", y->folder);
	need(system(command) == 0, "remove a folder");
}

static void
set_encrypt(struct yard *y, struct place *p)
{
	struct peer peer;
	int i;

	NEED(y, store_begin(p->s, &y->err));
	for (i = 0; i < SITES_MAX; i++) {
		if (&y->at[i] == p)
			continue;
		NEED(y, peer_find(p->s, y->at[i].id, &peer, &y->err));
		NEED(y, peer_set_encrypt(p->s, peer.id, PEER_REQUIRE,
		    &y->err));
	}
	NEED(y, store_commit(p->s, &y->err));
}

void
yard_reset(struct yard *y, int sites, int encrypt)
{
	int i;

	sweep(y->out);
	sweep(y->state);
	for (i = 0; i < sites; i++) {
		place_put_back(y, &y->at[i], y->at[i].empty);
		if (encrypt)
			set_encrypt(y, &y->at[i]);
		NEED(y, guard_write(y->at[i].s, &y->err));
	}
}
