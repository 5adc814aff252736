/* age_header.h: the header of an age file (C2SP age.md, "Header"), parsed
 * whole before any key is tried.
 */
#ifndef SATCHEL_AGE_HEADER_H
#define SATCHEL_AGE_HEADER_H

#include <stddef.h>

#include "../base/buf.h"
#include "../base/err.h"

#define AGE_HEADER_MAX 65536u		/* bytes of a header that is read */
#define AGE_WRAPS_MAX 64u		/* X25519 stanzas that are read */
#define AGE_SHARE 32			/* bytes of an X25519 share */
#define AGE_SALT 16			/* of an scrypt salt */
#define AGE_BODY 32			/* of a wrapped file key */

enum age_type { AGE_X25519, AGE_SCRYPT };

/* A stanza of a type that we know: the file key, wrapped. */
struct age_wrap {
	enum age_type type;
	unsigned work;			/* scrypt: log2 N, 1.. */
	unsigned char share[AGE_SHARE];	/* scrypt: the salt */
	unsigned char body[AGE_BODY];
};

struct age_header {
	struct age_wrap wraps[AGE_WRAPS_MAX];
	size_t count;			/* of wraps */
	size_t stanzas;			/* of any type */
	unsigned char mac[32];
	size_t mac_len;			/* the MAC covers bytes [0, mac_len) */
	size_t len;			/* the payload begins here */
};

/* E_DECRYPT: not as the specification wants it, which includes a malformed
 * X25519 or scrypt stanza, and an scrypt stanza that is not alone.
 * E_LIMIT. */
int age_header_parse(struct age_header *ret, const char *data, size_t len,
    struct err *err);

/* Append version line and stanzas, up to and including the "---" that the
 * MAC covers; and then the MAC. */
void age_header_write(const struct age_wrap *wraps, size_t count,
    struct buf *out);
void age_header_end(const unsigned char mac[32], struct buf *out);

#endif
