#include "scenario.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/schema1.h"
#include "memory.h"

#define FIRST \
	"{\"uid\":\"c1\",\"type\":\"Client\",\"title\":\"Happy Hills\"}\n" \
	"{\"uid\":\"s1\",\"type\":\"Sample\",\"parent\":\"c1\"," \
	"\"fields\":{\"Remarks\":\"first\"}," \
	"\"attachments\":[{\"name\":\"run.csv\",\"file\":\"run.csv\"}]}\n" \
	"{\"uid\":\"s2\",\"type\":\"Sample\",\"parent\":\"c1\"," \
	"\"attachments\":[{\"name\":\"scan.bin\",\"file\":\"scan.bin\"}]}\n" \
	"{\"uid\":\"r1\",\"type\":\"Analysis\",\"parent\":\"s1\"," \
	"\"fields\":{\"Result\":\"0.10\",\"Unit\":\"mg/L\"}}\n" \
	"{\"uid\":\"r2\",\"type\":\"Analysis\",\"parent\":\"s1\"," \
	"\"fields\":{\"Result\":\"7\"}}\n"

#define MORE \
	"{\"uid\":\"r1\",\"type\":\"Analysis\",\"parent\":\"s1\"," \
	"\"fields\":{\"Result\":\"0.12\",\"Unit\":\"mg/L\"}}\n" \
	"{\"uid\":\"r2\",\"type\":\"Analysis\",\"deleted\":true," \
	"\"time\":\"2026-01-02T00:00:00Z\"}\n" \
	"{\"uid\":\"s3\",\"type\":\"Sample\",\"parent\":\"c1\"," \
	"\"attachments\":[{\"name\":\"more.bin\",\"file\":\"more.bin\"}]}\n"

#define OTHER \
	"{\"uid\":\"r1\",\"type\":\"Analysis\",\"parent\":\"s1\"," \
	"\"fields\":{\"Result\":\"0.99\",\"Unit\":\"mg/L\"}}\n" \
	"{\"uid\":\"r9\",\"type\":\"Analysis\",\"parent\":\"s1\"}\n"

#define BIG \
	"{\"uid\":\"b1\",\"type\":\"Sample\"," \
	"\"attachments\":[{\"name\":\"1.bin\",\"file\":\"1.bin\"}]}\n" \
	"{\"uid\":\"b2\",\"type\":\"Sample\"," \
	"\"attachments\":[{\"name\":\"2.bin\",\"file\":\"2.bin\"}]}\n"

#define LOAD "a lab load first.jsonl\n"
#define SEND "a export --to b --out drop\n"
#define SHARE LOAD "a export --to b --out old\nb import old\n" \
	"b export --to a --out old\na import old\n"
#define APART SHARE "a lab load more.jsonl\nb lab load other.jsonl\n"
#define MIRROR "m init --name lab-m --instance senaite --url " \
	"http://127.0.0.1:9/lims --user sync --password-file secret\n"
#define CHAIN "a lab load big.jsonl\n" \
	"a export --to b --out drop --max-size 256K\n"
#define ASKED CHAIN "b import drop/lab-a_to_b_000002.satchel --requests " \
	"old =8\n"
#define DROPS "a drop add nightly drop --peers b\n" \
	"b drop add nightly drop --peers a\n"

const struct scenario scenarios[] = {
	{ "load", ONE_STEP, "a", NULL, "a lab load first.jsonl", 0, MUCH },
	{ "load-more", ONE_STEP, "a", LOAD, "a lab load more.jsonl", 0, 0 },
	{ "load-csv", ONE_STEP, "a", LOAD, "a lab load more.csv", 0, 0 },
	{ "delete", ONE_STEP, "a", LOAD, "a lab delete r1 r2", 0, 0 },
	{ "export", FILES, "a", LOAD, "a export --to b --out drop", 0, MUCH },
	{ "export-next", FILES, "a", SHARE "a lab load more.jsonl\n",
	    "a export --to b --out drop", 0, 0 },
	{ "export-encrypted", FILES, "a", LOAD "a peer set b encrypt=yes\n",
	    "a export --to b --out drop", 0, DIFFERS },
	{ "export-chain", FILES, "a", "a lab load big.jsonl\n",
	    "a export --to b --out drop --max-size 256K", 0, DIFFERS },
	{ "export-medium", FILES, "a", LOAD, "a export --to b --out medium",
	    0, MEDIUM },
	{ "export-several", FILES, "a", LOAD,
	    "a export --to b --to c --out drop", 0, 0 },
	{ "export-for", FILES, "a", ASKED "a lab load first.jsonl\n",
	    "a export --to b --for old/lab-b_to_a_000001.request.satchel "
	    "--out drop", 0, DIFFERS },
	{ "export-wanted", FILES, "a", ASKED "a import old\n",
	    "a export --to b --out drop --max-size 256K", 0, DIFFERS },
	{ "import", ONE_STEP, "b", LOAD SEND, "b import drop", 0, MUCH },
	{ "import-encrypted", ONE_STEP, "b", LOAD
	    "a peer set b encrypt=yes\n" SEND, "b import drop", 0, 0 },
	{ "import-conflict", ONE_STEP, "b", APART SEND, "b import drop", 11,
	    0 },
	{ "import-chain", STEPS, "b", CHAIN, "b import drop", 0, 0 },
	{ "import-mixed", STEPS, "b", CHAIN "a export --to c --out drop\n"
	    "b receipt --to a --out drop\na site card --out drop/card\n"
	    "a receipt --to b --out drop\n", "b import drop", 0, 0 },
	{ "import-gap", FILES, "b", CHAIN, "b import drop/lab-a_to_b_000002"
	    ".satchel --requests old", 8, DIFFERS },
	{ "import-receipt", ONE_STEP, "a", LOAD
	    "a export --to b --out old\nb import old\n"
	    "b receipt --to a --out drop\n", "a import drop", 0, 0 },
	{ "import-request", ONE_STEP, "a", ASKED, "a import old", 0, 0 },
	{ "scan", ONE_STEP, "b", CHAIN "b receipt --to a --out drop\n",
	    "b scan drop", 0, 0 },
	{ "receipt", FILES, "b", LOAD "a export --to b --out old\n"
	    "b import old\n", "b receipt --to a --out drop", 0, SMALL },
	{ "resolve", ONE_STEP, "b", APART "a export --to b --out old\n"
	    "b import old =11\n",
	    "b conflicts resolve r1 --take a --reason checked", 0, 0 },
	{ "peer-add", ONE_STEP, "c", NULL,
	    "c peer add cards/a --fingerprint @a", 0, SMALL },
	{ "peer-set", ONE_STEP, "a", NULL,
	    "a peer set b encrypt=required forward=no", 0, 0 },
	{ "peer-revoke", ONE_STEP, "a", NULL, "a peer revoke b", 0, 0 },
	{ "peer-remove", ONE_STEP, "a", NULL, "a peer remove b", 0, 0 },
	{ "mirror-set", ONE_STEP, "m", MIRROR,
	    "m mirror set proxy=http://127.0.0.1:9", 0, 0 },
	{ "card", ONE_STEP, "a", NULL, "a site card --out cards/new", 0, 0 },
	{ "restored", ONE_STEP, "a", LOAD "a export --to b --out old\n",
	    "a site restored --reason disk", 0, DIFFERS },
	{ "upgrade", ON_THE_WAY, "o", NULL, "o status", 0, SMALL },
	{ "upgrade-write", STEPS, "o", NULL, "o site set cadence=1d", 0, 0 },
	{ "sync", FILES, "a", SHARE DROPS "a lab load more.jsonl\na sync\n"
	    "b sync\nb lab load other.jsonl\nb sync\n"
	    "a lab load more.csv\n", "a sync --report old/report "
	    "--mail-summary old/mail", 0, DIFFERS | NIGHT },
	{ "sync-gap", FILES, "b", DROPS CHAIN
	    "rm drop/lab-a_to_b_000001.satchel\n", "b sync", 8,
	    DIFFERS | NIGHT },
	{ "sync-request", FILES, "a", DROPS ASKED, "a sync", 0,
	    DIFFERS | NIGHT },
	{ "init", SITE, "n", NULL, "n init --name lab-n", 0, 0 }
};
const size_t scenario_count = sizeof scenarios / sizeof *scenarios;

/* Lines of world_run; "=N" at the end is the exit status of one; "rm FILE". */
static void
play(struct world *w, const char *lines)
{
	char line[256];
	const char *end;
	char *mark;
	int want;

	for (; *lines != '\0'; lines = end + 1) {
		end = strchr(lines, '\n');
		(void)snprintf(line, sizeof line, "%.*s",
		    (int)(end - lines), lines);
		if (strncmp(line, "rm ", 3) == 0) {
			if (unlink(world_path(w, line + 3)) != 0)
				die("%s: %s", line, strerror(errno));
			continue;
		}
		want = 0;
		if ((mark = strstr(line, " =")) != NULL &&
		    sscanf(mark, " =%d", &want) == 1)
			*mark = '\0';
		world_need(w, line, want);
	}
}

void
scenario_base(struct world *w)
{
	if (mkdir(world_path(w, "old"), 0700) != 0)
		die("cannot make a folder");
	world_text(w, "first.jsonl", FIRST);
	world_text(w, "more.jsonl", MORE);
	world_text(w, "other.jsonl", OTHER);
	world_text(w, "big.jsonl", BIG);
	world_text(w, "more.csv", "uid,type,title\nc1,Client,Hills\n"
	    "c2,Client,\"Hills, \"\"new\"\"\"\n");
	world_text(w, "secret", "fictitious\n");
	if (chmod(world_path(w, "secret"), 0600) != 0)
		die("cannot change a mode");
	world_text(w, "run.csv", "sample,result\ns1,0.10\n");
	world_bytes(w, "scan.bin", 5000);
	world_bytes(w, "more.bin", 9000);
	world_bytes(w, "1.bin", 300000);
	world_bytes(w, "2.bin", 100000);
	play(w, "a init --name lab-a\nb init --name lab-b\n"
	    "c init --name lab-c\na site card --out cards/a\n"
	    "b site card --out cards/b\nc site card --out cards/c\n"
	    "a peer add cards/b --as b --fingerprint @b\n"
	    "b peer add cards/a --as a --fingerprint @a\n"
	    "a peer add cards/c --as c --fingerprint @c\n"
	    "o init --name lab-o\no peer add cards/a --fingerprint @a\n");
	if (schema1_make(world_path(w, "o")) < 0)
		die("cannot make an old store");
	world_keep(w, "base");
}

void
reference_clear(struct reference *r)
{
	buf_clear(&r->list_before);
	buf_clear(&r->list_after);
	buf_clear(&r->list_again);
	buf_clear(&r->dump);
}

void
scenario_list(const struct world *w, const struct scenario *sc,
    struct buf *out)
{
	static const char *const folders[] = {
		"state", "drop", "old", "cards", "tmp", "medium"
	};
	size_t i;

	buf_reset(out);
	world_list(w, sc->site, out);
	for (i = 0; i < sizeof folders / sizeof *folders; i++)
		world_list(w, folders[i], out);
	if (buf_str(out) == NULL)
		die("out of memory");
}

void
scenario_deliver(struct world *w, struct buf *out)
{
	CLEANUP(said_clear) struct said s = SAID_INIT;

	world_need(w, w->medium[0] != '\0' ? "b import drop medium" :
	    "b import drop", 0);
	if (world_run(w, "b lab dump --deleted", NULL, &s) != 0 ||
	    said_exit(&s) != 0)
		die("dump: %s", buf_str(&s.err));
	buf_reset(out);
	buf_add(out, s.out.at, s.out.len);
	if (buf_str(out) == NULL)
		die("out of memory");
}

/* What a run leaves allocated: by libraries, once. */
static long
count_blocks(struct world *w, const struct scenario *sc)
{
	const struct trace_fault count = { .set = TRACE_MEMORY };
	CLEANUP(said_clear) struct said s = SAID_INIT;

	if (memory_shared() == NULL)
		return 0;
	if (world_run(w, sc->run, &count, &s) != 0)
		die("%s: cannot run", sc->name);
	world_reset(w, "before");
	return s.blocks;
}

/* One undisturbed run. */
static int
play_once(struct world *w, const struct scenario *sc, struct state *state,
    struct buf *list)
{
	CLEANUP(said_clear) struct said s = SAID_INIT;

	if (world_run(w, sc->run, NULL, &s) != 0)
		die("%s: cannot run", sc->name);
	state_read(w, sc->site, state);
	scenario_list(w, sc, list);
	return said_exit(&s);
}

void
scenario_begin(struct world *w, const struct scenario *sc,
    struct reference *ret)
{
	int exit;

	world_reset(w, "base");
	if (sc->setup != NULL)
		play(w, sc->setup);
	world_keep(w, "before");
	ret->blocks = count_blocks(w, sc);
	state_read(w, sc->site, &ret->before);
	scenario_list(w, sc, &ret->list_before);
	exit = play_once(w, sc, &ret->after, &ret->list_after);
	if (exit != sc->exit)
		die("%s: exit %d, not %d", sc->name, exit, sc->exit);
	ret->exit_again = play_once(w, sc, &ret->again, &ret->list_again);
	if (sc->kind == FILES && strcmp(sc->site, "a") == 0)
		scenario_deliver(w, &ret->dump);
}
