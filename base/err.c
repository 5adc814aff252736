#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	int exit;
} codes[ERR_CODES] = {
	[E_OK] = { "OK", 0 },
	[E_INTERNAL] = { "E_INTERNAL", 1 },
	[E_USAGE] = { "E_USAGE", 2 },
	[E_CONFIG] = { "E_CONFIG", 2 },
	[E_IO] = { "E_IO", 3 },
	[E_NOSPACE] = { "E_NOSPACE", 3 },
	[E_READONLY] = { "E_READONLY", 3 },
	[E_MEDIA_GONE] = { "E_MEDIA_GONE", 3 },
	[E_WRITE_VERIFY] = { "E_WRITE_VERIFY", 3 },
	[E_TRUNCATED] = { "E_TRUNCATED", 4 },
	[E_HASH] = { "E_HASH", 4 },
	[E_DAMAGED] = { "E_DAMAGED", 4 },
	[E_FORMAT] = { "E_FORMAT", 5 },
	[E_HEADER] = { "E_HEADER", 5 },
	[E_TRAILER] = { "E_TRAILER", 5 },
	[E_MANIFEST] = { "E_MANIFEST", 5 },
	[E_VERSION] = { "E_VERSION", 5 },
	[E_DECOMPRESS] = { "E_DECOMPRESS", 5 },
	[E_JSON] = { "E_JSON", 5 },
	[E_RECORD] = { "E_RECORD", 5 },
	[E_REF] = { "E_REF", 5 },
	[E_LIMIT] = { "E_LIMIT", 6 },
	[E_SIGNATURE] = { "E_SIGNATURE", 7 },
	[E_SIGFORMAT] = { "E_SIGFORMAT", 7 },
	[E_UNKNOWN_KEY] = { "E_UNKNOWN_KEY", 7 },
	[E_REVOKED] = { "E_REVOKED", 7 },
	[E_WRONG_DEST] = { "E_WRONG_DEST", 7 },
	[E_SCOPE] = { "E_SCOPE", 7 },
	[E_POLICY] = { "E_POLICY", 7 },
	[E_TRUSTSTORE] = { "E_TRUSTSTORE", 7 },
	[E_MASS_DELETE] = { "E_MASS_DELETE", 7 },
	[E_GAP] = { "E_GAP", 8 },
	[E_FORK] = { "E_FORK", 8 },
	[E_ROLLED_BACK] = { "E_ROLLED_BACK", 8 },
	[E_CLOCK] = { "E_CLOCK", 9 },
	[E_STALE_SOURCE] = { "E_STALE_SOURCE", 9 },
	[E_NOT_FOR_US] = { "E_NOT_FOR_US", 10 },
	[E_DECRYPT] = { "E_DECRYPT", 10 },
	[E_PASSPHRASE] = { "E_PASSPHRASE", 10 },
	[E_KEYFILE] = { "E_KEYFILE", 10 },
	[E_PERMS] = { "E_PERMS", 10 },
	[I_CONFLICTS] = { "I_CONFLICTS", 11 },
	[E_DEST_REJECTED] = { "E_DEST_REJECTED", 12 },
	[E_DEST_MISMATCH] = { "E_DEST_MISMATCH", 12 },
	[E_DEST_UNAVAILABLE] = { "E_DEST_UNAVAILABLE", 13 },
	[E_DEST_AUTH] = { "E_DEST_AUTH", 13 },
	[E_DEST_PROTOCOL] = { "E_DEST_PROTOCOL", 13 },
	[E_LOCKED] = { "E_LOCKED", 14 },
};

const char *
err_name(enum err_code code)
{
	return codes[code].name;
}

int
err_exit(enum err_code code)
{
	return codes[code].exit;
}

int
err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (err->code != E_OK)
		return -(int)err->code;
	err->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	return -(int)code;
}

/* The name that says most about a failed system call. */
static enum err_code
code_of_errno(int errnum)
{
	switch (errnum) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return E_NOSPACE;
	case EROFS:
		return E_READONLY;
	case ENOTCONN:
	case ENODEV:
	case ENXIO:
	case ESTALE:
		return E_MEDIA_GONE;
	case ENOMEM:
		return E_INTERNAL;
	default:
		return E_IO;
	}
}

static int
next_of_oom(struct err *err)
{
	return err_next(err, "free some memory, then do the same again");
}

int
err_io(struct err *err, int errnum, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	if (err->code != E_OK)
		return -(int)err->code;
	err->code = code_of_errno(errnum);
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	(void)snprintf(err->text + n, sizeof err->text - n, ": %s",
	    strerror(errnum));
	return errnum == ENOMEM ? next_of_oom(err) : -(int)err->code;
}

int
err_oom(struct err *err)
{
	(void)err_set(err, E_INTERNAL, "out of memory");
	return next_of_oom(err);
}

int
err_next(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (err->next[0] == '\0') {
		va_start(ap, fmt);
		(void)vsnprintf(err->next, sizeof err->next, fmt, ap);
		va_end(ap);
	}
	return -(int)err->code;
}

const char *
err_advice(const struct err *err)
{
	if (err->next[0] != '\0')
		return err->next;
	switch (err->code) {
	case E_IO:
		return "see that the disk or medium is well and that it may be "
		    "read and written, then do the same again";
	case E_NOSPACE:
		return "make room, then do the same again";
	case E_READONLY:
		return "make it writable, then do the same again";
	case E_MEDIA_GONE:
		return "put the medium back, then do the same again";
	default:
		return "";
	}
}

int
err_prefix(struct err *err, const char *fmt, ...)
{
	char head[ERR_TEXT_MAX], tail[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(head, sizeof head, fmt, ap);
	va_end(ap);
	memcpy(tail, err->text, sizeof tail);
	(void)snprintf(err->text, sizeof err->text, "%.500s: %.500s", head,
	    tail);
	return -(int)err->code;
}

int
err_rung(struct err *err, int rung)
{
	if (err->code != E_OK && err->rung < 0)
		err->rung = rung;
	return -(int)err->code;
}

void
err_clear(struct err *err)
{
	*err = (struct err)ERR_INIT;
}

void
err_keep(struct err_kept *kept, const struct err *err)
{
	size_t text = strlen(err->text) + 1, next = strlen(err->next) + 1;

	err_kept_clear(kept);
	kept->code = err->code;
	kept->rung = err->rung;
	if (err->code == E_OK || (kept->text = malloc(text + next)) == NULL)
		return;
	memcpy(kept->text, err->text, text);
	memcpy(kept->text + text, err->next, next);
}

void
err_recall(struct err *ret, const struct err_kept *kept)
{
	size_t text;

	*ret = (struct err)ERR_INIT;
	if (kept->text == NULL && kept->code != E_OK)
		(void)err_oom(ret);
	ret->code = kept->code;
	ret->rung = kept->rung;
	if (kept->text == NULL)
		return;
	text = strlen(kept->text) + 1;
	memcpy(ret->text, kept->text, text);
	memcpy(ret->next, kept->text + text, strlen(kept->text + text) + 1);
}

void
err_kept_clear(struct err_kept *kept)
{
	free(kept->text);
	*kept = (struct err_kept){ .rung = -1 };
}
