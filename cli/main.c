#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd.h"
#include "confine.h"

static const struct {
	const char *name;
	const struct cmd_spec *spec;
	const char *help;
} commands[] = {
	{ "init", &cmd_init, "make a new site" },
	{ "lab load", &cmd_lab_load, "put JSON lines or CSV into the lab" },
	{ "lab dump", &cmd_lab_dump, "write the lab as JSON lines" },
	{ "lab show", &cmd_lab_show, "show one object" },
	{ "lab delete", &cmd_lab_delete, "delete objects" },
	{ "site card", &cmd_site_card, "write this site's card for a peer" },
	{ "site show", &cmd_site_show, "show who this site is" },
	{ "site set", &cmd_site_set, "change what this site promises" },
	{ "site fingerprint", &cmd_site_fingerprint,
	    "print the digits to read over the phone" },
	{ "site restored", &cmd_site_restored,
	    "say that this home was put back from a backup" },
	{ "peer add", &cmd_peer_add, "trust the site that a card names" },
	{ "peer list", &cmd_peer_list, "list the peers" },
	{ "peer show", &cmd_peer_show, "show a peer" },
	{ "peer set", &cmd_peer_set, "change the policy for a peer" },
	{ "peer revoke", &cmd_peer_revoke, "refuse a peer's key from now on" },
	{ "peer remove", &cmd_peer_remove, "forget that a peer was trusted" },
	{ "export", &cmd_export, "write what a peer does not have yet" },
	{ "verify", &cmd_verify, "check bundles, apply nothing" },
	{ "inspect", &cmd_inspect, "show a bundle without trusting it" },
	{ "scan", &cmd_scan, "find what lies here for this site" },
	{ "import", &cmd_import, "apply bundles and receipts" },
	{ "receipt", &cmd_receipt, "write a receipt alone" },
	{ "conflicts list", &cmd_conflicts_list, "list what is in conflict" },
	{ "conflicts show", &cmd_conflicts_show,
	    "show the versions of an object side by side" },
	{ "conflicts resolve", &cmd_conflicts_resolve, "decide a conflict" },
	{ "notice", &cmd_notice, "read what was changed in the SENAITE" },
	{ "project", &cmd_project, "write what is due into the SENAITE" },
	{ "mirror show", &cmd_mirror_show, "show the settings of a mirror" },
	{ "mirror set", &cmd_mirror_set, "change the settings of a mirror" },
	{ "drop add", &cmd_drop_add, "use a folder on shared storage" },
	{ "drop list", &cmd_drop_list, "list the drops" },
	{ "drop show", &cmd_drop_show, "show what lies in a drop, and who "
	    "blocks it" },
	{ "drop set", &cmd_drop_set, "change the settings of a drop" },
	{ "drop remove", &cmd_drop_remove, "forget a drop" },
	{ "drop publish", &cmd_drop_publish, "put there what is due" },
	{ "drop collect", &cmd_drop_collect, "import what lies there" },
	{ "drop prune", &cmd_drop_prune, "remove there what all have" },
	{ "sync", &cmd_sync, "do a night's work on all drops" },
	{ "schedule install", &cmd_schedule_install,
	    "have a night's work done by itself" },
	{ "schedule show", &cmd_schedule_show, "show what is scheduled" },
	{ "schedule remove", &cmd_schedule_remove,
	    "take away what is scheduled" },
	{ "status", &cmd_status, "show how far each peer is" },
	{ "doctor", &cmd_doctor, "look whether all is well with this site" },
	{ "log", &cmd_log, "show what was done here" },
};

#define COMMANDS (sizeof commands / sizeof *commands)
#define NAME_COLUMN 20

static const struct opt common[] = {
	{ "home", OPT_TEXT, "DIR", "folder of the site (or SATCHEL_HOME; "
	    "default ~/.local/share/satchel)" },
	{ "json", OPT_FLAG, NULL, "answer with one JSON document" },
	{ "progress", OPT_FLAG, NULL, "show progress though standard error is "
	    "no terminal" },
	{ "help", OPT_FLAG, NULL, "show this help" },
	{ "version", OPT_FLAG, NULL, NULL },
	OPT_END
};

static const struct opt with_store[] = {
	{ "wait", OPT_NUMBER, "SECONDS", "wait so long for another satchel "
	    "that works on this site (default 0)" },
	OPT_END
};

/* --- help -------------------------------------------------------------- */

static void
help_all(struct buf *out, const char *group)
{
	size_t i, len = group != NULL ? strlen(group) : 0;

	buf_adds(out, "usage: satchel COMMAND [options]\n\n");
	if (group == NULL)
		buf_adds(out, "Carry a lab's data between sites that share no "
		    "network, in signed bundles.\n\n");
	for (i = 0; i < COMMANDS; i++) {
		if (group != NULL && (strncmp(commands[i].name, group,
		    len) != 0 || commands[i].name[len] != ' '))
			continue;
		buf_addf(out, "  %-*s", NAME_COLUMN, commands[i].name);
		opt_wrap(out, NAME_COLUMN + 2, commands[i].help);
	}
	buf_adds(out, "\n'satchel help COMMAND' shows the options of one.  "
	    "Every command takes:\n\n");
	opt_help(out, common);
}

static void
help_one(struct buf *out, size_t index)
{
	const struct cmd_spec *spec = commands[index].spec;
	const char *name = commands[index].name;

	buf_addf(out, "usage: satchel %s ", name);
	if (spec->args[0] != '\0')
		opt_wrap(out, strlen("usage: satchel  ") + strlen(name),
		    spec->args);
	else
		buf_adds(out, "[options]\n");
	buf_addc(out, '\n');
	opt_wrap(out, 0, commands[index].help);
	if (spec->more != NULL) {
		buf_addc(out, '\n');
		opt_wrap(out, 0, spec->more);
	}
	buf_addc(out, '\n');
	opt_help(out, spec->opts);
	if (spec->needs & CMD_KEYS)
		opt_help(out, keys_opts);
	if (spec->needs & CMD_STORE)
		opt_help(out, with_store);
	opt_help(out, common);
}

static int
say_help(struct out *o, struct buf *help, struct err *err)
{
	if (buf_check(help, err) < 0)
		return -(int)err->code;
	if (o->json)
		out_strn(o, "help", help->at, help->len);
	else
		out_write(o, help->at, help->len);
	return 0;
}

static void
say_version(struct out *o)
{
	out_text(o, "satchel %s\n", SATCHEL_VERSION);
	out_str(o, "version", SATCHEL_VERSION);
}

/* --- finding the command ----------------------------------------------- */

/* Is it the first word of two-word commands? */
static int
is_group(const char *word)
{
	size_t i, len = strlen(word);

	for (i = 0; i < COMMANDS; i++)
		if (strncmp(commands[i].name, word, len) == 0 &&
		    commands[i].name[len] == ' ')
			return 1;
	return 0;
}

/* The command of one or two words; words is how many of them it took. */
static int
find_command(const char *const *word, size_t count, size_t *ret_index,
    size_t *ret_words, struct err *err)
{
	char both[64];
	size_t i;

	*ret_words = 1;
	(void)snprintf(both, sizeof both, "%s", word[0]);
	if (is_group(word[0])) {
		*ret_words = 2;
		(void)snprintf(both, sizeof both, "%s %s", word[0],
		    count > 1 ? word[1] : "");
	}
	for (i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, both) == 0) {
			*ret_index = i;
			return 0;
		}
	if (*ret_words == 2 && count < 2)
		(void)err_set(err, E_USAGE, "\"%s\" needs a second word",
		    word[0]);
	else
		(void)err_set(err, E_USAGE, "no command \"%.60s\"", both);
	return err_next(err, "'satchel help%s%s' lists the commands",
	    *ret_words == 2 ? " " : "", *ret_words == 2 ? word[0] : "");
}

/* satchel help [COMMAND] */
static int
run_help(struct cmd *c, const char *const *word, size_t count,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf help = BUF_INIT;
	size_t index, words;
	int rc;

	if (count == 0 || (count == 1 && is_group(word[0]))) {
		help_all(&help, count == 0 ? NULL : word[0]);
		return say_help(&c->out, &help, err);
	}
	if ((rc = find_command(word, count, &index, &words, err)) < 0)
		return rc;
	if (words < count)
		return err_set(err, E_USAGE, "\"%s\" is too much", word[words]);
	help_one(&help, index);
	return say_help(&c->out, &help, err);
}

static int
check_count(const struct cmd *c, size_t index, struct err *err)
{
	const struct cmd_spec *spec = commands[index].spec;
	size_t n = c->opts.arg_count;

	if (n >= spec->min && n <= spec->max)
		return 0;
	if (n > spec->max)
		(void)err_set(err, E_USAGE, "\"%.200s\" is too much",
		    c->opts.args[spec->max]);
	else
		(void)err_set(err, E_USAGE, "an argument is missing");
	return err_next(err, "usage: satchel %s %s", commands[index].name,
	    spec->args);
}

/* Parse what is left without the command's words, and run it. */
static int
run_command(struct cmd *c, size_t index, struct err *err)
{
	const struct cmd_spec *spec = commands[index].spec;
	CLEANUP(buf_clear) struct buf help = BUF_INIT;
	int rc;

	if (opt_flag(&c->opts, "help")) {
		help_one(&help, index);
		return say_help(&c->out, &help, err);
	}
	if ((rc = check_count(c, index, err)) < 0)
		return rc;
	if ((rc = confine(c, spec, err)) < 0)
		return rc;
	c->fence = rc;
	return spec->run(c, err);
}

/* --- a run ------------------------------------------------------------- */

static int
is_place(const size_t *at, size_t count, size_t i)
{
	size_t k;

	for (k = 0; k < count; k++)
		if (at[k] == i)
			return 1;
	return 0;
}

/* argv without the words of the command. */
static int
parse_rest(struct cmd *c, const char *const *argv, size_t count,
    const size_t *at, size_t words, struct err *err)
{
	CLEANUP(buf_clear) struct buf rest = BUF_INIT;
	size_t i;

	for (i = 0; i < count; i++)
		if (!is_place(at, words, i))
			buf_add(&rest, &argv[i], sizeof argv[i]);
	if (buf_check(&rest, err) < 0)
		return -(int)err->code;
	return opt_parse(&c->opts, (const char *const *)(void *)rest.at,
	    rest.len / sizeof *argv, err);
}

static int
dispatch(struct cmd *c, const char *const *argv, size_t count,
    struct err *err)
{
	CLEANUP(buf_clear) struct buf help = BUF_INIT;
	size_t at[2] = { 0, 0 }, index = 0, words = 0, n;
	const char *word[2] = { "", "" };
	int rc;

	if ((rc = opt_words(common, argv, count, at, 2, err)) < 0)
		return rc;
	n = (size_t)rc;
	word[0] = n > 0 ? argv[at[0]] : "";
	word[1] = n > 1 ? argv[at[1]] : "";
	c->opts.tables[0] = common;
	if (n > 0 && strcmp(word[0], "help") == 0) {
		if ((rc = parse_rest(c, argv, count, at, 1, err)) < 0)
			return rc;
		return run_help(c, c->opts.args, c->opts.arg_count, err);
	}
	if (n > 0 && !(n == 1 && is_group(word[0]))) {
		if ((rc = find_command(word, n, &index, &words, err)) < 0)
			return rc;
		c->opts.tables[1] = commands[index].spec->opts;
		if (commands[index].spec->needs & CMD_STORE)
			c->opts.tables[2] = with_store;
		if (commands[index].spec->needs & CMD_KEYS)
			c->opts.tables[3] = keys_opts;
		if ((rc = parse_rest(c, argv, count, at, words, err)) < 0)
			return rc;
		return run_command(c, index, err);
	}

	/* No whole command: help, version, or a mistake. */
	if ((rc = parse_rest(c, argv, count, at, n, err)) < 0)
		return rc;
	if (opt_flag(&c->opts, "version")) {
		say_version(&c->out);
		return 0;
	}
	if (opt_flag(&c->opts, "help")) {
		help_all(&help, n > 0 ? word[0] : NULL);
		return say_help(&c->out, &help, err);
	}
	if (n > 0)
		return find_command(word, n, &index, &words, err);
	(void)err_set(err, E_USAGE, "no command given");
	return err_next(err, "'satchel help' lists the commands");
}

/* A descriptor that was closed at the start would be taken by the first file
 * opened.  These fail on every use, as a closed one does. */
static void
keep_standard_files(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1)
			(void)open("/dev/null", fd == 0 ? O_WRONLY :
			    O_RDONLY);
}

/* No core: 1 byte is less than any file of one; and where cores are piped to a
 * program, which 0 does not forbid, 1 does (fs/coredump.c of Linux).
 *
 * SIGINT and SIGTERM end us at once: nothing is half done at any point, and
 * what is temporary is cleared away by the next run. */
static int
start(struct err *err)
{
	const struct rlimit none = { 1, 1 };

	keep_standard_files();
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);	/* EFBIG says it */
	if (sodium_init() < 0)
		return err_set(err, E_INTERNAL, "libsodium does not start");
	return 0;
}

/* Known before anything is parsed, for errors of parsing. */
static int
wants_json(const char *const *argv, size_t count)
{
	size_t i;

	for (i = 0; i < count && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return 1;
	return 0;
}

static void
cmd_clear(struct cmd *c)
{
	opts_clear(&c->opts);
	out_clear(&c->out);
	keys_clear(&c->keys);
}

int
main(int argc, char **argv)
{
	CLEANUP(cmd_clear) struct cmd c = { .opts = OPTS_INIT,
	    .keys = KEYS_INIT, .busy = ERR_INIT };
	const char *const *args = (const char *const *)argv + 1;
	size_t count = argc > 0 ? (size_t)argc - 1 : 0;
	struct err err = ERR_INIT, failed = ERR_INIT;

	if (start(&err) == 0) {
		out_init(&c.out, wants_json(args, count));
		(void)dispatch(&c, args, count, &err);
	} else {
		out_init(&c.out, 0);
	}
	if (out_finish(&c.out, &err, &failed) < 0 && err.code == E_OK) {
		(void)err_set(&err, failed.code, "it is done, but not all of "
		    "its output could be written: %s", failed.text);
		(void)err_next(&err, "'satchel log' shows what was done");
		c.told = 0;
	}
	if (err.code == E_OK)
		return c.exit;
	if (!c.told)
		out_error(&err);
	return err_exit(err.code);
}
