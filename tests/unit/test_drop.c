/* What a site remembers of its drops, and of what was seen in them. */
#include "store/drop.h"

#include "labs.h"

/* A peer that is only there to be named. */
static int64_t
add_peer(struct lab *l, const char *site, const char *key_id)
{
	struct peer p;

	memset(&p, 0, sizeof p);
	(void)snprintf(p.site, sizeof p.site, "%s", site);
	(void)snprintf(p.name, sizeof p.name, "%s", site);
	(void)snprintf(p.key_id, sizeof p.key_id, "%s", key_id);
	(void)snprintf(p.minisign, sizeof p.minisign, "RW%s", key_id);
	(void)snprintf(p.age, sizeof p.age, "age1%s", key_id);
	CHECK_INT(peer_add(l->s, &p, &l->err), 1);
	CHECK_INT(peer_by_site(l->s, site, &p, &l->err), 1);
	return p.id;
}

static int
add(struct lab *l, const char *name, const char *path, unsigned keep)
{
	char text[256];
	struct drop d = { .path = text, .keep = keep };

	(void)snprintf(text, sizeof text, "%s", path);
	(void)snprintf(d.name, sizeof d.name, "%.32s", name);
	(void)strcpy(d.mark, "0123456789abcdef0123456789abcdef");
	return drop_add(l->s, &d, &l->err);
}

static void
begin(struct lab *l)
{
	lab_begin(l, "a");
	CHECK_OK(store_begin(l->s, &l->err), &l->err);
}

static void
end(struct lab *l)
{
	store_rollback(l->s);
	lab_end(l);
}

TEST(what_may_be_added)
{
	static const struct {
		const char *name, *path;
		unsigned keep;
		enum err_code code;	/* E_OK: it may */
	} rows[] = {
		{ "nightly", "/srv/drop", 0, E_OK },
		{ "nightly", "/srv/other", 0, E_USAGE },	/* taken */
		{ "other", "/srv/drop", 0, E_USAGE },
		{ "other", "/srv/drop/in", DROP_KEEP_MAX, E_OK },
		{ "third", "/srv/third", DROP_KEEP_MAX + 1, E_USAGE },
		{ "third", "srv/third", 0, E_USAGE },
		{ "third", "", 0, E_USAGE },
		{ "", "/srv/third", 0, E_USAGE },
		{ "-third", "/srv/third", 0, E_USAGE },
		{ "thi rd", "/srv/third", 0, E_USAGE },
		{ "abcdefghijklmnopqrstuvwxyz.12345", "/srv/32", 0, E_OK },
		{ "x", "/srv/\xff\n", 0, E_OK }
	};
	struct lab l;
	size_t i;

	begin(&l);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].code == E_OK)
			CHECK_OK(add(&l, rows[i].name, rows[i].path,
			    rows[i].keep), &l.err);
		else
			CHECK_ERR(add(&l, rows[i].name, rows[i].path,
			    rows[i].keep), &l.err, rows[i].code);
	}
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM drops"), 4);
	end(&l);
}

TEST(no_more_than_a_thousand)
{
	char name[16], path[32];
	struct lab l;
	unsigned i;

	begin(&l);
	for (i = 0; i < DROPS_MAX; i++) {
		(void)snprintf(name, sizeof name, "d%u", i);
		(void)snprintf(path, sizeof path, "/d/%u", i);
		CHECK_OK(add(&l, name, path, 0), &l.err);
	}
	CHECK_ERR(add(&l, "more", "/more", 0), &l.err, E_LIMIT);
	end(&l);
}

TEST(settings_come_back)
{
	struct drop d = { .path = NULL }, found = { .path = NULL };
	struct drops all = { NULL, 0 };
	char moved[] = "/mnt/share";
	struct lab l;

	begin(&l);
	CHECK_OK(add(&l, "b", "/b", 3), &l.err);
	CHECK_OK(add(&l, "a", "/a", 0), &l.err);
	CHECK_INT(drop_find(l.s, "none", &found, &l.err), 0);
	CHECK_INT(drop_find(l.s, "b", &found, &l.err), 1);
	CHECK_INT(found.keep, 3);
	CHECK_INT(found.reached, 0);
	d = found;
	d.path = moved;
	d.keep = 7;
	d.together = d.removable = 1;
	(void)strcpy(d.mark, "ffffffffffffffffffffffffffffffff");
	CHECK_OK(drop_save(l.s, &d, &l.err), &l.err);
	CHECK_OK(drop_reach(l.s, d.id, &l.err), &l.err);
	drop_clear(&found);
	CHECK_INT(drop_find(l.s, "b", &found, &l.err), 1);
	CHECK_STR(found.path, "/mnt/share");
	CHECK_STR(found.mark, "ffffffffffffffffffffffffffffffff");
	CHECK(found.keep == 7 && found.together && found.removable);
	CHECK_INT(found.reached, l.s->clock);

	/* Its own name and path are not taken by itself; another's are. */
	(void)strcpy(d.name, "a");
	CHECK_ERR(drop_save(l.s, &d, &l.err), &l.err, E_USAGE);
	CHECK_OK(drop_list(l.s, &all, &l.err), &l.err);
	CHECK_INT(all.count, 2);
	CHECK_STR(all.at[0].name, "a");
	CHECK_STR(all.at[1].name, "b");
	drops_clear(&all);
	drop_clear(&found);
	end(&l);
}

static void
check_peers(struct lab *l, int64_t id, const char *want)
{
	CLEANUP(buf_freep) struct peer *peers = NULL;
	char got[64] = "";
	size_t count = 0, i;

	CHECK_OK(drop_peers(l->s, id, &peers, &count, &l->err), &l->err);
	for (i = 0; i < count; i++)
		(void)strcat(got, peers[i].name);
	CHECK_STR(got, want);
}

TEST(peers_that_it_serves)
{
	struct lab l;
	int64_t ids[4];

	begin(&l);
	ids[0] = add_peer(&l, "z", "0000000000000001");
	ids[1] = add_peer(&l, "b", "0000000000000002");
	ids[2] = add_peer(&l, "c", "0000000000000003");
	ids[3] = ids[0];
	CHECK_OK(add(&l, "one", "/1", 0), &l.err);
	CHECK_OK(add(&l, "two", "/2", 0), &l.err);
	check_peers(&l, 1, "");
	CHECK_OK(drop_set_peers(l.s, 1, ids, 4, &l.err), &l.err);
	CHECK_OK(drop_set_peers(l.s, 2, ids, 1, &l.err), &l.err);
	check_peers(&l, 1, "bcz");
	check_peers(&l, 2, "z");
	CHECK_OK(peer_revoke(l.s, ids[2], &l.err), &l.err);
	check_peers(&l, 1, "bz");
	CHECK_OK(peer_remove(l.s, ids[1], &l.err), &l.err);
	check_peers(&l, 1, "z");
	CHECK_OK(drop_set_peers(l.s, 1, ids + 2, 1, &l.err), &l.err);
	check_peers(&l, 1, "");
	check_peers(&l, 2, "z");
	end(&l);
}

/* Any bytes that a name may have; in the order of memcmp. */
static const char *const names[] = {
	"\n", "\x1b[2J", " ", "%s", "'; DROP TABLE drops; --", "A", "a",
	"a\tb", "\xc3\xa4", "\xed\xa0\x80", "\xff\xfe"
};
#define NAMES (sizeof names / sizeof *names)

static void
save(struct lab *l, int64_t id, struct drop_files *f)
{
	CHECK_OK(drop_files_save(l->s, id, f, &l->err), &l->err);
	drop_files_clear(f);
}

static void
fill(struct lab *l, int64_t id)
{
	struct drop_files f = { NULL, 0, 0 };
	struct drop_file *x;
	size_t i;

	for (i = NAMES; i > 0; i--) {
		CHECK((x = drop_files_add(&f, names[i - 1])) != NULL);
		x->size = INT64_MAX - i;
		x->inode = UINT64_MAX - i;
		x->mtime = -(int64_t)i;
		x->first = (int64_t)i;
		x->what = (unsigned char)(i % (DROP_BROKEN + 1));
		x->stale = 1;
		if (x->what != DROP_OWN)
			continue;
		CHECK((x->own = calloc(1, sizeof *x->own)) != NULL);
		x->own->actor = l->s->self;
		x->own->kind = (int)i;
		x->own->sequence = i;
		x->own->since = i + 1;
		x->own->until = i + 2;
		x->own->freed = (int64_t)i + 3;
		x->own->addressees = strdup("b c");
		x->own->filter = i % 4 == 0 ? strdup("[\"*\"]") : NULL;
	}
	save(l, id, &f);
}

static void
check_file(const struct lab *l, const struct drop_file *x, size_t i)
{
	CHECK_STR(x->name, names[i - 1]);
	CHECK(x->size == INT64_MAX - i && x->inode == UINT64_MAX - i &&
	    x->mtime == -(int64_t)i && x->first == (int64_t)i);
	CHECK_INT(x->what, i % (DROP_BROKEN + 1));
	CHECK(!x->stale && !x->gone && !x->seen);
	CHECK_INT(x->own != NULL, x->what == DROP_OWN);
	if (x->own == NULL)
		return;
	CHECK_INT(actor_cmp(&x->own->actor, &l->s->self), 0);
	CHECK(x->own->kind == (int)i && x->own->sequence == i &&
	    x->own->since == i + 1 && x->own->until == i + 2 &&
	    x->own->freed == (int64_t)i + 3);
	CHECK_STR(x->own->addressees, "b c");
	CHECK_INT(x->own->filter != NULL, i % 4 == 0);
}

TEST(files_come_back_by_name)
{
	struct drop_files f = { NULL, 0, 0 };
	struct lab l;
	size_t i;

	begin(&l);
	CHECK_OK(add(&l, "one", "/1", 0), &l.err);
	CHECK_OK(add(&l, "two", "/2", 0), &l.err);
	fill(&l, 1);
	CHECK_OK(drop_files_load(l.s, 2, &f, &l.err), &l.err);
	CHECK_INT(f.count, 0);
	CHECK_OK(drop_files_load(l.s, 1, &f, &l.err), &l.err);
	CHECK_INT(f.count, NAMES);
	for (i = 1; i <= NAMES; i++)
		check_file(&l, &f.at[i - 1], i);

	/* Gone is forgotten; what is not stale is not written. */
	f.at[0].gone = 1;
	f.at[1].size = 1;
	f.at[2].size = 2;
	f.at[2].stale = 1;
	save(&l, 1, &f);
	CHECK_OK(drop_files_load(l.s, 1, &f, &l.err), &l.err);
	CHECK_INT(f.count, NAMES - 1);
	CHECK(f.at[0].size != 1 && f.at[1].size == 2);
	drop_files_clear(&f);
	end(&l);
}

/* It is of ours no longer: nothing of it stays in the row. */
TEST(a_file_that_is_another_now)
{
	struct drop_files f = { NULL, 0, 0 };
	struct lab l;
	size_t i;

	begin(&l);
	CHECK_OK(add(&l, "one", "/1", 0), &l.err);
	fill(&l, 1);
	CHECK_OK(drop_files_load(l.s, 1, &f, &l.err), &l.err);
	for (i = 0; i < f.count; i++) {
		drop_file_clear(&f.at[i]);
		CHECK((f.at[i].name = strdup(names[i])) != NULL);
		f.at[i].what = DROP_FOREIGN;
		f.at[i].stale = 1;
	}
	save(&l, 1, &f);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM drop_file WHERE kind "
	    "IS NOT NULL OR addressees IS NOT NULL OR freed IS NOT NULL"), 0);
	end(&l);
}

TEST(damaged_rows)
{
	static const char *const damage[] = {
		"UPDATE drop_file SET what=6", "UPDATE drop_file SET what=-1",
		"UPDATE drop_file SET what=2,actor=99999",
		"UPDATE drop_file SET what=258"
	};
	struct drop_files f = { NULL, 0, 0 };
	struct lab l;
	size_t i;

	for (i = 0; i < sizeof damage / sizeof *damage; i++) {
		begin(&l);
		CHECK_OK(add(&l, "one", "/1", 0), &l.err);
		fill(&l, 1);
		lab_sql(&l, damage[i]);
		CHECK_ERR(drop_files_load(l.s, 1, &f, &l.err), &l.err,
		    E_DAMAGED);
		drop_files_clear(&f);
		end(&l);
	}
}

TEST(removed_with_all_that_was_seen)
{
	struct lab l;
	int64_t peer;

	begin(&l);
	peer = add_peer(&l, "b", "0000000000000002");
	CHECK_OK(add(&l, "one", "/1", 0), &l.err);
	CHECK_OK(add(&l, "two", "/2", 0), &l.err);
	fill(&l, 1);
	fill(&l, 2);
	CHECK_OK(drop_set_peers(l.s, 1, &peer, 1, &l.err), &l.err);
	CHECK_OK(drop_set_peers(l.s, 2, &peer, 1, &l.err), &l.err);
	CHECK_OK(drop_remove(l.s, 1, &l.err), &l.err);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM drops"), 1);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM drop_peer"), 1);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM drop_file"), NAMES);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM drop_file WHERE "
	    "depot=1"), 0);
	end(&l);
}

int
main(void)
{
	return unit_run();
}
