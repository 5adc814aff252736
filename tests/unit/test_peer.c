#include "../../store/log.h"
#include "../../store/peer.h"
#include "labs.h"

/* --- peers ------------------------------------------------------------- */

static struct peer
peer_of(const char *site, const char *name, const char *key)
{
	struct peer p;

	memset(&p, 0, sizeof p);
	(void)snprintf(p.site, sizeof p.site, "%s", site);
	(void)snprintf(p.name, sizeof p.name, "%s", name);
	(void)snprintf(p.key_id, sizeof p.key_id, "%s", key);
	(void)snprintf(p.minisign, sizeof p.minisign, "RW%s", key);
	(void)snprintf(p.age, sizeof p.age, "age1%s", key);
	return p;
}

TEST(peers)
{
	struct peer b = peer_of("site-b", "Lab-B", "KEYB"), got;
	struct lab l;

	lab_begin(&l, "lab-a");
	CHECK_INT(peer_find(l.s, "Lab-B", &got, &l.err), 0);
	CHECK_INT(peer_add(l.s, &b, &l.err), 1);
	CHECK_INT(peer_add(l.s, &b, &l.err), 0);
	CHECK_INT(peer_find(l.s, "Lab-B", &got, &l.err), 1);
	CHECK_STR(got.site, "site-b");
	CHECK_STR(got.minisign, "RWKEYB");
	CHECK_STR(got.age, "age1KEYB");
	CHECK_INT(got.encrypt, PEER_PLAIN);
	CHECK(got.trusted && got.forward && !got.revoked && !got.owed);
	CHECK_INT(got.added, l.s->clock);
	CHECK_INT(peer_find(l.s, "site-b", &got, &l.err), 1);
	CHECK_INT(peer_by_key(l.s, "KEYB", &got, &l.err), 1);
	CHECK_INT(peer_by_key(l.s, "KEY", &got, &l.err), 0);
	CHECK_INT(peer_by_site(l.s, "Lab-B", &got, &l.err), 0);
	CHECK_INT(peer_by_site(l.s, "site-b", &got, &l.err), 1);
	CHECK_INT(peer_by_id(l.s, got.id + 1, &b, &l.err), 0);

	CHECK_OK(peer_set_encrypt(l.s, got.id, PEER_REQUIRE, &l.err),
	    &l.err);
	CHECK_OK(peer_set_forward(l.s, got.id, 0, &l.err), &l.err);
	CHECK_OK(peer_revoke(l.s, got.id, &l.err), &l.err);
	CHECK_INT(peer_by_id(l.s, got.id, &got, &l.err), 1);
	CHECK_INT(got.encrypt, PEER_REQUIRE);
	CHECK(got.revoked && !got.forward);
	CHECK_STR(peer_encrypt_name(PEER_PLAIN), "no");
	CHECK_STR(peer_encrypt_name(PEER_ENCRYPT), "yes");
	CHECK_STR(peer_encrypt_name(PEER_REQUIRE), "required");
	lab_end(&l);
}

TEST(peers_refused)
{
	struct peer b = peer_of("site-b", "Lab-B", "KEYB"), p;
	struct lab l;

	lab_begin(&l, "lab-a");
	CHECK_INT(peer_add(l.s, &b, &l.err), 1);
	p = peer_of("lab-a", "me", "KEYA");
	CHECK_ERR(peer_add(l.s, &p, &l.err), &l.err, E_TRUSTSTORE);
	p = peer_of("site-b", "Lab-B", "KEYX");
	CHECK_ERR(peer_add(l.s, &p, &l.err), &l.err, E_TRUSTSTORE);
	p = b;
	(void)strcpy(p.age, "age1other");
	CHECK_ERR(peer_add(l.s, &p, &l.err), &l.err, E_TRUSTSTORE);
	p = peer_of("site-c", "Lab-C", "KEYB");
	CHECK_ERR(peer_add(l.s, &p, &l.err), &l.err, E_TRUSTSTORE);
	p = peer_of("site-c", "Lab-B", "KEYC");
	CHECK_ERR(peer_add(l.s, &p, &l.err), &l.err, E_USAGE);
	p = peer_of("site-c", "lab-a", "KEYC");
	CHECK_ERR(peer_add(l.s, &p, &l.err), &l.err, E_USAGE);
	CHECK_INT(lab_number(&l, "SELECT count(*) FROM peer"), 1);
	lab_end(&l);
}

/* Removed: the trust is gone, the memory is not. */
TEST(peers_return)
{
	struct peer b = peer_of("site-b", "Lab-B", "KEYB"), got;
	struct lab l;
	int64_t id;

	lab_begin(&l, "lab-a");
	CHECK_INT(peer_add(l.s, &b, &l.err), 1);
	CHECK_INT(peer_find(l.s, "Lab-B", &got, &l.err), 1);
	id = got.id;
	CHECK_OK(peer_revoke(l.s, id, &l.err), &l.err);
	CHECK_OK(peer_remove(l.s, id, &l.err), &l.err);
	CHECK_INT(peer_find(l.s, "Lab-B", &got, &l.err), 0);
	CHECK_INT(peer_find(l.s, "site-b", &got, &l.err), 0);
	CHECK_INT(peer_by_key(l.s, "KEYB", &got, &l.err), 0);
	CHECK_INT(peer_by_site(l.s, "site-b", &got, &l.err), 1);
	CHECK_INT(got.trusted, 0);
	b = peer_of("site-b", "B2", "KEYN");
	CHECK_INT(peer_add(l.s, &b, &l.err), 1);
	CHECK_INT(peer_find(l.s, "B2", &got, &l.err), 1);
	CHECK_INT(got.id, id);
	CHECK_STR(got.minisign, "RWKEYN");
	CHECK_INT(got.revoked, 0);
	lab_end(&l);
}

static int
add_name(void *ctx, const struct peer *p, struct err *err)
{
	buf_adds(ctx, p->name);
	buf_addc(ctx, ' ');
	return buf_check(ctx, err);
}

static int
stop(void *ctx, const struct peer *p, struct err *err)
{
	(void)ctx;
	return err_set(err, E_IO, "%s", p->name);
}

TEST(peers_by_name)
{
	struct peer p, got;
	struct lab l;

	/* No name may be another's id. */
	lab_begin(&l, "lab-a");
	p = peer_of("site-c", "zz", "1");
	CHECK_INT(peer_add(l.s, &p, &l.err), 1);
	p = peer_of("site-b", "Site-C", "2");
	CHECK_INT(peer_add(l.s, &p, &l.err), 1);
	p = peer_of("site-d", "gone", "3");
	CHECK_INT(peer_add(l.s, &p, &l.err), 1);
	p = peer_of("site-e", "site-b", "4");
	CHECK_ERR(peer_add(l.s, &p, &l.err), &l.err, E_USAGE);
	CHECK_INT(peer_find(l.s, "gone", &got, &l.err), 1);
	CHECK_OK(peer_remove(l.s, got.id, &l.err), &l.err);
	CHECK_OK(peer_each(l.s, add_name, &l.out, &l.err), &l.err);
	CHECK_STR(buf_str(&l.out), "Site-C zz ");
	CHECK_ERR(peer_each(l.s, stop, NULL, &l.err), &l.err, E_IO);
	lab_end(&l);
}

/* --- the log ----------------------------------------------------------- */

static int
add_entry(void *ctx, const struct log_entry *e, struct err *err)
{
	buf_addf(ctx, "%d %s %s %s %s\n", (int)e->time, e->event,
	    e->peer != NULL ? e->peer : "-", e->file != NULL ? e->file : "-",
	    e->detail);
	return buf_check(ctx, err);
}

static int
stop_entry(void *ctx, const struct log_entry *e, struct err *err)
{
	(void)ctx;
	return err_set(err, E_IO, "%s", e->event);
}

TEST(logs)
{
	struct lab l;

	lab_begin(&l, "lab-a");
	l.s->clock = 100;
	CHECK_OK(log_add(l.s, "import", "b", "f", "{}", &l.err), &l.err);
	l.s->clock = 200;
	CHECK_OK(log_add(l.s, "export", NULL, NULL, "{\"x\":1}", &l.err),
	    &l.err);
	CHECK_OK(log_each(l.s, 0, add_entry, &l.out, &l.err), &l.err);
	CHECK_STR(buf_str(&l.out),
	    "100 import b f {}\n200 export - - {\"x\":1}\n");
	buf_reset(&l.out);
	CHECK_OK(log_each(l.s, 101, add_entry, &l.out, &l.err), &l.err);
	CHECK_STR(buf_str(&l.out), "200 export - - {\"x\":1}\n");
	CHECK_ERR(log_each(l.s, 0, stop_entry, NULL, &l.err), &l.err, E_IO);

	/* Append-only. */
	CHECK(sqlite3_exec(l.s->db, "DELETE FROM log", NULL, NULL, NULL) !=
	    SQLITE_OK);
	CHECK(sqlite3_exec(l.s->db, "UPDATE log SET event='x'", NULL, NULL,
	    NULL) != SQLITE_OK);
	lab_end(&l);
}

int
main(void)
{
	return unit_run();
}
