/* status.h: the parts of `satchel status` that have a file of their own. */
#ifndef SATCHEL_STATUS_H
#define SATCHEL_STATUS_H

#include "../store/store.h"
#include "out.h"

/* How far each peer is, who is silent, what is missing. */
int status_peers(struct out *o, struct store *s, struct err *err);

/* Media that have not come back; drops, by what was seen in them the last
 * time. */
int status_media(struct out *o, struct store *s, struct err *err);
int status_drops(struct out *o, struct store *s, struct err *err);

#endif
