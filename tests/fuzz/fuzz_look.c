/* fuzz_look.c: any bytes as a file in a folder of the golden reader's site,
 * which has the golden sender as its peer: what it is by its tail, and what
 * its whole says, do not contradict each other.
 */
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "../../base/file.h"
#include "../../importer/look.h"
#include "memory.h"
#include "vessel.h"

#define READER "30a2648db3863575"
#define NAMES "E_TRUNCATED E_FORMAT E_HEADER E_HASH E_LIMIT E_SIGFORMAT " \
    "E_SIGNATURE E_UNKNOWN_KEY E_MANIFEST E_VERSION"

static struct {
	char folder[PATH_MAX];
	struct store *s;
	int fd;
} site;

static void
finish(void)
{
	char command[PATH_MAX + 16];

	store_closep(&site.s);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", site.folder);
	if (system(command) != 0)
		fprintf(stderr, "%s stays\n", site.folder);
}

static void
pin(void)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct peer p = { .site = FUZZ_SENDER, .name = "sender",
	    .age = "age1" };
	struct minisign_pub key;
	struct err err = ERR_INIT;

	minisign_public(fuzz_key(), &key);
	minisign_pub_base64(&key, &text);
	(void)snprintf(p.minisign, sizeof p.minisign, "%s", buf_str(&text));
	minisign_id_hex(key.id, p.key_id);
	GOOD(store_begin(site.s, &err), &err);
	GOOD(peer_add(site.s, &p, &err), &err);
	GOOD(store_commit(site.s, &err), &err);
}

static void
begin(void)
{
	const char *tmp = getenv("TMPDIR");
	char home[PATH_MAX + 8];
	struct err err = ERR_INIT;

	(void)snprintf(site.folder, sizeof site.folder,
	    "%s/satchel-fuzz.XXXXXX", tmp != NULL ? tmp : "/tmp");
	ALWAYS(mkdtemp(site.folder) != NULL);
	(void)snprintf(home, sizeof home, "%s/home", site.folder);
	GOOD(store_create(home, "reader", READER, "1111111111111111", &err),
	    &err);
	GOOD(store_open(&site.s, home, STORE_WRITE, 0, &err), &err);
	ALWAYS(atexit(finish) == 0);
	pin();
	site.fd = open(site.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ALWAYS(site.fd >= 0);
}

/* As an import would, up to the question whether it is for us. */
static int
admit(struct json_span file, struct reader *r)
{
	CLEANUP(admission_clear) struct admission a = { .m = { .to = NULL } };
	struct err err = ERR_INIT;

	return memory_walk(r, file, 0, &err) >= 0 &&
	    admit_authentic(site.s, r, NULL, &a, &err) >= 0 &&
	    admit_valid(r, &a, &err) >= 0 &&
	    admit_for_us(site.s, &a, &err) >= 0;
}

static void
check_for_us(const struct look *x)
{
	struct err why = ERR_INIT;
	uint64_t have;

	ALWAYS(strcmp(x->a.m.from.site, FUZZ_SENDER) == 0);
	ALWAYS(strcmp(x->a.peer.name, "sender") == 0);
	(void)fuzz_took(look_turn(site.s, x, &have, &why), &why,
	    "E_GAP E_FORK E_ROLLED_BACK");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(reader_clear) struct reader r = { .members = NULL };
	CLEANUP(look_clear) struct look x = LOOK_INIT;
	struct json_span file = { (const char *)data, size };
	struct err err = ERR_INIT;
	int fd;

	if (site.s == NULL)
		begin();
	fd = openat(site.fd, "file", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	ALWAYS(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	ALWAYS(close(fd) == 0);
	GOOD(look_at(site.s, site.fd, "file", NULL, &x, &err), &err);
	ALWAYS((x.what == LOOK_BROKEN) == (x.why.code != E_OK));
	ALWAYS(x.what != LOOK_OWN && x.size == size);
	(void)fuzz_took(-(int)x.why.code, &x.why, NAMES);
	if (x.what == LOOK_FOR_US)
		check_for_us(&x);
	if (admit(file, &r)) {
		ALWAYS(x.what == LOOK_FOR_US);
		ALWAYS(memcmp(x.id, r.id, sizeof r.id) == 0);
	}
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(vessel_reshape, data, size, max, seed);
}
