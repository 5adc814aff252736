/* fuzz_config.c: any bytes as mirror.ini.  What is taken has no byte that a
 * person could not see, and written key by key it is taken as the same. */
#include "../../base/text.h"
#include "../../mirror/config.h"
#include "fuzz.h"

static int
put_key(void *ctx, const char *key, const char *value, struct err *err)
{
	struct buf *out = ctx;

	(void)err;
	if (*value == '\0')
		return 0;
	buf_addf(out, "%s = ", key);
	for (; *value != '\0'; value++) {
		if (*value == ' ' && value[-1] == ',')
			buf_adds(out, "\n\t");
		else
			buf_addc(out, *value);
	}
	buf_addc(out, '\n');
	return 0;
}

/* All that it says, lists folded at their commas. */
static void
put_all(struct buf *out, const struct config *c)
{
	struct err err = ERR_INIT;
	char section[64];
	size_t i;

	buf_adds(out, "[mirror]\n");
	GOOD(config_each(c, "mirror", put_key, out, &err), &err);
	for (i = 0; i < c->peer_count; i++) {
		(void)snprintf(section, sizeof section, "%s%s",
		    c->peers[i].name == NULL ? "peers" : "peer ",
		    c->peers[i].name == NULL ? "" : c->peers[i].name);
		buf_addf(out, "[%s]\n", section);
		GOOD(config_each(c, section, put_key, out, &err), &err);
	}
}

static void
check_text(struct json_span text)
{
	size_t i, line = 0;

	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		ALWAYS(c >= ' ' || c == '\t' || c == '\r' || c == '\n');
		line = c == '\n' ? 0 : line + 1;
		ALWAYS(line <= CONFIG_LINE_MAX + 3);	/* a mark, once */
	}
}

static void
check_policy(const struct config *c)
{
	struct config_policy p;
	size_t i;

	for (i = 0; i < c->peer_count; i++) {
		config_policy_of(c, c->peers[i].name, NULL, &p);
		ALWAYS(p.remote_prefix == NULL || *p.remote_prefix != '\0');
		ALWAYS(p.types.count <= CONFIG_TYPES_MAX);
	}
	ALWAYS(c->page >= 1 && c->page <= 100);
	ALWAYS(c->url != NULL && c->peer_count <= CONFIG_PEERS_MAX);
	ALWAYS(config_is_exposed(c) == 0 || strncmp(c->url, "http:", 5) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(config_clear) struct config c = CONFIG_INIT;
	CLEANUP(config_clear) struct config d = CONFIG_INIT;
	CLEANUP(buf_clear) struct buf all = BUF_INIT, again = BUF_INIT;
	struct json_span text = { (const char *)data, size };
	struct err err = ERR_INIT;
	int rc = config_parse(&c, text.at, text.len, "mirror.ini", &err);

	if (!fuzz_took(rc, &err, "E_CONFIG")) {
		ALWAYS(c.url == NULL && c.peers == NULL);
		return 0;
	}
	check_text(text);
	check_policy(&c);
	put_all(&all, &c);
	GOOD(config_parse(&d, all.at, all.len, "mirror.ini", &err), &err);
	put_all(&again, &d);
	ALWAYS(fuzz_same(&again, all.at, all.len));
	return 0;
}
