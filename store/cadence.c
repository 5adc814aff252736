#include "cadence.h"

#include <string.h>

#include "../base/text.h"

static int
is_promise(int64_t seconds)
{
	return seconds >= CADENCE_MIN && seconds <= CADENCE_MAX;
}

int
cadence_get(struct store *s, int64_t *ret_s, struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	uint64_t seconds = 0;
	int rc;

	*ret_s = 0;
	if ((rc = store_get_text(s, "cadence", &text, err)) <= 0)
		return rc;
	if (text_number(&seconds, text.at, text.len, CADENCE_MAX) < 0 ||
	    (seconds != 0 && seconds < CADENCE_MIN))
		return err_set(err, E_DAMAGED, "\"%s/store.db\": bad cadence",
		    s->home);
	*ret_s = (int64_t)seconds;
	return 0;
}

int
cadence_set(struct store *s, int64_t seconds, struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;

	if (seconds != 0 && !is_promise(seconds)) {
		(void)err_set(err, E_USAGE, "a site cannot promise a file "
		    "every %lld seconds", (long long)seconds);
		return err_next(err, "from an hour to 366 days, or none");
	}
	buf_addf(&text, "%lld", (long long)seconds);
	if (buf_str(&text) == NULL)
		return err_oom(err);
	return store_set_text(s, "cadence", text.at, err);
}

int
cadence_heard(struct store *s, int64_t peer, int64_t seconds,
    struct err *err)
{
	return store_run(s, err, "UPDATE peer SET cadence=? WHERE id=?", "ii",
	    seconds, peer);
}

int64_t
cadence_patience(const struct peer *p)
{
	return p->silent_after >= 0 ? p->silent_after : 2 * p->cadence;
}

int
peer_set_silent(struct store *s, int64_t peer, int64_t silent_after,
    struct err *err)
{
	if (silent_after == -1)
		return store_run(s, err, "UPDATE peer SET silent_after=NULL "
		    "WHERE id=?", "i", peer);
	if (silent_after != 0 && !is_promise(silent_after)) {
		(void)err_set(err, E_USAGE, "silence cannot be an alarm after "
		    "%lld seconds", (long long)silent_after);
		return err_next(err, "from an hour to 366 days; never; or "
		    "auto, by what the peer promises");
	}
	return store_run(s, err, "UPDATE peer SET silent_after=? WHERE id=?",
	    "ii", silent_after, peer);
}

int
cadence_mend(struct store *s, struct err *err)
{
	int rc = store_run(s, err, "UPDATE peer SET last_heard=?1 WHERE "
	    "last_heard>?1+86400", "i", s->clock);

	return rc < 0 ? rc : store_run(s, err, "UPDATE peer SET added=?1 "
	    "WHERE added>?1+86400", "i", s->clock);
}

int64_t
cadence_late_since(const struct peer *p, int64_t now)
{
	int64_t patience = cadence_patience(p);
	int64_t from = p->last_heard > p->added ? p->last_heard : p->added;

	if (patience == 0 || p->revoked || now - from <= patience)
		return 0;
	return from + patience;
}
