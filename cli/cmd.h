/* cmd.h: what a command is, and all of them.  One file a verb; main.c holds
 * the table.
 */
#ifndef SATCHEL_CMD_H
#define SATCHEL_CMD_H

#include "keys.h"
#include "opt.h"
#include "out.h"

#define SATCHEL_VERSION "0.1.0"

struct cmd {				/* one run of a command */
	struct opts opts;
	struct out out;
	struct keys keys;
	int exit;			/* of success: 0 or 11 */
	int told;			/* the error was said already */
	int fence;			/* as of confine */
	struct err busy;		/* E_LOCKED: the store did not say
					 * where the drops are; for a command
					 * with CMD_DROPS to say */
};

enum cmd_needs {
	CMD_STORE = 1,			/* opens the store: --wait */
	CMD_KEYS = 2,			/* secret keys: --passphrase-... */
	CMD_FILES = 4,			/* arguments: files, folders to read */
	CMD_NAMING = 8,			/* files that may name any others */
	CMD_ANSWERS = 16,		/* may write beside its arguments */
	CMD_MIRROR = 32,		/* speaks with the instance */
	CMD_MAKES = 64,			/* makes the home */
	CMD_DROPS = 128,		/* the site's drops, to write in */
	CMD_PLACE = 256,		/* last argument: a folder to write */
	CMD_PAIRS = 1024,		/* path=PATH among them: the same */
	CMD_MEDIA = 2048,		/* without arguments: carried media and
					 * the drops, to read */
	CMD_MOUNTS = 4096,		/* asks what paths lie on */
	CMD_STARTS = 512		/* starts systemctl or crontab, which
					 * no fence may hold */
};

struct cmd_spec {
	const char *args;		/* of the usage line: "FILE..." */
	size_t min, max;		/* arguments; max 0: none */
	unsigned needs;
	const struct opt *opts;		/* its own options; NULL: none */
	const char *more;		/* paragraph of --help, or NULL */

	/* >= 0: done, and the exit status is c->exit. */
	int (*run)(struct cmd *c, struct err *err);
};

#define CMD_ARGS_MAX 65536u		/* arguments where any number may be */

extern const struct cmd_spec cmd_init;
extern const struct cmd_spec cmd_lab_load, cmd_lab_dump, cmd_lab_show,
    cmd_lab_delete;
extern const struct cmd_spec cmd_site_card, cmd_site_show,
    cmd_site_set, cmd_site_fingerprint, cmd_site_restored;
extern const struct cmd_spec cmd_peer_add, cmd_peer_list, cmd_peer_show,
    cmd_peer_set, cmd_peer_revoke, cmd_peer_remove;
extern const struct cmd_spec cmd_export, cmd_receipt;
extern const struct cmd_spec cmd_scan, cmd_import, cmd_verify;
extern const struct cmd_spec cmd_inspect;
extern const struct cmd_spec cmd_conflicts_list, cmd_conflicts_show,
    cmd_conflicts_resolve;
extern const struct cmd_spec cmd_drop_add, cmd_drop_list, cmd_drop_show,
    cmd_drop_set, cmd_drop_remove, cmd_drop_publish, cmd_drop_collect,
    cmd_drop_prune;
extern const struct cmd_spec cmd_sync;
extern const struct cmd_spec cmd_status, cmd_log, cmd_doctor;
extern const struct cmd_spec cmd_schedule_install, cmd_schedule_show,
    cmd_schedule_remove;
extern const struct cmd_spec cmd_notice, cmd_project;
extern const struct cmd_spec cmd_mirror_show, cmd_mirror_set;

#endif
