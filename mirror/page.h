/* page.h: a page of objects as the instance gave it, held until it is taken
 * into the store (batch.c).
 */
#ifndef SATCHEL_PAGE_H
#define SATCHEL_PAGE_H

#include <stddef.h>

#include "../base/buf.h"
#include "../store/line.h"
#include "mirror.h"

#define PAGE_BYTES 2097152u		/* documents held at once, about */

enum page_kind {
	PAGE_DOCUMENT,
	PAGE_FAILED,			/* could not be read; no line */
	PAGE_ABSENT,
	PAGE_AGAIN			/* too much at once: to be read again */
};

struct page_item {
	enum page_kind kind;
	struct line_span uid;		/* places in `text`, each with a NUL */
	struct line_span type;		/* of FAILED; "" not known */
	struct line_span content;	/* document; reason of FAILED */
};

struct page {
	struct buf text;
	struct page_item *all;		/* owned */
	size_t count, cap;
	size_t bytes;			/* of documents */
};
#define PAGE_INIT { .count = 0 }
void page_clear(struct page *p);

/* Read objects by their UIDs there, at most MIRROR_READ_MAX; what gets no
 * answer has failed. */
int page_read(struct page *p, struct mirror *m, const char *const *uids,
    size_t count, struct err *err);

const char *page_text(const struct page *p, struct line_span x);
struct json_span page_document(const struct page *p,
    const struct page_item *x);

/* An object that was read has failed all the same. */
int page_fail(struct page *p, struct page_item *x, const char *reason,
    struct err *err);

/* Is there an item with this UID? */
int page_has(const struct page *p, const char *uid);

#endif
