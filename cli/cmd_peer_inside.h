/* cmd_peer_inside.h: what the commands of a peer share. */
#ifndef SATCHEL_CMD_PEER_INSIDE_H
#define SATCHEL_CMD_PEER_INSIDE_H

#include "../store/peer.h"

#define PEER_DONE "it is done, but cannot be shown"

/* Log an event of a peer with one text, in the transaction that is open or
 * alone. */
int cmd_peer_log(struct store *s, const char *event, const struct peer *p,
    const char *key, const char *value, struct err *err);

#endif
