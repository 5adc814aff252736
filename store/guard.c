#include "guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/mutant.h"
#include "../base/text.h"
#include "log.h"

#define GUARD_MAX 4096u

struct guard {
	uint64_t generation, sequence;
	char nonce[NONCE_LEN + 1];
};

static int
guard_path(struct store *s, struct buf *out, struct err *err)
{
	buf_addf(out, "%s/%s.guard", s->state, s->self.site);
	return buf_str(out) == NULL ? err_oom(err) : 0;
}

static int
make_state(struct store *s, const char *state, struct err *err)
{
	free(s->state);
	if ((s->state = strdup(state)) == NULL)
		return err_oom(err);
	if (file_folders(state, 0700, err) < 0)
		return err_next(err, "XDG_STATE_HOME names the folder of the "
		    "guard file");
	return 0;
}

/* 1: read; 0: not there. */
static int
read_guard(struct store *s, struct guard *g, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT, text = BUF_INIT;
	struct json_span all, x;

	if (guard_path(s, &path, err) < 0)
		return -(int)err->code;
	if (access(path.at, F_OK) != 0 && errno == ENOENT)
		return 0;
	if (file_read_all(path.at, GUARD_MAX, &text, err) < 0)
		return -(int)err->code;
	if (text.len > 0 && text.at[text.len - 1] == '\n')
		text.len--;
	if (json_scan(text.at, text.len, 2, err) < 0)
		return err_prefix(err, "\"%s\"", path.at);
	all = (struct json_span){ text.at, text.len };
	memset(g, 0, sizeof *g);
	if (!json_member(all, "generation", &x) ||
	    json_uint(&g->generation, x, COUNTER_MAX) < 0 ||
	    !json_member(all, "sequence", &x) ||
	    json_uint(&g->sequence, x, COUNTER_MAX) < 0 ||
	    !json_member(all, "nonce", &x) || !json_plain(x, &x) ||
	    x.len != NONCE_LEN)
		return err_set(err, E_DAMAGED, "\"%s\" is not a guard file",
		    path.at);
	memcpy(g->nonce, x.at, x.len);
	return 1;
}

/* A later life, another of this number, or a later file of this one?  A life
 * that the guard has not heard of yet is no alarm: the power was cut after it
 * began. */
static int
is_ahead(const struct store *s, const struct guard *g)
{
	if (g->generation != s->self.generation)
		return g->generation > s->self.generation;
	return strcmp(g->nonce, s->self.nonce) != 0 ||
	    g->sequence > s->sequence;
}

/* Is the guard in the folder `state` ahead of the store?  It is read. */
static int
look(struct store *s, const char *state, struct guard *ret, struct err *err)
{
	int rc;

	if ((rc = make_state(s, state, err)) < 0 ||
	    (rc = read_guard(s, ret, err)) <= 0)
		return rc;
	return is_ahead(s, ret);
}

int
guard_is_ahead(struct store *s, const char *state, struct err *err)
{
	struct guard g = { 0 };

	return look(s, state, &g, err);
}

int
guard_check(struct store *s, const char *state, struct err *err)
{
	struct guard g = { 0 };
	int rc;

	if ((rc = look(s, state, &g, err)) <= 0)
		return rc;
	(void)err_set(err, E_ROLLED_BACK, "this home is older than the guard "
	    "file in \"%s\": the store is at generation %llu, file %llu; the "
	    "guard at generation %llu, file %llu", state,
	    (unsigned long long)s->self.generation,
	    (unsigned long long)s->sequence,
	    (unsigned long long)g.generation,
	    (unsigned long long)g.sequence);
	return err_next(err, "if it was put back from a backup, run 'satchel "
	    "site restored --reason \"...\"'; a copy of a home that is still "
	    "in use must not be used");
}

int
guard_write(struct store *s, struct err *err)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT, text = BUF_INIT;

	if (guard_path(s, &path, err) < 0)
		return -(int)err->code;
	buf_addf(&text, "{\"generation\":%llu,\"nonce\":\"%s\",\"sequence\":"
	    "%llu,\"site\":\"%s\"}\n", (unsigned long long)s->self.generation,
	    s->self.nonce, (unsigned long long)s->sequence, s->self.site);
	if (buf_check(&text, err) < 0)
		return -(int)err->code;

	/* Takes away what a dead run left of this guard; those of other sites
	 * are theirs, and may be in the making. */
	return file_put(path.at, 0600, text.at, text.len, err);
}

void
guard_heard(struct store *s, uint64_t generation)
{
	if (generation <= s->latest)
		return;
	s->latest = generation;
	s->state_dirty = 1;
}

static int
log_restored(struct store *s, const char *reason, struct err *err)
{
	CLEANUP(buf_clear) struct buf detail = BUF_INIT;

	buf_addf(&detail, "{\"generation\":%llu,\"reason\":",
	    (unsigned long long)s->self.generation);
	text_json(&detail, reason, strlen(reason));
	buf_addc(&detail, '}');
	if (buf_str(&detail) == NULL)
		return err_oom(err);
	return log_add(s, "restored", NULL, NULL, detail.at, err);
}

int
guard_restored(struct store *s, const char *state, const char *nonce,
    int force, const char *reason, struct err *err)
{
	struct guard g = { 0 };
	uint64_t top = s->self.generation;
	int rc;

	if ((rc = make_state(s, state, err)) < 0 ||
	    (rc = read_guard(s, &g, err)) < 0)
		return rc;
	if (!force && (rc == 0 || !is_ahead(s, &g)))
		return 0;
	if (MUTANT(counters_reused))
		return guard_write(s, err) + 1;
	top = g.generation > top ? g.generation : top;
	top = s->latest > top ? s->latest : top;
	if ((rc = store_begin(s, err)) < 0 ||
	    (rc = store_run(s, err, "DELETE FROM file_out", "")) < 0 ||
	    (rc = store_run(s, err, "UPDATE peer SET owed=1,stated=0,"
	    "reads=0,asked=0", "")) < 0 ||
	    (rc = store_run(s, err, "UPDATE drop_peer SET waits=0,acked=0",
	    "")) < 0)
		return rc;
	s->self.generation = s->latest = top + 1;
	(void)strcpy(s->self.nonce, nonce);
	s->n = 0;
	memset(s->head, 0, sizeof s->head);
	s->sequence = 0;
	s->state_dirty = 1;
	if ((rc = log_restored(s, reason, err)) < 0 ||
	    (rc = store_commit(s, err)) < 0)
		return rc;
	if (guard_write(s, err) < 0)
		return err_next(err, "it is done but for the guard: see that "
		    "\"%s\" may be written, then do the same again", state);
	return 1;
}
