#include "http_json.h"

#include <string.h>

#include "../base/json_scan.h"

static int
has_word(const struct buf *b, const char *word)
{
	return b->len > 0 && memmem(b->at, b->len, word, strlen(word)) != NULL;
}

/* Plone's form has fields __ac_name and __ac_password; any other has a field
 * for a password. */
static int
is_login(const struct http_answer *a)
{
	return (strcmp(a->type, "text/html") == 0 ||
	    strcmp(a->type, "application/xhtml+xml") == 0) &&
	    (has_word(&a->body, "__ac_name") ||
	    has_word(&a->body, "type=\"password\"") ||
	    has_word(&a->body, "type='password'"));
}

static int
is_denied(const struct http_answer *a)
{
	return a->status == 401 || a->status == 403;
}

static int
canon(const char *name, const struct http_answer *a, struct buf *ret,
    struct err *err)
{
	struct err e = ERR_INIT;

	if (strcmp(a->type, "application/json") != 0)
		return err_set(err, E_DEST_PROTOCOL,
		    "%s: the answer (status %d) is %s, not application/json",
		    name, a->status,
		    a->type[0] != '\0' ? a->type : "of no media type");
	if (json_canon(ret, a->body.len > 0 ? a->body.at : "", a->body.len,
	    JSON_DEPTH_MAX, &e) >= 0)
		return 0;
	if (e.code != E_JSON)
		return err_set(err, e.code, "%s: %.600s", name, e.text);
	return err_set(err, E_DEST_PROTOCOL,
	    "%s: the answer (status %d) is not JSON as it must be: %.500s",
	    name, a->status, e.text);
}

static int
judge(const struct http_request *r, const struct http_answer *a,
    struct buf *ret_json, struct err *err)
{
	char name[HTTP_NAME_MAX];
	struct err e = ERR_INIT;

	http_name(name, r);
	if (is_denied(a) && r->see_denied) {
		if (canon(name, a, ret_json, &e) < 0 &&
		    e.code != E_DEST_PROTOCOL)
			return err_set(err, e.code, "%s", e.text);
		return 0;
	}
	if (!is_denied(a) && !is_login(a))
		return canon(name, a, ret_json, err);
	(void)err_set(err, E_DEST_AUTH, is_denied(a) ?
	    "%s: the server refuses us (status %d)" :
	    "%s: the server answers with a form to log in (status %d)",
	    name, a->status);
	return err_next(err,
	    "check user and password in the mirror's settings");
}

int
http_json(struct http *h, const struct http_request *r,
    struct http_answer *a, struct buf *ret_json, struct err *err)
{
	int rc;

	if ((rc = http_run(h, r, a, err)) < 0)
		return rc;
	if ((rc = judge(r, a, ret_json, err)) < 0 && r->kind == HTTP_ONCE)
		a->unclear = a->status < 400 || a->status >= 500;
	return rc;
}
