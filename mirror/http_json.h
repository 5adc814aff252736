/* http_json.h: a request whose answer is one JSON document. */
#ifndef SATCHEL_HTTP_JSON_H
#define SATCHEL_HTTP_JSON_H

#include "../base/buf.h"
#include "../base/err.h"
#include "http.h"

/* Run the request (r->sink is NULL) and append the body as canonical JSON (at
 * most JSON_DEPTH_MAX deep) to ret_json.  The status is left to the caller, in
 * a->status; but 401 and 403 are E_DEST_AUTH, unless r->see_denied is set:
 * they then succeed, and ret_json has what was JSON, or nothing.
 *
 * E_DEST_AUTH too: a page of HTML with a form to log in, whatever its status
 * (Zope and Plone answer so).  E_DEST_PROTOCOL: another media type than
 * application/json; no JSON, duplicate keys, too deep, not UTF-8.  Else as
 * http_run.  ret_json is untouched on failure.
 *
 * After a failure of an HTTP_ONCE that was answered, a->unclear is set unless
 * the answer was 4xx. */
int http_json(struct http *h, const struct http_request *r,
    struct http_answer *a, struct buf *ret_json, struct err *err);

#endif
