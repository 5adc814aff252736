/* satchel peer add: a card becomes a peer. */
#include <string.h>

#include "../base/file.h"
#include "../base/text.h"
#include "ask.h"
#include "cmd.h"
#include "cmd_peer_inside.h"
#include "home.h"

static const struct opt add_opts[] = {
	{ "as", OPT_TEXT, "NAME", "call it NAME here (default: the name on "
	    "its card)" },
	{ "fingerprint", OPT_TEXT, "DIGITS", "the digits that the peer read "
	    "out over the phone" },
	OPT_END
};

static int
read_card(const char *path, struct card *ret, struct err *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;

	if (file_read_all(path, CARD_MAX, &text, err) < 0)
		return -(int)err->code;
	if (card_read(ret, text.at, text.len, err) < 0)
		return err_prefix(err, "\"%s\"", path);
	return 0;
}

static int
wrong_digits(struct err *err)
{
	(void)err_set(err, E_TRUSTSTORE, "these digits are not the "
	    "fingerprint of this card");
	return err_next(err, "do not trust this card; ask the peer for its "
	    "card and its digits again");
}

/* The digits that the other side read out must be typed here. */
static int
ask_digits(const struct card *card, struct err *err)
{
	CLEANUP(buf_clear) struct buf question = BUF_INIT;
	char typed[ASK_MAX];
	int rc;

	if (!ask_possible()) {
		(void)err_set(err, E_USAGE, "a card is trusted by its "
		    "fingerprint, and there is no terminal to ask for it");
		return err_next(err, "give the digits that the peer reads out "
		    "over the phone with --fingerprint DIGITS");
	}
	buf_addf(&question, "Card of %s (%s).  Phone that site, have it run "
	    "'satchel site fingerprint',\nand type the digits it reads out: ",
	    card->name, card->actor.site);
	if (buf_str(&question) == NULL)
		return err_oom(err);
	if ((rc = ask_line(question.at, typed, err)) < 0 ||
	    (rc = card_matches(card, typed, err)) < 0)
		return rc;
	return rc ? 0 : wrong_digits(err);
}

static int
fill_peer(struct peer *p, const struct card *card, const char *name,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf sign = BUF_INIT, age = BUF_INIT;

	memset(p, 0, sizeof *p);
	memcpy(p->site, card->actor.site, sizeof p->site);
	memcpy(p->name, name, strlen(name) + 1);
	minisign_id_hex(card->sign.id, p->key_id);
	minisign_pub_base64(&card->sign, &sign);
	age_recipient_write(&card->age, &age);
	if (buf_str(&sign) == NULL || buf_str(&age) == NULL)
		return err_oom(err);
	if (sign.len >= sizeof p->minisign || age.len >= sizeof p->age)
		return err_set(err, E_INTERNAL, "a key is too long");
	memcpy(p->minisign, sign.at, sign.len + 1);
	memcpy(p->age, age.at, age.len + 1);
	return 0;
}

/* Pinned with these keys already?  1 or 0. */
static int
is_known(struct cmd *c, const struct peer *p, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	struct peer old;
	int rc;

	if ((rc = home_open(c, HOME_READ, &s, err)) < 0 ||
	    (rc = peer_by_site(s, p->site, &old, err)) <= 0)
		return rc;
	return old.trusted && !old.revoked &&
	    strcmp(old.minisign, p->minisign) == 0 &&
	    strcmp(old.age, p->age) == 0;
}

/* Nothing is locked while a person is on the phone. */
static int
check_card(struct cmd *c, const struct card *card, const struct peer *p,
    struct err *err)
{
	const char *digits = opt_text(&c->opts, "fingerprint");
	int rc;

	if (digits != NULL) {
		rc = card_matches(card, digits, err);
		return rc != 0 ? rc : wrong_digits(err);
	}
	if ((rc = is_known(c, p, err)) != 0)
		return rc;
	return ask_digits(card, err);
}

static int
pin(struct store *s, const struct peer *p, const struct card *card,
    struct err *err)
{
	char digits[CARD_TEXT_MAX];
	int added, rc;

	card_fingerprint(card, digits);
	if ((rc = store_begin(s, err)) < 0 ||
	    (rc = added = peer_add(s, p, err)) < 0)
		return rc;
	if (added && (rc = cmd_peer_log(s, "peer-add", p, "fingerprint", digits,
	    err)) < 0)
		return rc;
	rc = store_commit(s, err);
	return rc < 0 ? rc : added;
}

static int
add(struct cmd *c, struct err *err)
{
	CLEANUP(store_closep) struct store *s = NULL;
	const char *name = opt_text(&c->opts, "as");
	struct card card;
	struct peer p;
	int rc, added;

	if (name != NULL && !text_is_name(name, strlen(name)))
		return err_set(err, E_USAGE, "--as: up to %u letters, digits, "
		    "'.' and '-' expected, \"%s\" found", NAME_LEN, name);
	if ((rc = read_card(c->opts.args[0], &card, err)) < 0 ||
	    (rc = fill_peer(&p, &card, name != NULL ? name : card.name,
	    err)) < 0 ||
	    (rc = check_card(c, &card, &p, err)) < 0 ||
	    (rc = home_open(c, HOME_WRITE, &s, err)) < 0 ||
	    (rc = added = pin(s, &p, &card, err)) < 0)
		return rc;
	if (peer_by_site(s, p.site, &p, err) < 0)
		return added ? err_prefix(err, PEER_DONE) : -(int)err->code;
	if (p.revoked) {
		(void)err_set(err, E_REVOKED, "the key of %s was revoked here",
		    p.name);
		return err_next(err, "to trust it again: 'satchel peer remove "
		    "%s' first", p.name);
	}
	out_text(&c->out, added ? "%s (%s) is a peer now\n" :
	    "%s (%s) is a peer already\n", p.name, p.site);
	out_bool(&c->out, "added", added);
	out_str(&c->out, "name", p.name);
	out_str(&c->out, "id", p.site);
	return 0;
}

const struct cmd_spec cmd_peer_add = {
	.args = "CARD [--as NAME] [--fingerprint DIGITS]",
	.min = 1, .max = 1,
	.needs = CMD_STORE | CMD_FILES,
	.opts = add_opts,
	.more = "A card is trusted only with the fingerprint that its site "
	    "reads out over the phone; without --fingerprint it is asked for "
	    "at the terminal.",
	.run = add
};
