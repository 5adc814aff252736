/* satchel scan: what lies for this site on media, in drops and in folders, and
 * what to do about it.  Changes nothing. */
#include <inttypes.h>
#include <string.h>

#include "../base/text.h"
#include "../carry/scan.h"
#include "cmd.h"
#include "home.h"
#include "progress.h"

static const char *const place_kinds[] = {
	[SCAN_PATH] = "path", [SCAN_MEDIUM] = "medium", [SCAN_DROP] = "drop"
};

static const char *const kinds[] = {
	[MANIFEST_BUNDLE] = "bundle", [MANIFEST_EXCERPT] = "excerpt",
	[MANIFEST_RECEIPT] = "receipt", [MANIFEST_REQUEST] = "request",
	[MANIFEST_CARD] = "card"
};

static const char *const states[] = {
	[SCAN_NEW] = "new", [SCAN_READ] = "read", [SCAN_GAP] = "gap",
	[SCAN_REFUSED] = "refused"
};

struct run {
	struct cmd *c;
	struct store *s;
	struct scan scan;
	struct progress shown;
};

static void
run_clear(struct run *x)
{
	scan_clear(&x->scan);
	store_closep(&x->s);
}

/* --- looking ----------------------------------------------------------- */

static int
each_medium(void *ctx, const struct medium *m, struct err *err)
{
	return scan_medium(ctx, m, err);
}

static int
look_at_args(struct run *x, struct err *err)
{
	const struct opts *o = &x->c->opts;
	size_t i;
	int rc = 0;

	for (i = 0; i < o->arg_count && rc >= 0; i++)
		rc = scan_path(&x->scan, o->args[i], err);
	return rc;
}

/* Media first: what was carried here is news. */
static int
look_everywhere(struct run *x, struct err *err)
{
	CLEANUP(drops_clear) struct drops drops = { NULL, 0 };
	size_t i;
	int rc;

	if ((rc = medium_each(each_medium, &x->scan, err)) < 0 ||
	    (rc = drop_list(x->s, &drops, err)) < 0)
		return rc;
	for (i = 0; i < drops.count; i++)
		if ((rc = scan_drop(&x->scan, &drops.at[i], err)) < 0)
			return rc;
	return 0;
}

static int
look(struct run *x, struct err *err)
{
	const struct opts *o = &x->c->opts;
	struct card own;
	int rc;

	if ((rc = home_open(x->c, HOME_READ, &x->s, err)) < 0 ||
	    (rc = keys_public(x->s->home, &own, err)) < 0 ||
	    (rc = store_begin_read(x->s, err)) < 0)
		return rc;
	x->scan.s = x->s;
	x->scan.own = &own.sign;
	x->scan.progress = progress_ticker(&x->shown);
	progress_begin(&x->shown, "looking", opt_flag(o, "progress"));
	rc = o->arg_count == 0 ? look_everywhere(x, err) :
	    look_at_args(x, err);
	progress_end(&x->shown, rc >= 0);
	if (rc < 0)
		return rc;
	store_end_read(x->s);
	return scan_finish(&x->scan, err);
}

/* --- commands ---------------------------------------------------------- */

/* As one word for a shell; with bytes that no terminal should see in the
 * form $'\ooo' (POSIX.1-2024, 2.2.4). */
static void
add_word(struct buf *out, const char *text)
{
	const char *p;

	if (!text_is_safe(text, strlen(text))) {
		buf_adds(out, " $'");
		for (p = text; *p != '\0'; p++)
			if ((unsigned char)*p <= ' ' || *p == '\'' ||
			    *p == '\\' || (unsigned char)*p >= 127)
				buf_addf(out, "\\%03o", (unsigned char)*p);
			else
				buf_addc(out, *p);
		buf_addc(out, '\'');
		return;
	}
	buf_adds(out, " '");
	for (p = text; *p != '\0'; p++)
		if (*p == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, *p);
	buf_addc(out, '\'');
}

static void
begin_command(const struct run *x, struct buf *out, const char *verb)
{
	const char *home = opt_text(&x->c->opts, "home");

	buf_reset(out);
	buf_adds(out, "satchel");
	if (home != NULL) {
		buf_adds(out, " --home");
		add_word(out, home);
	}
	buf_addf(out, " %s", verb);
}

static void
add_folder(struct buf *out, const char *path, size_t len)
{
	CLEANUP(buf_clear) struct buf folder = BUF_INIT;

	buf_add(&folder, path, len);
	if (len == 0)
		buf_addc(&folder, path[0] == '/' ? '/' : '.');
	if (buf_str(&folder) != NULL)
		add_word(out, folder.at);
	else
		out->failed = E_INTERNAL;
}

static size_t
folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? 0 : (size_t)(slash - path);
}

/* Does an import do something with it: take it, or write a request? */
static int
is_to_import(const struct run *x, const struct scan_file *f)
{
	return (f->state == SCAN_NEW || f->state == SCAN_GAP) &&
	    f->kind != MANIFEST_CARD &&
	    x->scan.places[f->place].kind != SCAN_DROP;
}

/* Was the folder of this file named for one before it? */
static int
is_named(const struct run *x, size_t file)
{
	const struct scan_file *f = x->scan.files;
	size_t i, len = folder_len(f[file].path);

	for (i = 0; i < file; i++)
		if (is_to_import(x, &f[i]) && folder_len(f[i].path) == len &&
		    memcmp(f[i].path, f[file].path, len) == 0)
			return 1;
	return 0;
}

static int
say_command(struct run *x, struct buf *command, const char *why,
    struct err *err)
{
	struct out *o = &x->c->out;

	if (buf_str(command) == NULL)
		return err_oom(err);
	out_text(o, "%s\n    %s\n", why, command->at);
	out_str(o, NULL, command->at);
	return 0;
}

static int
say_import(struct run *x, struct buf *command, struct err *err)
{
	const struct scan_file *f;
	size_t i, count = 0;

	begin_command(x, command, "import");
	for (i = 0; i < x->scan.file_count; i++) {
		f = &x->scan.files[i];
		if (!is_to_import(x, f) || is_named(x, i))
			continue;
		add_folder(command, f->path, folder_len(f->path));
		count++;
	}
	return count == 0 ? 0 : say_command(x, command, "to take in what is "
	    "for this site:", err);
}

static int
say_sync(struct run *x, struct buf *command, struct err *err)
{
	const struct scan_file *f;
	size_t i, count = 0;

	for (i = 0; i < x->scan.file_count; i++) {
		f = &x->scan.files[i];
		count += f->state == SCAN_NEW && f->kind != MANIFEST_CARD &&
		    x->scan.places[f->place].kind == SCAN_DROP;
	}
	if (count == 0)
		return 0;
	begin_command(x, command, "sync");
	return say_command(x, command, "to take in what is in the drops, and "
	    "answer it (or wait for the night):", err);
}

/* A request in a drop is answered by the night. */
static int
say_answer(struct run *x, const struct scan_file *f, struct buf *command,
    struct err *err)
{
	if (f->kind != MANIFEST_REQUEST || !is_to_import(x, f))
		return 0;
	begin_command(x, command, "export --to");
	add_word(command, f->from);
	buf_adds(command, " --for");
	add_word(command, f->path);
	buf_adds(command, " --out");
	add_folder(command, f->path, folder_len(f->path));
	return say_command(x, command, "to answer the request at once (once it"
	    " is taken in, the next sync\nor export does so, too):", err);
}

static int
say_card(struct run *x, const struct scan_file *f, struct buf *command,
    struct err *err)
{
	if (f->kind != MANIFEST_CARD || f->state != SCAN_NEW)
		return 0;
	begin_command(x, command, "peer add");
	add_word(command, f->path);
	return say_command(x, command, "to trust that site, with the digits "
	    "of its card read over the phone:", err);
}

static int
say_commands(struct run *x, struct err *err)
{
	CLEANUP(buf_clear) struct buf command = BUF_INIT;
	struct out *o = &x->c->out;
	size_t i;
	int rc;

	out_open(o, "commands", '[');
	if ((rc = say_import(x, &command, err)) < 0 ||
	    (rc = say_sync(x, &command, err)) < 0)
		return rc;
	for (i = 0; i < x->scan.file_count; i++)
		if ((rc = say_answer(x, &x->scan.files[i], &command,
		    err)) < 0 ||
		    (rc = say_card(x, &x->scan.files[i], &command, err)) < 0)
			return rc;
	out_close(o);
	return 0;
}

/* --- files ------------------------------------------------------------- */

static void
say_what(struct out *o, const struct scan_file *f)
{
	if (!f->is_known)
		return;
	if (f->kind == MANIFEST_CARD) {
		out_text(o, "card of ");
		out_safe(o, f->from);
		out_text(o, " (site %s), %s: ", f->actor.site, f->created);
		return;
	}
	out_text(o, "%s %" PRIu64 " of ", kinds[f->kind], f->sequence);
	out_safe(o, f->from);
	if (f->kind == MANIFEST_BUNDLE || f->kind == MANIFEST_EXCERPT)
		out_text(o, ", %" PRIu64 " objects", f->records);
	if (f->wanted > 0)
		out_text(o, " for %" PRIu64 " attachments", f->wanted);
	out_text(o, ", %s: ", f->created);
}

static void
say_refused(struct out *o, const struct scan_file *f)
{
	struct err e;

	err_recall(&e, &f->err);
	out_text(o, "refused: %s: ", err_name(e.code));
	out_safe(o, e.text);
	if (e.next[0] != '\0') {
		out_text(o, "\n  next: ");
		out_safe(o, e.next);
	}
}

static void
say_state(struct out *o, const struct scan_file *f)
{
	int is_card = f->is_known && f->kind == MANIFEST_CARD;

	switch (f->state) {
	case SCAN_NEW:
		out_text(o, is_card ? "no peer of this site" :
		    f->kind == MANIFEST_BUNDLE || f->kind == MANIFEST_EXCERPT ?
		    "new, not verified yet" : "new");
		break;
	case SCAN_READ:
		out_text(o, is_card ? "known" : "already read");
		break;
	case SCAN_GAP:
		out_text(o, "a gap: what %s wrote after its sequence %" PRIu64
		    " up to %" PRIu64 " is missing", f->from, f->have,
		    f->since);
		break;
	case SCAN_REFUSED:
		say_refused(o, f);
		break;
	}
	if (f->copies > 0 && f->state != SCAN_REFUSED)
		out_text(o, " (and %zu %s)", f->copies, f->copies == 1 ?
		    "copy" : "copies");
	out_text(o, "\n");
}

static void
say_file_json(struct out *o, const struct scan_file *f, const char *place)
{
	struct err e;

	out_open(o, NULL, '{');
	out_str(o, "file", f->path);
	out_str(o, "place", place);
	out_str(o, "kind", f->is_known ? kinds[f->kind] : NULL);
	out_str(o, "from", f->is_known ? f->from : NULL);
	out_str(o, "from_id", f->is_known ? f->actor.site : NULL);
	out_str(o, "created", f->is_known ? f->created : NULL);
	out_number(o, "sequence", f->sequence);
	out_number(o, "objects", f->records);
	out_number(o, "wanted", f->wanted);
	out_number(o, "size", f->size);
	out_str(o, "state", states[f->state]);
	if (f->state == SCAN_GAP) {
		out_number(o, "have", f->have);
		out_number(o, "since", f->since);
	}
	out_number(o, "copies", f->copies);
	err_recall(&e, &f->err);
	out_err(o, "error", &e);
	out_close(o);
}

static void
say_files(struct run *x)
{
	struct out *o = &x->c->out;
	const struct scan_file *f;
	size_t i;

	out_open(o, "files", '[');
	for (i = 0; i < x->scan.file_count; i++) {
		f = &x->scan.files[i];
		out_safe(o, f->path);
		out_text(o, "\n  ");
		say_what(o, f);
		say_state(o, f);
		say_file_json(o, f, x->scan.places[f->place].path);
	}
	out_close(o);
}

/* --- places ------------------------------------------------------------ */

static void
say_place_json(struct out *o, const struct scan_place *p)
{
	static const char *const cuts[] = {
		[SCAN_WHOLE] = NULL, [SCAN_DEEPER] = "depth",
		[SCAN_MORE] = "size"
	};
	struct err e;

	out_open(o, NULL, '{');
	out_str(o, "path", p->path);
	out_str(o, "kind", place_kinds[p->kind]);
	out_str(o, "drop", p->drop);
	out_str(o, "label", p->medium.label);
	out_str(o, "serial", p->medium.serial);
	out_str(o, "fs", p->medium.fs);
	out_number(o, "others", p->others);
	out_number(o, "own", p->own);
	out_number(o, "foreign", p->foreign);
	out_number(o, "closed", p->closed);
	out_bool(o, "absent", p->absent);
	out_str(o, "cut", cuts[p->cut]);
	err_recall(&e, &p->err);
	out_err(o, "error", &e);
	out_close(o);
}

static void
say_place_text(struct out *o, const struct scan_place *p, const char *name)
{
	out_text(o, "%s ", place_kinds[p->kind]);
	if (p->drop != NULL) {
		out_safe(o, p->drop);
		out_text(o, ", ");
	}
	out_safe(o, p->path);
	if (name[0] != '\0') {
		out_text(o, ", ");
		out_safe(o, name);
	}
	out_text(o, "\n");
	if (p->absent)
		out_text(o, "  is not there now\n");
	if (p->others + p->own > 0)
		out_text(o, "  %" PRIu64 " files for other sites, %" PRIu64
		    " of this site's own\n", p->others, p->own);
	if (p->closed > 0)
		out_text(o, "  %" PRIu64 " folders may not be read\n",
		    p->closed);
	if (p->cut == SCAN_DEEPER)
		out_text(o, "  folders more than %u deep were not looked into;"
		    " name them to 'satchel scan'\n", SCAN_DEPTH);
	if (p->cut == SCAN_MORE)
		out_text(o, "  NOT ALL WAS LOOKED AT: it is too much; name a "
		    "folder of it to 'satchel scan'\n");
}

/* What is wrong with a place is said; the first of it is the exit status. */
static int
say_places(struct run *x, struct err *err)
{
	struct out *o = &x->c->out;
	struct scan_place *p;
	struct err e;
	size_t i;

	out_open(o, "places", '[');
	for (i = 0; i < x->scan.place_count; i++) {
		CLEANUP(buf_clear) struct buf name = BUF_INIT;

		p = &x->scan.places[i];
		if (p->medium.fs != NULL)
			medium_name(&name, &p->medium);
		buf_adds(&name, "");
		if (buf_str(&name) == NULL)
			return err_oom(err);
		say_place_text(o, p, name.at);
		say_place_json(o, p);
		if (p->err.code == E_OK)
			continue;
		err_recall(&e, &p->err);
		out_flush(o);
		out_error(&e);
		x->c->told = 1;
		if (err->code == E_OK)
			*err = e;
	}
	out_close(o);
	return 0;
}

/* --- the command ------------------------------------------------------- */

static int
run(struct cmd *c, struct err *err)
{
	CLEANUP(run_clear) struct run x = { .c = c };
	struct out *o = &c->out;
	struct err place = ERR_INIT;
	int rc;

	if ((rc = look(&x, err)) < 0 || (rc = say_places(&x, &place)) < 0) {
		if (err->code == E_OK)
			*err = place;
		return -(int)err->code;
	}
	say_files(&x);
	if ((rc = say_commands(&x, err)) < 0)
		return rc;
	if (x.scan.place_count == 0)
		out_text(o, "no medium is mounted, and this site has no drop: "
		    "'satchel scan FOLDER' looks into a folder\n");
	else if (x.scan.file_count == 0)
		out_text(o, "nothing for this site\n");
	*err = place;
	return err->code == E_OK ? 0 : -(int)err->code;
}

const struct cmd_spec cmd_scan = {
	.args = "[PATH...]",
	.max = CMD_ARGS_MAX,
	.needs = CMD_STORE | CMD_FILES | CMD_MEDIA,
	.more = "Looks at all mounted media that look carried and at the drops"
	    " of this site, or at each PATH, for bundles, receipts, requests "
	    "and cards, whatever they are called; says what each is and what "
	    "to do.  Folders are looked into four levels deep.  Nothing is "
	    "changed, and nothing is verified that 'satchel import' will not "
	    "verify again.",
	.run = run
};
