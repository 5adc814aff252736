#include "units.h"

#include <stdlib.h>
#include <string.h>

#include "../base/text.h"

#define HOUR 60u
#define DAY (24u * HOUR)
#define WEEK (7u * DAY)
#define DELAY_MAX_S 900u
#define UNIT_NAME_MAX 255u		/* a longer one is of no unit */
#define CRON_LINE_MAX 990u		/* Debian's cron takes 998 */

/* --- when -------------------------------------------------------------- */

int
when_daily(struct when *ret, const char *text, struct err *err)
{
	unsigned i, n[4];

	for (i = 0; i < 5; i++)
		if (i == 2 ? text[i] != ':' : text[i] < '0' || text[i] > '9')
			break;
	if (i == 5 && text[5] == '\0') {
		for (i = 0; i < 4; i++)
			n[i] = (unsigned)(text[i + i / 2] - '0');
		*ret = (struct when){ .hour = 10 * n[0] + n[1],
		    .minute = 10 * n[2] + n[3] };
		if (ret->hour < 24 && ret->minute < 60)
			return 0;
	}
	return err_set(err, E_USAGE, "--daily: HH:MM expected, \"%.60s\" "
	    "found", text);
}

int
when_every(struct when *ret, const char *text, struct err *err)
{
	static const struct {
		char letter;
		unsigned minutes, whole;	/* of what it must divide */
	} units[] = {
		{ 'm', 1, HOUR }, { 'h', HOUR, DAY }, { 'd', DAY, WEEK }
	};
	size_t i, len = strlen(text);
	uint64_t n = 0;

	*ret = (struct when){ .hour = 2, .minute = 30 };
	for (i = 0; i < sizeof units / sizeof *units && len > 1; i++)
		if (text[len - 1] == units[i].letter &&
		    text_number(&n, text, len - 1, WEEK) == 0 && n > 0 &&
		    units[i].whole % (n * units[i].minutes) == 0) {
			ret->every = (unsigned)n * units[i].minutes;
			return 0;
		}
	(void)err_set(err, E_USAGE, "--every: what divides an hour, a day or "
	    "a week, such as 15m, 6h, 1d or 7d, expected, \"%.60s\" found",
	    text);
	return err_next(err, "--calendar takes what else systemd knows");
}

int64_t
when_seconds(const struct when *w)
{
	if (w->calendar != NULL)
		return 0;
	return w->every == 0 ? 60 * DAY : 60 * (int64_t)w->every;
}

/* A percent sign begins a specifier of systemd. */
static void
doubled(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '%')
			buf_addc(out, '%');
		buf_addc(out, *text);
	}
}

static void
calendar(const struct when *w, struct buf *out)
{
	if (w->calendar != NULL)
		doubled(out, w->calendar);
	else if (w->every == 0 || w->every == DAY)
		buf_addf(out, "*-*-* %02u:%02u:00", w->hour, w->minute);
	else if (w->every == WEEK)
		buf_addf(out, "Mon *-*-* %02u:%02u:00", w->hour, w->minute);
	else if (w->every >= HOUR)
		buf_addf(out, "*-*-* 00/%u:00:00", w->every / HOUR);
	else
		buf_addf(out, "*-*-* *:00/%u:00", w->every);
}

/* Many sites on one machine, or on one share, shall not start at once. */
static unsigned
delay(const struct when *w)
{
	int64_t tenth = when_seconds(w) / 10;

	return tenth == 0 || tenth > DELAY_MAX_S ? DELAY_MAX_S :
	    (unsigned)tenth;
}

/* --- paths ------------------------------------------------------------- */

void
units_paths_clear(struct units_paths *p)
{
	while (p->count > 0)
		free(p->at[--p->count]);
	free(p->at);
	p->at = NULL;
}

int
units_paths_add(struct units_paths *p, const char *path, struct err *err)
{
	char **at, *copy;

	if (p->count == UNITS_PATHS_MAX)
		return err_set(err, E_LIMIT, "more than %u paths for one "
		    "service", UNITS_PATHS_MAX);
	if ((at = realloc(p->at, (p->count + 1) * sizeof *at)) == NULL)
		return err_oom(err);
	p->at = at;
	if ((copy = strdup(path)) == NULL)
		return err_oom(err);
	p->at[p->count++] = copy;
	return 0;
}

static int
check_path(const char *path, struct err *err)
{
	if (path == NULL || text_is_safe(path, strlen(path)))
		return 0;
	(void)err_set(err, E_CONFIG, "a unit cannot hold the path \"%.300s\"",
	    path);
	return err_next(err, "a path without control characters, in UTF-8");
}

int
units_check(const struct units *u, struct err *err)
{
	const char *all[] = { u->program, u->home, u->state, u->owner,
	    u->passphrase_file, u->mail_to, u->when.calendar };
	size_t i;
	int rc = 0;

	for (i = 0; i < sizeof all / sizeof *all && rc == 0; i++)
		rc = check_path(all[i], err);
	for (i = 0; i < u->writes.count && rc == 0; i++)
		rc = check_path(u->writes.at[i], err);
	for (i = 0; i < u->reads.count && rc == 0; i++)
		rc = check_path(u->reads.at[i], err);
	return rc;
}

/* --- words of systemd -------------------------------------------------- */

/* A quoted word: backslash, quote and specifiers. */
static void
quoted(struct buf *out, const char *before, const char *text)
{
	buf_adds(out, "\"");
	buf_adds(out, before);
	for (; *text != '\0'; text++) {
		if (*text == '%' || *text == '\\' || *text == '"')
			buf_addc(out, *text == '%' ? '%' : '\\');
		buf_addc(out, *text);
	}
	buf_adds(out, "\"");
}

/* The same on a command line, where $ begins a variable, too. */
static void
argument(struct buf *out, const char *text)
{
	buf_adds(out, " \"");
	for (; *text != '\0'; text++) {
		if (*text == '%' || *text == '$')
			buf_addc(out, *text);
		else if (*text == '\\' || *text == '"')
			buf_addc(out, '\\');
		buf_addc(out, *text);
	}
	buf_adds(out, "\"");
}

static void
argument_below(struct buf *out, const char *folder, const char *name)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;

	buf_addf(&path, "%s/%s", folder, name);
	argument(out, buf_str(&path) != NULL ? path.at : name);
	if (path.failed)
		out->failed = path.failed;
}

/* Is it below what ProtectHome= and PrivateTmp= put an empty folder in the
 * place of? */
static int
is_hidden(const char *path)
{
	static const char *const places[] = { "/home", "/root", "/run/user",
	    "/tmp", "/var/tmp" };
	size_t i, len;

	for (i = 0; i < sizeof places / sizeof *places; i++) {
		len = strlen(places[i]);
		if (strncmp(path, places[i], len) == 0 &&
		    (path[len] == '/' || path[len] == '\0'))
			return 1;
	}
	return 0;
}

/* A drop that is not there must not keep the night from the others: '-'. */
void
units_write_line(const char *path, struct buf *out)
{
	buf_adds(out, is_hidden(path) ? "BindPaths=" : "ReadWritePaths=");
	quoted(out, "-", path);
	buf_addc(out, '\n');
}

static void
read_line(const char *path, struct buf *out)
{
	if (path == NULL || !is_hidden(path))
		return;
	buf_adds(out, "BindReadOnlyPaths=");
	quoted(out, "-", path);
	buf_addc(out, '\n');
}

/* --- systemd ----------------------------------------------------------- */

void
units_name(const char *site, int cron, struct buf *out)
{
	buf_adds(out, "satchel-");
	for (; *site != '\0'; site++)
		buf_addc(out, cron && *site == '.' ? '_' : *site);
}

static void
begin(const struct units *u, struct buf *out)
{
	buf_addf(out, UNITS_MARK "%s\n", u->home);
	buf_adds(out, "# with: ");
	buf_adds(out, u->again);
	buf_addc(out, '\n');
}

static void
begin_unit(const struct units *u, const char *what, struct buf *out)
{
	begin(u, out);
	buf_addf(out, "\n[Unit]\nDescription=Satchel: %s %s\n", what,
	    u->site);
	buf_adds(out, "Documentation=man:satchel(1)\n");
}

/* What every night is kept to.  The kernel's own fence (Landlock) is drawn by
 * the program, once it knows its drops.  What it puts into a drop is for other
 * accounts to read: the umask leaves that to the folder's mode, and the home is
 * closed by its own. */
static const char hardening[] =
    "UMask=0022\n"
    "NoNewPrivileges=yes\n"
    "PrivateDevices=yes\n"
    "PrivateMounts=yes\n"
    "PrivateTmp=yes\n"
    "ProtectClock=yes\n"
    "ProtectControlGroups=yes\n"
    "ProtectHome=tmpfs\n"
    "ProtectHostname=yes\n"
    "ProtectKernelLogs=yes\n"
    "ProtectKernelModules=yes\n"
    "ProtectKernelTunables=yes\n"
    "ProtectProc=invisible\n"
    "ProcSubset=pid\n"
    "ProtectSystem=strict\n"
    "LockPersonality=yes\n"
    "MemoryDenyWriteExecute=yes\n"
    "RemoveIPC=yes\n"
    "RestrictNamespaces=yes\n"
    "RestrictRealtime=yes\n"
    "RestrictSUIDSGID=yes\n"
    "SystemCallArchitectures=native\n"
    "SystemCallErrorNumber=EPERM\n"
    "SystemCallFilter=@system-service landlock_create_ruleset "
    "landlock_add_rule landlock_restrict_self\n"
    "SystemCallFilter=~@privileged @resources\n";

static void
harden(const struct units *u, struct buf *out)
{
	buf_adds(out, hardening);

	/* Root reads and writes what belongs to others in a drop; another
	 * user needs nothing that root has. */
	if (u->root)
		buf_adds(out, "CapabilityBoundingSet=CAP_DAC_OVERRIDE\n");
	else
		buf_adds(out, "CapabilityBoundingSet=\nPrivateUsers=yes\n");
	if (u->network)
		buf_adds(out, "RestrictAddressFamilies=AF_INET AF_INET6 "
		    "AF_NETLINK AF_UNIX\n");
	else
		buf_adds(out, "PrivateNetwork=yes\nIPAddressDeny=any\n"
		    "RestrictAddressFamilies=none\n");
}

void
units_mount_name(const char *path, size_t len, struct buf *out)
{
	size_t i, first = out->len;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)path[i];

		if (c == '/') {
			while (i + 1 < len && path[i + 1] == '/')
				i++;
			if (out->len > first && i + 1 < len)
				buf_addc(out, '-');
		} else if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || c == ':' || c == '_' ||
		    (c == '.' && out->len > first)) {
			buf_addc(out, (char)c);
		} else {
			buf_addf(out, "\\x%02x", c);
		}
	}
	if (out->len == first)
		buf_addc(out, '-');
	buf_adds(out, ".mount");
}

/* Was a path before this one, too, below its first `len` bytes? */
static int
is_ordered(const struct units_paths *p, size_t i, size_t len)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (strncmp(p->at[k], p->at[i], len) == 0 &&
		    (p->at[k][len] == '/' || p->at[k][len] == '\0'))
			return 1;
	return 0;
}

/* After whatever may be mounted on the way to a path.  With "nofail" that is
 * not before remote-fs.target.  Nothing is required. */
static void
order_mounts(const struct units_paths *p, size_t i, struct buf *out)
{
	CLEANUP(buf_clear) struct buf name = BUF_INIT;
	const char *path = p->at[i];
	size_t len;

	for (len = 1; path[0] == '/' && path[len - 1] != '\0'; len++) {
		if ((path[len] != '/' && path[len] != '\0') ||
		    path[len - 1] == '/' || is_ordered(p, i, len))
			continue;
		buf_reset(&name);
		units_mount_name(path, len, &name);
		if (buf_str(&name) == NULL)
			out->failed = name.failed;
		else if (name.len <= UNIT_NAME_MAX)
			buf_addf(out, "After=%s\n", name.at);
	}
}

static void
order(const struct units *u, struct buf *out)
{
	size_t i;

	if (u->system) {
		buf_adds(out, "RequiresMountsFor=");
		quoted(out, "", u->home);
		buf_adds(out, "\nAfter=remote-fs.target\n");
		for (i = 0; i < u->writes.count; i++)
			order_mounts(&u->writes, i, out);
	}
	if (u->system && u->network)
		buf_adds(out, "Wants=network-online.target\n"
		    "After=network-online.target\n");
	if (u->mail_to != NULL)
		buf_addf(out, "OnSuccess=satchel-%s-mail.service\n"
		    "OnFailure=satchel-%s-mail.service\n", u->site, u->site);
}

void
units_service(const struct units *u, struct buf *out)
{
	size_t i;

	begin_unit(u, "a night's work of", out);
	order(u, out);
	buf_adds(out, "\n[Service]\nType=oneshot\n");
	if (u->system) {
		buf_adds(out, "User=");
		doubled(out, u->owner);
		buf_addc(out, '\n');
	}
	buf_adds(out, "Environment=");
	quoted(out, "XDG_STATE_HOME=", u->state);
	buf_adds(out, "\nExecStart=");
	quoted(out, "", u->program);
	buf_adds(out, " --home");
	argument(out, u->home);
	buf_addf(out, " sync --wait %u --report", u->wait_s);
	argument_below(out, u->home, "sync.json");
	if (u->passphrase_file != NULL) {
		buf_adds(out, " --passphrase-file");
		argument(out, u->passphrase_file);
	}
	if (u->mail_to != NULL) {
		buf_adds(out, " --mail-summary");
		argument_below(out, u->home, "sync.mail");
	}
	buf_adds(out, "\nSuccessExitStatus=11\nNice=10\n"
	    "IOSchedulingClass=idle\n");
	harden(u, out);
	for (i = 0; i < u->writes.count; i++)
		units_write_line(u->writes.at[i], out);
	read_line(u->program, out);
	read_line(u->passphrase_file, out);
	for (i = 0; i < u->reads.count; i++)
		read_line(u->reads.at[i], out);
}

void
units_timer(const struct units *u, struct buf *out)
{
	begin_unit(u, "nights of", out);
	buf_adds(out, "\n[Timer]\nOnCalendar=");
	calendar(&u->when, out);
	buf_addf(out, "\nPersistent=yes\nRandomizedDelaySec=%us\n"
	    "FixedRandomDelay=yes\nAccuracySec=1min\n", delay(&u->when));
	buf_adds(out, "\n[Install]\nWantedBy=timers.target\n");
}

/* No more hardening than this: what keeps a program from new privileges keeps
 * a setgid sendmail from its queue. */
void
units_mail(const struct units *u, struct buf *out)
{
	CLEANUP(buf_clear) struct buf path = BUF_INIT;

	buf_addf(&path, "%s/sync.mail", u->home);
	if (buf_str(&path) == NULL) {
		out->failed = path.failed;
		return;
	}
	begin_unit(u, "mail of", out);
	buf_adds(out, "ConditionFileNotEmpty=");
	doubled(out, path.at);
	buf_adds(out, "\n\n[Service]\nType=oneshot\n");
	if (u->system) {
		buf_adds(out, "User=");
		doubled(out, u->owner);
		buf_addc(out, '\n');
	}
	buf_adds(out, "StandardInput=file:");
	doubled(out, path.at);
	buf_adds(out, "\nExecStart=");
	quoted(out, "", u->mailer);
	buf_adds(out, " -i");
	argument(out, u->mail_to);
	buf_adds(out, "\nPrivateTmp=yes\nProtectControlGroups=yes\n"
	    "ProtectHome=read-only\nProtectSystem=full\n");
}

/* --- cron -------------------------------------------------------------- */

void
units_shell_word(struct buf *out, const char *word)
{
	buf_addc(out, '\'');
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, *word);
	}
	buf_addc(out, '\'');
}

static int
cron_time(const struct when *w, struct buf *out, struct err *err)
{
	if (w->calendar != NULL) {
		(void)err_set(err, E_USAGE, "--calendar: cron cannot say "
		    "\"%.100s\"", w->calendar);
		return err_next(err, "--daily or --every");
	}
	if (w->every == 0 || w->every == DAY)
		buf_addf(out, "%u %u * * *", w->minute, w->hour);
	else if (w->every == WEEK)
		buf_addf(out, "%u %u * * 1", w->minute, w->hour);
	else if (w->every >= HOUR)
		buf_addf(out, "0 */%u * * *", w->every / HOUR);
	else
		buf_addf(out, "*/%u * * * *", w->every);
	return 0;
}

static void
cron_command(const struct units *u, struct buf *out)
{
	CLEANUP(buf_clear) struct buf mail = BUF_INIT, report = BUF_INIT;

	buf_addf(&mail, "%s/sync.mail", u->home);
	buf_addf(&report, "%s/sync.json", u->home);
	if (buf_str(&mail) == NULL || buf_str(&report) == NULL) {
		out->failed = E_INTERNAL;
		return;
	}
	buf_adds(out, "XDG_STATE_HOME=");
	units_shell_word(out, u->state);
	buf_addc(out, ' ');
	units_shell_word(out, u->program);
	buf_adds(out, " --home ");
	units_shell_word(out, u->home);
	buf_addf(out, " sync --wait %u --report ", u->wait_s);
	units_shell_word(out, report.at);
	if (u->passphrase_file != NULL) {
		buf_adds(out, " --passphrase-file ");
		units_shell_word(out, u->passphrase_file);
	}
	if (u->mail_to == NULL)
		return;
	buf_adds(out, " --mail-summary ");
	units_shell_word(out, mail.at);
	buf_adds(out, "; test ! -s ");
	units_shell_word(out, mail.at);
	buf_adds(out, " || ");
	units_shell_word(out, u->mailer);
	buf_adds(out, " -i ");
	units_shell_word(out, u->mail_to);
	buf_adds(out, " < ");
	units_shell_word(out, mail.at);
}

/* Of a backslash before a percent sign or another one, no two crons make the
 * same; one that we write for a quote is neither. */
static int
check_cron_path(const char *path, struct err *err)
{
	if (path == NULL || strchr(path, '\\') == NULL)
		return 0;
	return err_set(err, E_CONFIG, "cron cannot hold the path \"%.300s\": "
	    "it has a backslash", path);
}

int
units_cron(const struct units *u, struct buf *out, struct err *err)
{
	const char *all[] = { u->home, u->state, u->program,
	    u->passphrase_file, u->mailer };
	CLEANUP(buf_clear) struct buf command = BUF_INIT;
	const char *c;
	size_t i;
	int rc;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		if ((rc = check_cron_path(all[i], err)) < 0)
			return rc;
	begin(u, out);
	if ((rc = cron_time(&u->when, out, err)) < 0)
		return rc;
	if (u->system)
		buf_addf(out, " %s", u->owner);
	buf_addc(out, ' ');
	cron_command(u, &command);
	if (buf_str(&command) == NULL)
		return buf_check(&command, err);
	if (command.len > CRON_LINE_MAX)
		return err_set(err, E_CONFIG, "the line for cron has %zu "
		    "bytes, which is too long", command.len);

	/* A percent sign ends the command. */
	for (c = command.at; *c != '\0'; c++) {
		if (*c == '%')
			buf_addc(out, '\\');
		buf_addc(out, *c);
	}
	buf_addc(out, '\n');
	return 0;
}
