/* confine.h: once the command is known, what it does not need is closed to
 * it, whatever a bundle may make of it (fence.h).
 *
 * A command keeps what its table says (cmd_spec.needs, and options that are
 * OPT_FILE, OPT_NAMING or OPT_PLACE): the home and the state folder, the files
 * and places named to it, the terminal; and of a mirror the files that
 * mirror.ini names, what name service and TLS read, and the ports of server,
 * proxy and DNS.  A request for what is missing goes beside the bundle: so an
 * import may write there, unless --requests names another place.  A command
 * that works on the drops is told by the store where they are.  What starts
 * other programs (schedule) is not confined: it reads nothing from outside.
 */
#ifndef SATCHEL_CONFINE_H
#define SATCHEL_CONFINE_H

#include "cmd.h"

/* Call it before a second thread is begun.  Returns the version of Landlock
 * in force; 0: the kernel has none, and nothing is closed.  Where another is
 * writing the store that names the drops: c->busy, or E_LOCKED of a command
 * that looks at media. */
int confine(struct cmd *c, const struct cmd_spec *spec, struct err *err);

#endif
