/* gen.c: a made-up lab of any size, the same bytes for the same arguments.
 *
 *	gen -n OBJECTS -o FOLDER
 *
 * writes the lab's lines (design section 11) shaped like those of a SENAITE:
 *
 *	FOLDER/lab1.jsonl	the lab
 *	FOLDER/lab2.jsonl	its next day: 1 % changed, 0.1 % deleted,
 *				0.5 % new
 *	FOLDER/att/		the attachments, 10 KB to 5 MB, one a file;
 *				8 % have the content of an earlier one
 */
#include <err.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../base/buf.h"
#include "../../base/text.h"
#include "content.h"
#include "dice.h"
#include "kinds.h"

#define FIRST_DAY 1767312000		/* 2026-01-02T00:00:00Z */
#define PACE 40				/* seconds from object to object */
#define DAY2_LATER 9000000		/* seconds, more than the whole lab */
#define OBJECTS_MIN 500u
#define OBJECTS_MAX 1000000u
#define PATH_SIZE 4096
#define COUNT(array) ((unsigned)(sizeof (array) / sizeof *(array)))

static const char *const words[] = {
	"acid", "aliquot", "analysed", "analyst", "and", "at", "attached",
	"balance", "batch", "below", "blank", "bottle", "calibration",
	"carrier", "certificate", "checked", "client", "column", "control",
	"cooler", "corrected", "courier", "date", "diluted", "drift",
	"duplicate", "each", "effluent", "expired", "field", "filtered",
	"flag", "for", "gauge", "glass", "grab", "hold", "in", "inlet",
	"label", "lake", "limit", "lot", "matrix", "mean", "method", "missing",
	"needle", "new", "noted", "of", "on", "outlet", "oven", "peak",
	"phone", "pipette", "plate", "pressure", "pump", "purged", "quality",
	"queue", "range", "reagent", "recovery", "repeat", "report",
	"retention", "river", "run", "sampled", "seal", "second", "see",
	"sensor", "shift", "signal", "slope", "sludge", "spike", "standard",
	"stirred", "storage", "surrogate", "tank", "temperature", "the",
	"titrated", "transport", "tray", "turbid", "valve", "verified", "vial",
	"volume", "warm", "washed", "weighed", "well", "with", "within",
};
static const char *const users[] = {
	"abel", "analyst1", "analyst2", "clerk1", "clerk2", "dora", "enzo",
	"farida", "greta", "ilse", "jan", "labman", "mirela", "nils",
	"publisher1", "sampler1", "sampler2", "tove", "verifier1", "verifier2",
};
static const char *const keywords[] = {
	"Al", "As", "B", "BOD", "Ca", "Cd", "Cl", "COD", "Cond", "Cr", "Cu",
	"DO", "Ecoli", "F", "Fe", "Hard", "Hg", "K", "Mg", "Mn", "Na", "NH4",
	"Ni", "NO2", "NO3", "Pb", "pH", "PO4", "Se", "SO4", "TDS", "TOC",
	"TSS", "Turb", "Zn",
};
static const char *const ladder[][2] = {	/* of a workflow */
	{ "create", "registered" }, { "receive", "unassigned" },
	{ "submit", "to_be_verified" }, { "verify", "verified" },
	{ "publish", "published" }, { "reopen", "to_be_verified" },
};

static struct {
	struct object {
		enum kind kind;
		unsigned parent;	/* itself: none */
		unsigned source;	/* an attachment's: whose content */
	} *objects;
	unsigned day1, all;		/* objects: old; with the new ones */
	unsigned first[CONTACT + 1], count[CONTACT + 1];
	unsigned *sources;		/* objects with content of their own */
	unsigned source_count;
	char *folder;
} lab;

/* --- text -------------------------------------------------------------- */

#define PICK(d, list) ((list)[dice_below((d), COUNT(list))])

static void
add_words(struct buf *b, struct dice *d, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		buf_addf(b, "%s%s", i > 0 ? " " : "", PICK(d, words));
}

static void
add_uid(struct buf *b, unsigned object)
{
	struct dice d = dice(object, D_UID);
	uint64_t high = dice_roll(&d);

	buf_addf(b, "%016llx%016llx", (unsigned long long)high,
	    (unsigned long long)dice_roll(&d));
}

static void
add_ref(struct buf *b, unsigned object)
{
	buf_adds(b, "{\"uid\":\"");
	add_uid(b, object);
	buf_adds(b, "\"}");
}

/* Some object of a kind that is set up first. */
static unsigned
any(struct dice *d, enum kind k)
{
	return lab.first[k] + dice_below(d, lab.count[k]);
}

/* A date `later` seconds after the object was made. */
static void
add_date(struct buf *b, unsigned object, unsigned later)
{
	char text[24];

	text_date(text, FIRST_DAY + (int64_t)object * PACE + later);
	buf_adds(b, text);
}

static void
add_analyses(struct buf *b, unsigned request)
{
	unsigned i;

	buf_addc(b, '[');
	for (i = request + 1; i < lab.all && lab.objects[i].kind == ANALYSIS;
	    i++) {
		if (i > request + 1)
			buf_addc(b, ',');
		add_ref(b, i);
	}
	buf_addc(b, ']');
}

static void
add_rows(struct buf *b, struct dice *d, unsigned object)
{
	unsigned i, rows = dice_between(d, 6, 20);

	buf_addc(b, '[');
	for (i = 0; i < rows && object > rows; i++) {
		buf_addf(b, "%s{\"position\":\"%u\",\"type\":\"a\","
		    "\"analysis\":", i > 0 ? "," : "", i + 1);
		add_ref(b, object - 1 - dice_below(d, object < 3000 ? object :
		    3000));
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
}

static void
add_interims(struct buf *b, struct dice *d)
{
	static const char *const names[] = { "dilution", "blank", "mass",
	    "volume" };
	unsigned i, n = dice_below(d, COUNT(names));

	buf_addc(b, '[');
	for (i = 0; i < n; i++)
		buf_addf(b, "%s{\"keyword\":\"%s\",\"title\":\"%s of the "
		    "sample\",\"value\":\"%.5g\",\"choices\":\"\",\"unit\":"
		    "\"ml\",\"report\":false,\"hidden\":false,\"apply_wide\":"
		    "false}", i > 0 ? "," : "", names[i], names[i],
		    dice_unit(d) * 100);
	buf_addc(b, ']');
}

/* One @-code of a template. */
static void
add_code(struct buf *b, char code, unsigned object, struct dice *d,
    struct dice *version)
{
	switch (code) {
	case 'D': add_ref(b, any(d, DEPARTMENT)); break;
	case 'M': add_ref(b, any(d, METHOD)); break;
	case 'I': add_ref(b, any(d, INSTRUMENT)); break;
	case 'T': add_ref(b, any(d, SAMPLE_TYPE)); break;
	case 'S': add_ref(b, any(d, SERVICE)); break;
	case 'C': add_ref(b, any(d, CLIENT)); break;
	case 'K': add_ref(b, any(d, CONTACT)); break;
	case '^': add_ref(b, lab.objects[object].parent); break;
	case 'A': add_analyses(b, object); break;
	case 'R': add_rows(b, d, object); break;
	case 'u': buf_adds(b, PICK(d, users)); break;
	case 'w': add_words(b, d, dice_between(d, 2, 3)); break;
	case 't': add_words(b, d, dice_between(d, 6, 30)); break;
	case 'd': add_date(b, object, dice_below(d, 400000)); break;
	case 'n': buf_addf(b, "%03u", dice_between(d, 100, 999)); break;
	case 'p': buf_addf(b, "%u.50", dice_between(d, 3, 90)); break;
	case 'k': buf_adds(b, PICK(d, keywords)); break;
	case 'b': buf_adds(b, dice_below(d, 2) ? "true" : "false"); break;
	case 'r': buf_addf(b, "%.5g", dice_unit(version) * 100); break;
	case 'v': add_words(b, version, dice_below(version, 16)); break;
	case 'i': add_interims(b, d); break;
	default: buf_addc(b, '@'); buf_addc(b, code);
	}
}

static void
add_fields(struct buf *b, unsigned object, unsigned day)
{
	struct dice d = dice(object, D_FIELDS);
	struct dice v = dice(object, day == 0 ? D_DAY1 : D_DAY2);
	const char *t;

	for (t = kinds[lab.objects[object].kind].fields; *t != '\0'; t++)
		if (*t == '@')
			add_code(b, *++t, object, &d, &v);
		else
			buf_addc(b, *t == '\'' ? '"' : *t);
}

/* --- the lab ----------------------------------------------------------- */

static void
place(unsigned *at, enum kind k, unsigned parent)
{
	if (*at >= lab.all)
		return;
	lab.objects[*at] = (struct object){ .kind = k, .parent = parent };
	(*at)++;
}

/* An attachment, at times with the content of an earlier one. */
static void
place_attachment(unsigned *at, unsigned request)
{
	struct dice d = dice(*at, D_PLACE);
	unsigned object = *at, source = object;

	place(at, ATTACHMENT, request);
	if (object == lab.all)
		return;
	if (lab.source_count > 0 && dice_below(&d, 100) < 8)
		source = lab.sources[dice_below(&d, lab.source_count)];
	else
		lab.sources[lab.source_count++] = object;
	lab.objects[object].source = source;
}

/* A request with its analyses, and at times a file, a report, a worksheet, a
 * batch. */
static void
place_request(unsigned *at)
{
	struct dice d = dice(*at, D_PLACE);
	unsigned request = *at, analyses = dice_between(&d, 4, 9);

	place(at, REQUEST, any(&d, CLIENT));
	while (analyses-- > 0)
		place(at, ANALYSIS, request);
	if (dice_below(&d, 1000) < 167)
		place_attachment(at, request);
	if (dice_below(&d, 1000) < 250)
		place(at, REPORT, request);
	if (dice_below(&d, 1000) < 77)
		place(at, WORKSHEET, *at);
	if (dice_below(&d, 1000) < 40)
		place(at, BATCH, *at);
}

/* What a lab sets up first, then its work. */
static void
place_all(void)
{
	struct dice d;
	unsigned at = 0, k, i;

	for (k = DEPARTMENT; k <= CONTACT; k++) {
		lab.first[k] = at;
		lab.count[k] = lab.day1 / 10000 * kinds[k].share +
		    lab.day1 % 10000 * kinds[k].share / 10000 + 1;
		for (i = 0; i < lab.count[k]; i++) {
			d = dice(at, D_PLACE);
			place(&at, (enum kind)k, k != CONTACT ? at :
			    any(&d, CLIENT));
		}
	}
	while (at < lab.all)
		place_request(&at);
}

/* --- attachments ------------------------------------------------------- */

static const struct content_spec *
content_of(unsigned source)
{
	struct dice d = dice(source, D_SOURCE);
	const struct content_spec *c = contents;
	unsigned percent = dice_below(&d, 100);

	while (c->upto <= percent)
		c++;
	return c;
}

/* The size is log-uniform: most up to 600 KB, a few up to 5 MB. */
static void
write_file(unsigned object, struct buf *b)
{
	unsigned source = lab.objects[object].source;
	const struct content_spec *c = content_of(source);
	struct dice d = dice(source, D_CONTENT);
	double low = dice_below(&d, 100) < 4 ? 6e5 : 1e4;
	double high = low > 1e4 ? 5e6 : 6e5;
	size_t size = (size_t)(low * exp(dice_unit(&d) * log(high / low)));
	char path[PATH_SIZE];
	FILE *f;

	buf_reset(b);
	c->make(b, &d, size);
	(void)snprintf(path, sizeof path, "%s/att/%07u.%s", lab.folder, object,
	    c->suffix);
	if (buf_check(b, &(struct err)ERR_INIT) < 0 ||
	    (f = fopen(path, "wb")) == NULL ||
	    fwrite(b->at, 1, size, f) != size || fclose(f) != 0)
		err(1, "%s", path);
}

/* --- lines ------------------------------------------------------------- */

static unsigned
steps(unsigned object)
{
	struct dice d = dice(object, D_HISTORY);

	switch (lab.objects[object].kind) {
	case REQUEST: return dice_between(&d, 3, 5);
	case ANALYSIS: return dice_between(&d, 2, 4);
	default: return dice_between(&d, 1, 2);
	}
}

static void
add_history(struct buf *b, unsigned object, unsigned day)
{
	struct dice d = dice(object, D_HISTORY);
	unsigned i, n = steps(object) + day;

	for (i = 0; i < n; i++) {
		buf_addf(b, "%s{\"action\":\"%s\",\"actor\":\"%s\",\"time\":"
		    "\"", i > 0 ? "," : "", ladder[i][0], PICK(&d, users));
		add_date(b, object, i * 43200 + dice_below(&d, 3600) +
		    (i == n - 1 ? day * DAY2_LATER : 0));
		buf_addf(b, "\",\"state\":\"%s\",\"comments\":\"",
		    ladder[i][1]);
		if (dice_below(&d, 5) == 0)
			add_words(b, &d, dice_between(&d, 3, 12));
		buf_adds(b, "\"}");
	}
}

/* Day 0 is how it was made, day 1 how it was changed. */
static void
add_line(struct buf *b, unsigned object, unsigned day)
{
	const struct object *o = &lab.objects[object];
	struct dice d = dice(object, D_PLACE);
	const char *type = kinds[o->kind].type;
	const struct content_spec *c;

	buf_adds(b, "{\"uid\":\"");
	add_uid(b, object);
	buf_addf(b, "\",\"type\":\"%s\",\"id\":\"%s-%07u\",\"parent\":", type,
	    type, object);
	if (o->parent != object) {
		buf_addc(b, '"');
		add_uid(b, o->parent);
		buf_addc(b, '"');
	} else
		buf_adds(b, "null");
	buf_adds(b, ",\"title\":\"");
	add_words(b, &d, 2);
	buf_addf(b, "\",\"state\":\"%s\",\"creator\":\"%s\",\"created\":\"",
	    ladder[steps(object) + day - 1][1], PICK(&d, users));
	add_date(b, object, 0);
	buf_adds(b, "\",\"modified\":\"");
	add_date(b, object, dice_between(&d, 3600, 400000) + day * DAY2_LATER);
	buf_adds(b, "\",\"fields\":");
	add_fields(b, object, day);
	buf_adds(b, ",\"history\":[");
	add_history(b, object, day);
	buf_addc(b, ']');
	if (o->kind == ATTACHMENT) {
		c = content_of(o->source);
		buf_addf(b, ",\"attachments\":[{\"name\":\"%07u.%s\","
		    "\"media_type\":\"%s\",\"file\":\"att/%07u.%s\"}]",
		    object, c->suffix, c->media_type, object, c->suffix);
	}
	buf_adds(b, "}\n");
}

static void
add_tombstone(struct buf *b, unsigned object)
{
	buf_adds(b, "{\"uid\":\"");
	add_uid(b, object);
	buf_addf(b, "\",\"type\":\"%s\",\"deleted\":true,\"time\":\"",
	    kinds[lab.objects[object].kind].type);
	add_date(b, object, DAY2_LATER);
	buf_adds(b, "\"}\n");
}

/* What happens to an object of day 1 on day 2.  Only leaves are deleted. */
static void
add_day2(struct buf *b, unsigned object)
{
	struct dice d = dice(object, D_FATE);
	enum kind k = lab.objects[object].kind;
	unsigned chance = dice_below(&d, 10000);

	if (chance < 100 && k != ATTACHMENT)
		add_line(b, object, 1);
	else if (chance < 125 && (k == REPORT || k == ATTACHMENT))
		add_tombstone(b, object);
	else if (chance < 110 && k == ANALYSIS)
		add_tombstone(b, object);
}

static void
flush(struct buf *b, FILE *f, const char *path)
{
	if (b->len == 0 && !b->failed)
		return;
	if (buf_check(b, &(struct err)ERR_INIT) < 0 ||
	    fwrite(b->at, 1, b->len, f) != b->len)
		err(1, "%s", path);
	buf_reset(b);
}

/* Write a day's lines, and the attachments of its new objects. */
static void
write_day(const char *name, unsigned from, unsigned to)
{
	CLEANUP(buf_clear) struct buf b = BUF_INIT;
	CLEANUP(buf_clear) struct buf content = BUF_INIT;
	char path[PATH_SIZE];
	unsigned i;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", lab.folder, name);
	if ((f = fopen(path, "w")) == NULL)
		err(1, "%s", path);
	for (i = 0; i < from; i++) {
		add_day2(&b, i);
		flush(&b, f, path);
	}
	for (i = from; i < to; i++) {
		if (lab.objects[i].kind == ATTACHMENT)
			write_file(i, &content);
		add_line(&b, i, 0);
		flush(&b, f, path);
	}
	if (fclose(f) != 0)
		err(1, "%s", path);
}

int
main(int argc, char **argv)
{
	char path[PATH_SIZE];
	long n = 0;
	int opt;

	while ((opt = getopt(argc, argv, "n:o:")) != -1)
		switch (opt) {
		case 'n':
			n = atol(optarg);
			break;
		case 'o':
			lab.folder = optarg;
			break;
		default:
			return 2;
		}
	if (lab.folder == NULL || n < OBJECTS_MIN || n > OBJECTS_MAX)
		errx(2, "usage: gen -n OBJECTS -o FOLDER (OBJECTS %u to %u)",
		    OBJECTS_MIN, OBJECTS_MAX);
	lab.day1 = (unsigned)n;
	lab.all = lab.day1 + lab.day1 / 200;
	lab.objects = calloc(lab.all, sizeof *lab.objects);
	lab.sources = calloc(lab.all, sizeof *lab.sources);
	if (lab.objects == NULL || lab.sources == NULL)
		err(1, NULL);
	(void)snprintf(path, sizeof path, "%s/att", lab.folder);
	if ((mkdir(lab.folder, 0777) != 0 && errno != EEXIST) ||
	    (mkdir(path, 0777) != 0 && errno != EEXIST))
		err(1, "%s", path);
	place_all();
	write_day("lab1.jsonl", 0, lab.day1);
	write_day("lab2.jsonl", lab.day1, lab.all);
	free(lab.objects);
	free(lab.sources);
	return 0;
}
