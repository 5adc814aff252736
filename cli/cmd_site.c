/* satchel site: who this site is. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/text.h"
#include "../store/cadence.h"
#include "../store/guard.h"
#include "../store/log.h"
#include "cmd.h"
#include "home.h"

/* --- card -------------------------------------------------------------- */

static const struct opt card_opts[] = {
	{ "out", OPT_PLACE, "FILE", "write it to FILE, which must not exist" },
	OPT_END
};

static int
put_card(const char *path, const struct buf *text, struct err *err)
{
	CLEANUP(file_part_clear) struct file_part part = FILE_PART_INIT;
	int rc;

	if ((rc = file_part_open(&part, path, err)) < 0 ||
	    (rc = file_write(part.fd, text->at, text->len, path, err)) < 0 ||
	    (rc = file_part_settle(&part, err)) < 0)
		return rc;
	return file_part_publish(&part, err);
}

static int
card(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(buf_clear) struct buf text = BUF_INIT, base64 = BUF_INIT;
	const char *path = opt_text(&c->opts, "out");
	char digits[CARD_TEXT_MAX];
	struct card card;
	int rc;

	if (path == NULL && !c->out.json && isatty(STDOUT_FILENO) == 1) {
		(void)err_set(err, E_USAGE, "a card is not for a terminal");
		return err_next(err, "name a file with --out FILE");
	}
	if ((rc = home_open(c, HOME_READ, &s, err)) < 0 ||
	    (rc = home_card(s, &card, err)) < 0 ||
	    (rc = keys_sign(&c->keys, &c->opts, s->home, err)) < 0 ||
	    (rc = card_write(&card, c->keys.sign, &text, err)) < 0)
		return rc;
	card_fingerprint(&card, digits);
	out_str(&c->out, "name", card.name);
	out_str(&c->out, "id", card.actor.site);
	out_str(&c->out, "fingerprint", digits);
	out_str(&c->out, "file", path);
	if (path != NULL) {
		if ((rc = put_card(path, &text, err)) < 0)
			return rc;
		out_note("the card of %s is in %s", card.name, path);
		out_note("read these digits to the peer over the phone: %s",
		    digits);
		return 0;
	}
	if (!c->out.json) {
		out_write(&c->out, text.at, text.len);
		return 0;
	}
	text_base64(&base64, text.at, text.len, 1);
	if ((rc = buf_check(&base64, err)) < 0)
		return rc;
	out_strn(&c->out, "card", base64.at, base64.len);
	return 0;
}

const struct cmd_spec cmd_site_card = {
	.args = "[--out FILE]",
	.needs = CMD_STORE | CMD_KEYS,
	.opts = card_opts,
	.more = "The card holds the site's public keys, id and name.  Without "
	    "--out it goes to standard output (with --json as base64).",
	.run = card
};

/* --- what it promises -------------------------------------------------- */

static int
say_cadence(struct out *o, const char *label, int64_t cadence,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf every = BUF_INIT;

	if (cadence > 0)
		text_add_duration(&every, cadence);
	else
		buf_adds(&every, "none");
	if (buf_str(&every) == NULL)
		return err_oom(err);
	out_text(o, "%s%s\n", label, every.at);
	if (cadence > 0)
		out_number(o, "cadence", (uint64_t)cadence);
	else
		out_null(o, "cadence");
	return 0;
}

static int
read_cadence(const char *pair, int64_t *ret, struct err *err)
{
	const char *value = pair + strlen("cadence=");

	*ret = 0;
	if (strncmp(pair, "cadence=", strlen("cadence=")) != 0) {
		(void)err_set(err, E_USAGE, "\"%.64s\" is not a setting of a "
		    "site", pair);
		return err_next(err, "'satchel site set --help' names the "
		    "settings");
	}
	if (strcmp(value, "none") == 0 ||
	    text_duration(ret, value, strlen(value), INT32_MAX) == 0)
		return 0;
	(void)err_set(err, E_USAGE, "cadence=\"%.64s\" is not a value of it",
	    value);
	return err_next(err, "cadence takes a time such as 12h or 1d, or "
	    "none");
}

static int
log_setting(struct store *s, const char *pair, struct err *err)
{
	CLEANUP(buf_clear) struct buf detail = BUF_INIT;

	buf_adds(&detail, "{\"set\":");
	text_json(&detail, pair, strlen(pair));
	buf_addc(&detail, '}');
	if (buf_str(&detail) == NULL)
		return err_oom(err);
	return log_add(s, "site-set", NULL, NULL, detail.at, err);
}

static int
set(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	const char *pair = c->opts.args[0];
	int64_t cadence;
	int rc;

	if ((rc = read_cadence(pair, &cadence, err)) < 0 ||
	    (rc = home_open(c, HOME_WRITE, &s, err)) < 0 ||
	    (rc = store_begin(s, err)) < 0 ||
	    (rc = cadence_set(s, cadence, err)) < 0 ||
	    (rc = log_setting(s, pair, err)) < 0 ||
	    (rc = store_commit(s, err)) < 0)
		return rc;
	return say_cadence(&c->out, "cadence=", cadence, err);
}

const struct cmd_spec cmd_site_set = {
	.args = "KEY=VALUE",
	.min = 1, .max = 1,
	.needs = CMD_STORE,
	.more = "cadence=TIME|none: promise peers a file at least every 12h, "
	    "1d, ...; it stands in every file from now on, and a peer that "
	    "was promised so is alarmed when it hears nothing for twice as "
	    "long.",
	.run = set
};

/* --- show, fingerprint ------------------------------------------------- */

static int
show(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(buf_clear) struct buf sign = BUF_INIT, age = BUF_INIT;
	char digits[CARD_TEXT_MAX], id[MINISIGN_ID_HEX];
	struct card card;
	int64_t cadence;
	int rc;

	if ((rc = home_open(c, HOME_READ, &s, err)) < 0 ||
	    (rc = home_card(s, &card, err)) < 0 ||
	    (rc = cadence_get(s, &cadence, err)) < 0)
		return rc;
	card_fingerprint(&card, digits);
	minisign_id_hex(card.sign.id, id);
	minisign_pub_base64(&card.sign, &sign);
	age_recipient_write(&card.age, &age);
	if (buf_str(&sign) == NULL || buf_str(&age) == NULL)
		return err_oom(err);
	out_text(&c->out, "site         %s\nid           %s\n", s->name,
	    s->self.site);
	out_text(&c->out, "incarnation  %" PRIu64 " (%s)\nfiles        %"
	    PRIu64 " written\n", s->self.generation, s->self.nonce,
	    s->sequence);
	out_text(&c->out, "fingerprint  %s\nkey id       %s\n", digits, id);
	out_text(&c->out, "minisign     %s\nage          %s\nhome         ",
	    sign.at, age.at);
	out_safe(&c->out, s->home);
	out_text(&c->out, "\n");
	out_str(&c->out, "name", s->name);
	out_str(&c->out, "id", s->self.site);
	out_number(&c->out, "generation", s->self.generation);
	out_str(&c->out, "nonce", s->self.nonce);
	out_number(&c->out, "sequence", s->sequence);
	out_str(&c->out, "fingerprint", digits);
	out_str(&c->out, "key", id);
	out_str(&c->out, "minisign", sign.at);
	out_str(&c->out, "age", age.at);
	out_str(&c->out, "home", s->home);
	return say_cadence(&c->out, "cadence      ", cadence, err);
}

const struct cmd_spec cmd_site_show = {
	.args = "",
	.needs = CMD_STORE,
	.run = show
};

static int
fingerprint(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	char digits[CARD_TEXT_MAX];
	struct card card;
	int rc;

	if ((rc = home_open(c, HOME_READ, &s, err)) < 0 ||
	    (rc = home_card(s, &card, err)) < 0)
		return rc;
	card_fingerprint(&card, digits);
	out_text(&c->out, "%s\n", digits);
	out_str(&c->out, "fingerprint", digits);
	return 0;
}

const struct cmd_spec cmd_site_fingerprint = {
	.args = "",
	.needs = CMD_STORE,
	.run = fingerprint
};

/* --- restored ---------------------------------------------------------- */

static const struct opt restored_opts[] = {
	{ "reason", OPT_TEXT, "TEXT", "why, for the log" },
	OPT_END
};

static int
restored(struct cmd *c, struct err *err)
{
	CLEANUP(buf_clear) struct buf state = BUF_INIT;
	CLEANUP(store_closep) struct store *s = NULL;
	const char *reason = opt_text(&c->opts, "reason");
	char nonce[17];
	int rc;

	if (reason == NULL)
		return err_set(err, E_USAGE, "--reason TEXT is missing");
	if (home_check_reason(reason, err) < 0)
		return -(int)err->code;

	/* Who says so is believed: a guard that was put back from the same
	 * backup, or lost, sees nothing. */
	home_random(nonce);
	if ((rc = home_open(c, HOME_RESTORE, &s, err)) < 0 ||
	    (rc = home_state(&state, err)) < 0 ||
	    (rc = guard_restored(s, state.at, nonce, 1, reason, err)) < 0)
		return rc;
	out_text(&c->out, "%s begins its life number %" PRIu64 "; what it "
	    "lost comes back with the peers' next exports\n", s->name,
	    s->self.generation);
	out_number(&c->out, "generation", s->self.generation);
	return 0;
}

const struct cmd_spec cmd_site_restored = {
	.args = "--reason TEXT",
	.needs = CMD_STORE,
	.opts = restored_opts,
	.more = "A home that was put back from a backup has forgotten what it "
	    "did since.  This begins a new life, so that no number is used "
	    "twice.  Of a home that is still in use no copy may be used.",
	.run = restored
};
