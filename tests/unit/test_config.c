/* mirror.ini: what is read, what is refused with its line, what is written. */
#include "mirror/config.h"

#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "unit.h"

static struct err e = ERR_INIT;
static char home[64];

#define NEEDED "[mirror]\nurl = https://lims.example/senaite\nuser = sat\n" \
    "password-file = /etc/pw\n"

static const char *
path(const char *name)
{
	static char full[128];

	(void)snprintf(full, sizeof full, "%s/%s", home, name);
	return full;
}

static void
put(const char *name, unsigned mode, const char *text)
{
	CHECK_OK(file_put(path(name), mode, text, strlen(text), &e), &e);
	CHECK_INT(chmod(path(name), mode), 0);
}

static int
parse(struct config *c, const char *text)
{
	config_clear(c);
	return config_parse(c, text, strlen(text), "m.ini", &e);
}

/* It is refused, and the error says this. */
static void
refused(const char *text, const char *where, const char *what)
{
	struct config c = CONFIG_INIT;

	if (parse(&c, text) >= 0)
		FAIL("taken: %s", text);
	CHECK_INT(e.code, E_CONFIG);
	if (strstr(e.text, where) == NULL || strstr(e.text, what) == NULL)
		FAIL("\"%s\" has not \"%s\" and \"%s\"", e.text, where, what);
	err_clear(&e);
	CHECK(c.url == NULL && c.peers == NULL);
}

/* The same for one line after the needed ones (line 5). */
static void
refused_line(const char *line, const char *what)
{
	char text[2048];

	(void)snprintf(text, sizeof text, NEEDED "%s\n", line);
	refused(text, "\"m.ini\", line 5: ", what);
}

static void
fresh_home(void)
{
	(void)strcpy(home, "/tmp/satchel-config.XXXXXX");
	CHECK(mkdtemp(home) != NULL);
}

static void
remove_home(void)
{
	static const char *const names[] = { CONFIG_FILE, "secret", "link" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		(void)unlink(path(names[i]));
	CHECK_INT(rmdir(home), 0);
}

TEST(all_keys)
{
	CLEANUP(config_clear) struct config c = CONFIG_INIT;
	struct config_policy p;

	CHECK_OK(parse(&c, "\xef\xbb\xbf# of the lab\r\n\r\n[mirror]\r\n"
	    "instance = senaite\r\nurl=https://lims.example:8443/lab/\r\n"
	    "user : lab manager\npassword-file = /etc/pw ; here\n"
	    "token-file=/etc/token\nca-file=/etc/ca.pem\n"
	    "proxy=http://proxy:3128\ncompanion = required\n"
	    "full-every = 0\npage = 100\ntimeout = 1\n"
	    "types = Client,Contact ,\n\tAnalysisRequest,\n  Sample_1\n"
	    "skip = -\nsettings = no\nregistry = yes\nusers = yes\n"
	    "[peers]\nremote-prefix = X-\nread-only = Client\n"
	    "settings = yes\nlocal-prefix = Q-\n"
	    "[peer lab-b]\nremote-prefix = -\nlocal-prefix = A-\n"
	    "prefix-types = Client, Sample\ntypes = Client\nskip = Worksheet\n"
	    "read-only = -\nupdate-only = Unit\nusers = no\nsettings = no\n"
	    "registry = no\n"), &e);
	CHECK_STR(c.instance, "senaite");
	CHECK_STR(c.url, "https://lims.example:8443/lab");
	CHECK_STR(c.user, "lab manager");
	CHECK_STR(c.password_file, "/etc/pw");
	CHECK_STR(c.token_file, "/etc/token");
	CHECK_STR(c.ca_file, "/etc/ca.pem");
	CHECK_STR(c.proxy, "http://proxy:3128");
	CHECK_INT(c.companion, CONFIG_COMPANION);
	CHECK_INT(c.full_every_d, 0);
	CHECK_INT(c.page, 100);
	CHECK_INT(c.timeout_s, 1);
	CHECK_INT(c.own.types.count, 4);
	CHECK_STR(c.own.types.at[3], "Sample_1");
	CHECK(config_has_type(&c.own.types, "Contact", 7));
	CHECK(!config_has_type(&c.own.types, "Contacts", 8));
	CHECK(c.own.skip.given && c.own.skip.count == 0);
	CHECK_INT(c.own.settings, 0);
	CHECK_INT(c.own.registry, 1);
	CHECK_INT(c.own.users, 1);
	CHECK_INT(c.peer_count, 2);

	config_policy_of(&c, "lab-b", NULL, &p);
	CHECK(p.remote_prefix == NULL);
	CHECK_STR(p.local_prefix, "A-");
	CHECK_INT(p.prefix_types.count, 2);
	CHECK(p.read_only.given && p.read_only.count == 0);
	CHECK_STR(p.update_only.at[0], "Unit");
	CHECK_INT(p.settings, 0);
	CHECK_INT(p.registry, 0);
	CHECK_INT(p.users, 0);

	config_policy_of(&c, NULL, "lab-b", &p);
	CHECK_STR(p.local_prefix, "A-");
	config_policy_of(&c, "lab-c", "0123456789abcdef", &p);
	CHECK_STR(p.remote_prefix, "X-");
	CHECK_STR(p.local_prefix, "Q-");
	CHECK(config_has_type(&p.read_only, "Client", 6));
	CHECK(!p.types.given && !p.update_only.given);
	CHECK_INT(p.settings, 1);
	CHECK_INT(p.users, -1);
}

TEST(defaults)
{
	CLEANUP(config_clear) struct config c = CONFIG_INIT;
	struct config_policy p;

	CHECK_OK(parse(&c, NEEDED), &e);
	CHECK_INT(c.companion, CONFIG_AUTO);
	CHECK_INT(c.full_every_d, 7);
	CHECK_INT(c.page, 50);
	CHECK_INT(c.timeout_s, 300);
	CHECK(!c.own.types.given && c.own.settings == -1);
	config_policy_of(&c, NULL, NULL, &p);
	CHECK(p.remote_prefix == NULL && p.registry == -1);
}

TEST(unknown_and_twice)
{
	refused_line("colour = red", "no key \"colour\"");
	refused_line("password = geheim", "no key \"password\"");
	refused_line("Page = 5", "no key \"Page\"");
	refused_line("user = other", "\"user\" is there twice");
	refused_line("remote-prefix = B-", "[mirror] has no key");
	refused_line("[mirror]", "section [mirror] is there twice");
	refused_line("[mirrors]", "no section [mirrors]");
	refused_line("[peer]", "no section [peer]");
	refused_line("[peer ../x]", "no section");
	refused_line("[]", "no section []");
	refused_line("[peers", "']' is missing");
	refused_line("[peers] x = 1", "']' ends the line");
	refused_line(" [peers]", "beginning");
	refused_line("just words", "neither");
	refused_line("= 5", "no key \"\"");
	refused(NEEDED "[peers]\n[peer a]\nuser = x\n", "line 7: ",
	    "no key \"user\"");
	refused(NEEDED "[peer a]\n[peer b]\n[peer a]\n", "line 7: ", "twice");
	refused("user = x\n" NEEDED, "line 1: ", "before any section");
	refused(NEEDED "junk\n\n[bogus]\n", "line 5: ", "neither");
	refused(NEEDED "page = 0\njunk\n", "line 5: ", "page");
}

TEST(bad_values)
{
	static const char *const urls[] = { "lims.example", "ftp://x/",
	    "https://", "https://:80/", "https://u:p@x/", "https://x/?a",
	    "https://x/#a", "https://x:0/", "https://x:65536/", "https://x y",
	    "https://x:/", "https://[::1", "https://[]/", "https://x/%41" };
	static const char *const numbers[] = { "", "-1", "0", "101", "+5",
	    "05", "5.0", "0x5", "five", "100000000000000000000" };
	char text[1024];
	size_t i;

	for (i = 0; i < sizeof urls / sizeof *urls; i++) {
		(void)snprintf(text, sizeof text, "[mirror]\nurl = %s\n",
		    urls[i]);
		refused(text, "line 2: url: ", "expected");
	}
	for (i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		(void)snprintf(text, sizeof text, "page = %s", numbers[i]);
		refused_line(text, "page: ");
	}
	refused_line("full-every = 3651", "full-every: ");
	refused_line("timeout = 0", "timeout: ");
	refused_line("settings = true", "yes or no");
	refused_line("companion = maybe", "auto, no or required");
	refused_line("instance = eden", "senaite expected");
	refused_line("ca-file = ca.pem", "ca-file: ");
	refused_line("proxy = http://p:1/path", "proxy: ");
	refused_line("types = ", "types: ");
	refused_line("types = A,,B", "types: ");
	refused_line("types = A, A", "each type once");
	refused_line("types = A B", "comma");
	refused_line("types = A-B", "types: ");
	refused_line("types = A,\n\tB\n\tC", "comma");
	refused_line("types = A\n\tskip = B", "comma");
	refused_line("page = 5\n\t6", "page: ");
	refused_line("skip = A\x01", "control");
	refused(NEEDED "[peers]\nremote-prefix = B/\n", "line 6: ",
	    "remote-prefix");
	refused(NEEDED "[peers]\nlocal-prefix = abcdefghijklmnopqrstu\n",
	    "line 6: ", "local-prefix");
}

TEST(bounds)
{
	CLEANUP(config_clear) struct config c = CONFIG_INIT;
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	char line[256];
	unsigned i;

	/* 190 bytes of a line are, 191 are not. */
	memset(line, 0, sizeof line);
	(void)strcpy(line, "ca-file = /");
	memset(line + 11, 'x', CONFIG_LINE_MAX - 12);
	buf_addf(&text, NEEDED "%s\n", line);
	CHECK_OK(config_parse(&c, text.at, text.len, "m.ini", &e), &e);
	CHECK_INT(strlen(c.ca_file), CONFIG_LINE_MAX - 11);
	line[strlen(line)] = 'x';
	refused_line(line, "more than 190 bytes");

	buf_reset(&text);
	buf_adds(&text, NEEDED "types = T0");
	for (i = 1; i < CONFIG_TYPES_MAX; i++)
		buf_addf(&text, ",\n T%u", i);
	config_clear(&c);
	CHECK_OK(config_parse(&c, text.at, text.len, "m.ini", &e), &e);
	CHECK_INT(c.own.types.count, CONFIG_TYPES_MAX);
	buf_adds(&text, ",\n Tx\n");
	CHECK(buf_str(&text) != NULL);
	refused(text.at, "line 5: ", "at most 256");

	buf_reset(&text);
	buf_adds(&text, NEEDED);
	for (i = 0; i <= CONFIG_PEERS_MAX; i++)
		buf_addf(&text, "[peer p%u]\n", i);
	CHECK(buf_str(&text) != NULL);
	refused(text.at, "line 1029: ", "more than 1024 peers");
	config_clear(&c);
	CHECK_ERR(config_parse(&c, "[mirror]\nur\0l = x", 17, "m.ini", &e),
	    &e, E_CONFIG);
}

/* A NUL hides nothing: it is a control character wherever it stands. */
TEST(nul)
{
	static const char *const lines[] = { "skip = A@B", "@", "# a@b",
	    "[peers]@", "@[peers]" };
	CLEANUP(config_clear) struct config c = CONFIG_INIT;
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof lines / sizeof *lines; i++) {
		buf_reset(&text);
		buf_addf(&text, NEEDED "%s\n", lines[i]);
		*(char *)memchr(text.at, '@', text.len) = '\0';
		CHECK(config_parse(&c, text.at, text.len, "m.ini", &e) < 0);
		CHECK(strstr(e.text, "a control character") != NULL);
		err_clear(&e);
	}
}

TEST(what_is_needed)
{
	refused("", "m.ini", "no \"url\"");
	refused("[mirror]\nurl = https://x/s\nuser = u\n", "line 3",
	    "no \"password-file\"");
	refused("[mirror]\nurl = https://x/s\npassword-file = /p\n", "line 3",
	    "no \"user\"");

	CLEANUP(config_clear) struct config c = CONFIG_INIT;

	CHECK_OK(parse(&c, "[mirror]\nurl = https://x/s\n"
	    "token-file = /t\n"), &e);
}

TEST(read_and_modes)
{
	CLEANUP(config_clear) struct config c = CONFIG_INIT;

	fresh_home();
	CHECK_INT(config_read(&c, home, &e), 0);
	CHECK_INT(c.page, 50);
	CHECK_STR(c.instance, "senaite");
	config_clear(&c);
	put(CONFIG_FILE, 0644, NEEDED);
	CHECK_INT(config_read(&c, home, &e), 1);
	CHECK_STR(c.user, "sat");
	CHECK_INT(chmod(path(CONFIG_FILE), 0660), 0);
	config_clear(&c);
	CHECK_ERR(config_read(&c, home, &e), &e, E_PERMS);
	CHECK_INT(unlink(path(CONFIG_FILE)), 0);
	put("link", 0600, NEEDED);
	CHECK_INT(symlink("link", path(CONFIG_FILE)), 0);
	CHECK_ERR(config_read(&c, home, &e), &e, E_FORMAT);
	remove_home();
}

static void
secret_is(const char *text, const char *want)
{
	CLEANUP(buf_clear) struct buf got = BUF_INIT;

	put("secret", 0600, text);
	CHECK_OK(config_secret(path("secret"), &got, &e), &e);
	CHECK(buf_str(&got) != NULL);
	CHECK_STR(got.at, want);
}

TEST(secrets)
{
	CLEANUP(buf_clear) struct buf got = BUF_INIT;
	char longest[CONFIG_SECRET_MAX + 3];

	fresh_home();
	secret_is("geheim", "geheim");
	secret_is("geheim\n", "geheim");
	secret_is("ge heim \r\nmore\n", "ge heim ");
	memset(longest, 'x', sizeof longest);
	longest[CONFIG_SECRET_MAX] = '\0';
	secret_is(longest, longest);
	longest[CONFIG_SECRET_MAX] = 'x';
	longest[CONFIG_SECRET_MAX + 1] = '\0';
	put("secret", 0600, longest);
	CHECK_ERR(config_secret(path("secret"), &got, &e), &e, E_CONFIG);
	put("secret", 0600, "\nx");
	CHECK_ERR(config_secret(path("secret"), &got, &e), &e, E_CONFIG);
	put("secret", 0600, "a\tb\n");
	CHECK_ERR(config_secret(path("secret"), &got, &e), &e, E_CONFIG);
	put("secret", 0640, "geheim\n");
	(void)config_secret(path("secret"), &got, &e);
	CHECK(strstr(e.text, "geheim") == NULL);
	CHECK_INT(e.code, E_PERMS);
	err_clear(&e);
	put("secret", 0604, "geheim\n");
	CHECK_ERR(config_secret(path("secret"), &got, &e), &e, E_PERMS);
	CHECK_INT(got.len, 0);
	remove_home();
}

/* --- writing ----------------------------------------------------------- */

static void
file_is(const char *want)
{
	CLEANUP(buf_clear) struct buf got = BUF_INIT;

	CHECK_OK(file_read_all(path(CONFIG_FILE), CONFIG_BYTES_MAX, &got, &e),
	    &e);
	CHECK(buf_str(&got) != NULL);
	CHECK_STR(got.at, want);
}

static int
try_set(const char *section, const char *key, const char *value)
{
	const struct config_pair pair = { key, value };

	return config_set(home, section, &pair, 1, &e);
}

static void
set(const char *section, const char *key, const char *value)
{
	CHECK_OK(try_set(section, key, value), &e);
}

TEST(a_fresh_file)
{
	CLEANUP(config_clear) struct config c = CONFIG_INIT;
	CLEANUP(config_clear) struct config back = CONFIG_INIT;
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	struct stat st;

	fresh_home();
	c.instance = strdup("senaite");
	c.url = strdup("https://lims.example/senaite");
	c.user = strdup("sat");
	c.password_file = strdup("/etc/a, b");
	CHECK_OK(config_write_new(home, &c, &e), &e);
	CHECK_INT(stat(path(CONFIG_FILE), &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK_INT(config_read(&back, home, &e), 1);
	CHECK_STR(back.url, c.url);
	CHECK_STR(back.user, "sat");
	CHECK_STR(back.password_file, "/etc/a, b");
	CHECK(back.token_file == NULL);
	CHECK_INT(back.page, 50);
	CHECK_INT(back.peer_count, 1);
	CHECK_ERR(config_write_new(home, &c, &e), &e, E_USAGE);

	/* Every key is in it, each with a comment before it. */
	CHECK_OK(file_read_all(path(CONFIG_FILE), CONFIG_BYTES_MAX, &text,
	    &e), &e);
	CHECK(buf_str(&text) != NULL);
	CHECK(strstr(text.at, "\n#page = 50\n") != NULL);
	CHECK(strstr(text.at, "\n#update-only = ") != NULL);
	CHECK(strstr(text.at, "\nuser = sat\n") != NULL);

	/* A key goes where its comment is. */
	set("mirror", "page", "7");
	set("peers", "types", "Client");
	buf_reset(&text);
	CHECK_OK(file_read_all(path(CONFIG_FILE), CONFIG_BYTES_MAX, &text,
	    &e), &e);
	CHECK(buf_str(&text) != NULL);
	CHECK(strstr(text.at, "\n#page = 50\npage = 7\n") != NULL);
	CHECK(strstr(strstr(text.at, "[peers]"), "\ntypes = Client\n") !=
	    NULL);
	remove_home();
}

static int
is_told(void *ctx, const char *key, const char *value, struct err *err)
{
	struct buf *out = ctx;

	buf_addf(out, "%s=%s;", key, value);
	return buf_check(out, err);
}

TEST(every_key_has_its_comment)
{
	CLEANUP(config_clear) struct config c = CONFIG_INIT;
	CLEANUP(buf_clear) struct buf keys = BUF_INIT, text = BUF_INIT;
	char *key, *rest, *end, look[64];
	const char *at;

	fresh_home();
	c.url = strdup("https://x/s");
	c.token_file = strdup("/t");
	CHECK_OK(config_write_new(home, &c, &e), &e);
	CHECK_OK(config_each(&c, "mirror", is_told, &keys, &e), &e);
	CHECK_OK(config_each(&c, "peers", is_told, &keys, &e), &e);
	CHECK_OK(file_read_all(path(CONFIG_FILE), CONFIG_BYTES_MAX, &text,
	    &e), &e);
	CHECK(buf_str(&text) != NULL && buf_str(&keys) != NULL);
	at = text.at;
	for (key = strtok_r(keys.at, ";", &rest); key != NULL;
	    key = strtok_r(NULL, ";", &rest)) {
		end = strchr(key, '=');
		*end = '\0';
		(void)snprintf(look, sizeof look, "\n#%s = ", key);
		if (strcmp(key, "url") == 0 || strcmp(key, "token-file") == 0)
			(void)snprintf(look, sizeof look, "\n%s = ", key);
		if ((at = strstr(at, look)) == NULL)
			FAIL("%s has no comment", key);
	}
	remove_home();
}

TEST(set_keeps_the_rest)
{
	fresh_home();
	put(CONFIG_FILE, 0600, "# mine\n" NEEDED "\n; end\n");
	set("mirror", "page", "20");
	file_is("# mine\n" NEEDED "page = 20\n\n; end\n");
	set("mirror", "page", "21");
	file_is("# mine\n" NEEDED "page = 21\n\n; end\n");
	set("mirror", "page", "");
	file_is("# mine\n" NEEDED "\n; end\n");
	set("mirror", "page", "");
	file_is("# mine\n" NEEDED "\n; end\n");

	set("peer lab-b", "remote-prefix", "B-");
	set("peer lab-b", "read-only", "Client,Contact");
	file_is("# mine\n" NEEDED "\n; end\n\n[peer lab-b]\n"
	    "remote-prefix = B-\nread-only = Client, Contact\n");
	set("mirror", "user", "other");
	set("peer lab-b", "remote-prefix", "");
	file_is("# mine\n[mirror]\nurl = https://lims.example/senaite\n"
	    "user = other\npassword-file = /etc/pw\n\n; end\n\n[peer lab-b]\n"
	    "read-only = Client, Contact\n");
	remove_home();
}

TEST(set_takes_long_lists)
{
	CLEANUP(config_clear) struct config c = CONFIG_INIT;
	CLEANUP(buf_clear) struct buf list = BUF_INIT;
	unsigned i;

	fresh_home();
	put(CONFIG_FILE, 0600, NEEDED "[peer b]\ntypes = A,\n\tB,\n\n\tC\n"
	    "skip = D");
	set("peer b", "types", "E");
	file_is(NEEDED "[peer b]\ntypes = E\nskip = D");
	for (i = 0; i < CONFIG_TYPES_MAX; i++)
		buf_addf(&list, "%sTypeNumber%u", i > 0 ? "," : "", i);
	CHECK(buf_str(&list) != NULL);
	set("peer b", "update-only", list.at);
	set("peer b", "skip", "-");
	CHECK_INT(config_read(&c, home, &e), 1);
	CHECK_INT(c.peers[0].policy.update_only.count, CONFIG_TYPES_MAX);
	CHECK_STR(c.peers[0].policy.update_only.at[255], "TypeNumber255");
	CHECK(c.peers[0].policy.skip.given);
	CHECK_INT(c.peers[0].policy.skip.count, 0);
	set("peer b", "update-only", "");
	file_is(NEEDED "[peer b]\ntypes = E\nskip = -\n");
	remove_home();
}

TEST(set_refuses)
{
	static const char before[] = NEEDED "[peer b]\nskip = D\n";
	char value[256];

	fresh_home();
	put(CONFIG_FILE, 0600, before);
	CHECK_ERR(try_set("mirror", "colour", "x"), &e, E_USAGE);
	CHECK_ERR(try_set("mirror", "colour", ""), &e, E_USAGE);
	CHECK_ERR(try_set("peer b", "url", "x"), &e, E_USAGE);
	CHECK_ERR(try_set("b", "skip", "X"), &e, E_USAGE);
	CHECK_ERR(try_set("b", "skip", ""), &e, E_USAGE);
	CHECK_ERR(try_set("peer ../b", "skip", "X"), &e,
	    E_USAGE);
	CHECK_ERR(try_set("mirror", "page", "-1"), &e, E_USAGE);
	CHECK_ERR(try_set("mirror", "user", "a\nb = c"), &e,
	    E_USAGE);
	CHECK_ERR(try_set("mirror", "ca-file", "/a ;b"), &e,
	    E_USAGE);
	memset(value, 'x', sizeof value);
	value[0] = '/';
	value[200] = '\0';
	CHECK_ERR(try_set("mirror", "ca-file", value), &e,
	    E_USAGE);

	/* All or nothing. */
	CHECK_ERR(config_set(home, "mirror", (const struct config_pair[]){
	    { "page", "5" }, { "url", "" } }, 2, &e), &e, E_CONFIG);
	file_is(before);
	CHECK_OK(config_set(home, "peer b", (const struct config_pair[]){
	    { "skip", "" }, { "types", "A" }, { "skip", "D" },
	    { "types", "" } }, 4, &e), &e);
	file_is(before);

	/* What must be there stays. */
	CHECK_ERR(try_set("mirror", "url", ""), &e, E_CONFIG);
	file_is(before);

	/* A file that is wrong is not touched. */
	put(CONFIG_FILE, 0600, NEEDED "junk\n");
	CHECK_ERR(try_set("mirror", "page", "9"), &e, E_CONFIG);
	file_is(NEEDED "junk\n");
	remove_home();
}

TEST(exposed)
{
	static const struct {
		const char *url;
		int want;
	} all[] = {
		{ "http://lims.example/s", 1 }, { "https://lims.example/s", 0 },
		{ "http://localhost:8080/s", 0 }, { "http://127.0.0.1/s", 0 },
		{ "http://[::1]:80/s", 0 }, { "http://[::2]/s", 1 },
		{ "http://localhost.example/s", 1 },
		{ "http://127.0.0.1.example/s", 1 }, { "http://[::1]", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		struct config c = CONFIG_INIT;

		c.url = strdup(all[i].url);
		if (config_is_exposed(&c) != all[i].want)
			FAIL("%s", all[i].url);
		config_clear(&c);
	}
}

TEST(ports)
{
	static const struct {
		const char *address;
		unsigned server, proxy;
	} all[] = {
		{ "http://lims.example/s", 80, 1080 },
		{ "https://lims.example/s", 443, 443 },
		{ "http://[::1]", 80, 1080 }, { "https://[::1]/", 443, 443 },
		{ "http://lims.example:8080", 8080, 8080 },
		{ "https://[::1]:8443/s:1", 8443, 8443 },
		{ "http://lims.example/s:1", 80, 1080 },
		{ "http://lims.example:65536", 0, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		if (config_port(all[i].address) != all[i].server ||
		    config_proxy_port(all[i].address) != all[i].proxy)
			FAIL("%s", all[i].address);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	return unit_run();
}
