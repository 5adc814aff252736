/* restapi.h: plone.restapi, which every SENAITE 2.x carries.
 *
 * It answers at an object's own address when JSON is asked for, with real
 * HTTP statuses, and takes back a write that it refuses.  It reads Dexterity
 * types and the simpler Archetypes ones exactly, and answers 500 for the rest
 * (samples, analyses, services, attachments and more).
 */
#ifndef SATCHEL_RESTAPI_H
#define SATCHEL_RESTAPI_H

#include "senaite.h"

struct restapi_answer {
	int status;
	int unclear;			/* set with an error: it may have been
					 * carried out */
	struct buf json;		/* canonical; empty if it was none */
};
#define RESTAPI_ANSWER_INIT { .status = 0 }
void restapi_answer_clear(struct restapi_answer *a);

/* Send `method` to the object at `path` ("/clients/client-1", from the portal,
 * as text) and what follows it ("", "/@workflow"; already encoded).  Anything
 * but GET is sent once.  A status of any kind is good here.  E_DEST_*: as
 * http_run; E_DEST_AUTH: a GET was answered with 401. */
int restapi_run(struct senaite *s, const char *method, const char *path,
    const char *tail, struct json_span body, struct restapi_answer *ret,
    struct err *err);

/* Append what the server gave as the reason of a refusal, safe to print. */
void restapi_reason(struct buf *out, const struct restapi_answer *a);

#endif
