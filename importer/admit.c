#include "admit.h"

#include <string.h>

#include "../base/mutant.h"
#include "../base/text.h"
#include "../store/guard.h"
#include "../store/stream.h"

void
admission_clear(struct admission *a)
{
	manifest_clear(&a->m);
}

int
admit_authentic(struct store *s, const struct reader *r,
    const struct minisign_pub *own, struct admission *a, struct err *err)
{
	char id[MINISIGN_ID_HEX];
	struct minisign_pub key;
	int rc;

	minisign_id_hex(r->key_id, id);
	if ((rc = peer_by_key(s, id, &a->peer, err)) < 0)
		return rc;
	if (rc == 0 && own != NULL && memcmp(own->id, r->key_id,
	    MINISIGN_ID) == 0) {
		if (reader_authentic(r, own, err) < 0)
			return err_rung(err, 2);
		(void)err_set(err, E_WRONG_DEST, "it was written here: it is "
		    "signed with the key of this site");
		(void)err_next(err, "carry it to the site that it is for");
		return err_rung(err, 2);
	}
	if (rc == 0) {
		(void)err_set(err, E_UNKNOWN_KEY, "signed with key %s, which "
		    "no peer of this site has", id);
		(void)err_next(err, "if the sender is to be trusted, add its "
		    "card with 'satchel peer add'; else tell your security "
		    "officer");
		return err_rung(err, 2);
	}
	if (a->peer.revoked) {
		(void)err_set(err, E_REVOKED, "signed with key %s of \"%s\", "
		    "which is revoked", id, a->peer.name);
		return err_rung(err, 2);
	}
	if (minisign_pub_unbase64(&key, a->peer.minisign,
	    strlen(a->peer.minisign), err) < 0 ||
	    reader_authentic(r, &key, err) < 0)
		return err_rung(err, 2);
	return 0;
}

static enum sums_kind
sums_of(enum manifest_kind kind)
{
	switch (kind) {
	case MANIFEST_BUNDLE:
	case MANIFEST_EXCERPT:
		return SUMS_BUNDLE;
	case MANIFEST_CARD:
		return SUMS_CARD;
	default:
		return SUMS_RECEIPT;
	}
}

int
admit_manifest(const struct reader *r, struct admission *a, struct err *err)
{
	if (manifest_parse(&a->m, r->manifest.at, r->manifest.len, err) < 0)
		return err_rung(err, 3);
	if (a->m.kind == MANIFEST_CARD) {
		(void)err_set(err, E_FORMAT, "this is the card of \"%s\", not "
		    "a bundle", a->m.from_name);
		(void)err_next(err, "add it with 'satchel peer add'");
		return err_rung(err, 3);
	}
	if (strcmp(a->m.from.site, a->peer.site) != 0 ||
	    strcmp(a->m.key, a->peer.key_id) != 0) {
		(void)err_set(err, E_UNKNOWN_KEY, "it says that it is from "
		    "site %s, but it is signed by \"%s\" (site %s)",
		    a->m.from.site, a->peer.name, a->peer.site);
		return err_rung(err, 3);
	}
	return 0;
}

/* The container holds what the manifest says. */
static int
check_members(const struct reader *r, const struct manifest *m,
    struct err *err)
{
	size_t i;

	if (m->totals.members != r->count)
		return err_set(err, E_MANIFEST, "the manifest states %llu data"
		    " members, there are %zu",
		    (unsigned long long)m->totals.members, r->count);
	for (i = 0; i < r->count; i++)
		if (r->members[i].is_gzip != (m->codec == CODEC_GZIP) ||
		    r->members[i].is_age != m->encrypted)
			return err_set(err, E_MANIFEST, "member \"%s\" is not "
			    "compressed or encrypted as the manifest says",
			    r->members[i].name);
	return 0;
}

int
admit_valid(const struct reader *r, struct admission *a, struct err *err)
{
	enum sums_kind kind;

	if (reader_valid(r, &kind, err) < 0)
		return err_rung(err, 4);
	if (admit_manifest(r, a, err) < 0)
		return err_rung(err, 3);
	if (kind != sums_of(a->m.kind)) {
		(void)err_set(err, E_SIGNATURE, "it was signed as another kind"
		    " of file than its manifest says");
		return err_rung(err, 3);
	}
	if (check_members(r, &a->m, err) < 0)
		return err_rung(err, 3);
	return 0;
}

int
admit_for_us(const struct store *s, const struct admission *a,
    struct err *err)
{
	size_t i;

	for (i = 0; i < a->m.to_count; i++)
		if (strcmp(a->m.to[i].site, s->self.site) == 0)
			return 0;
	(void)err_set(err, E_WRONG_DEST, "it is for \"%s\"%s, this is \"%s\"",
	    a->m.to[0].name, a->m.to_count > 1 ? " and others" : "", s->name);
	(void)err_next(err, "carry it to the site that it is for");
	return err_rung(err, 3);
}

/* --- alarms (rule 9) --------------------------------------------------- */

int
admit_rolled_back(struct err *err, const char *peer, const char *what)
{
	(void)err_set(err, E_ROLLED_BACK, "\"%s\" knows %s: this site was put "
	    "back from a backup, or copied", peer, what);
	return err_next(err, "run 'satchel site restored --reason \"...\"'");
}

static int
forked(struct err *err, const char *what)
{
	(void)err_set(err, E_FORK, "%s", what);
	return err_next(err, "ask the sender whether its site was restored or "
	    "copied; 'satchel site restored' there begins a new life");
}

/* What the sender has of ours must be what we wrote. */
static int
check_heard(struct store *s, const struct admission *a, struct err *err)
{
	const struct manifest_heard *h;
	unsigned char id[32];
	size_t i;
	int rc;

	for (i = 0; i < a->m.heard_count; i++) {
		h = &a->m.heard[i];
		if (strcmp(h->addressee, s->self.site) != 0)
			continue;
		if (h->actor.generation > s->self.generation)
			return admit_rolled_back(err, a->peer.name,
			    "a file of a later life of ours");
		if (actor_cmp(&h->actor, &s->self) != 0)
			continue;
		if ((rc = stream_written(s, h->sequence, id, err)) < 0)
			return rc;
		if (rc == 0 || memcmp(id, h->id, 32) != 0)
			return admit_rolled_back(err, a->peer.name,
			    "a file of ours that we have not written");
	}
	return 0;
}

static int
check_head(struct store *s, const struct admission *a,
    const struct manifest_head *h, struct err *err)
{
	int ours = actor_cmp(&h->actor, &s->self) == 0;
	unsigned char head[32];
	int rc;

	if (strcmp(h->actor.site, s->self.site) == 0) {
		if (h->actor.generation > s->self.generation)
			return admit_rolled_back(err, a->peer.name,
			    "a later life of ours");
		if (h->actor.generation == s->self.generation && !ours)
			return forked(err, "there are two lives of this site "
			    "with one generation: a copy of its home is in "
			    "use");
		if (ours && h->n > s->n)
			return admit_rolled_back(err, a->peer.name,
			    "changes of ours that we do not know");
	}
	if ((rc = stream_head_of(s, &h->actor, h->n, head, err)) <= 0)
		return rc;
	if (memcmp(head, h->head, 32) == 0)
		return 0;
	if (ours)
		return admit_rolled_back(err, a->peer.name,
		    "another past of this site");
	return forked(err, "two different histories of one site: the chain "
	    "heads for one change differ");
}

static int
check_alarms(struct store *s, const struct admission *a, struct err *err)
{
	size_t i;
	int rc;

	if (MUTANT(counters_reused))
		return 0;
	if ((rc = check_heard(s, a, err)) < 0)
		return rc;
	for (i = 0; i < a->m.head_count; i++)
		if ((rc = check_head(s, a, &a->m.heads[i], err)) < 0)
			return rc;
	if (a->peer.life.generation == a->m.from.generation &&
	    actor_cmp(&a->peer.life, &a->m.from) != 0)
		return forked(err, "there are two lives of the sender with one"
		    " generation: a copy of its home is in use");
	return 0;
}

static int
check_policy(const struct admission *a, struct err *err)
{
	if (a->peer.encrypt != PEER_REQUIRE || a->m.encrypted ||
	    a->m.totals.members == 0)
		return 0;
	(void)err_set(err, E_POLICY, "\"%s\" must encrypt what it sends here, "
	    "and this is not encrypted", a->peer.name);
	return err_next(err, "there, run 'satchel peer set %s encrypt=yes' and"
	    " export again", a->m.to[0].name);
}

static int
check_gap(struct store *s, const struct admission *a, uint64_t *ret_have,
    struct err *err)
{
	int rc;

	*ret_have = 0;
	if (a->m.kind != MANIFEST_BUNDLE)
		return 1;
	if ((rc = stream_applied(s, a->peer.id, &a->m.from, a->m.filter,
	    ret_have, err)) < 0)
		return rc;
	if (a->m.since <= *ret_have || MUTANT(no_gap))
		return 1;
	(void)err_set(err, E_GAP, "bundles of \"%s\" are missing: this one "
	    "(file %llu of %s) begins after change %llu, changes up to %llu "
	    "are here", a->peer.name, (unsigned long long)a->m.sequence,
	    a->m.created, (unsigned long long)a->m.since,
	    (unsigned long long)*ret_have);
	return err_next(err, "import the files of \"%s\" before file %llu, or "
	    "carry back the request and run 'satchel export --for REQUEST' "
	    "there", a->peer.name, (unsigned long long)a->m.sequence);
}

int
admit_turn(struct store *s, const unsigned char id[32],
    const struct admission *a, uint64_t *ret_have, struct err *err)
{
	unsigned char read[32];
	int rc, known;

	if (check_policy(a, err) < 0 || check_alarms(s, a, err) < 0 ||
	    (known = stream_was_read(s, &a->m.from, a->m.sequence, read,
	    err)) < 0)
		return err_rung(err, 3);
	if (known && memcmp(id, read, 32) == 0)
		return 0;
	if (known) {
		(void)forked(err, "two different files of the sender have one "
		    "sequence number");
		return err_rung(err, 3);
	}
	rc = check_gap(s, a, ret_have, err);
	return rc < 0 ? err_rung(err, 3) : rc;
}

void
admit_note_lives(struct store *s, const struct manifest *m)
{
	size_t i;

	for (i = 0; i < m->head_count; i++)
		if (strcmp(m->heads[i].actor.site, s->self.site) == 0)
			guard_heard(s, m->heads[i].actor.generation);
	for (i = 0; i < m->heard_count; i++)
		if (strcmp(m->heard[i].actor.site, s->self.site) == 0)
			guard_heard(s, m->heard[i].actor.generation);
}
