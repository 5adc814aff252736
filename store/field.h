/* field.h: names of fields, the unit of change (see version.h). */
#ifndef SATCHEL_FIELD_H
#define SATCHEL_FIELD_H

#include "../base/buf.h"
#include "../base/json_scan.h"

struct field {				/* spans borrow */
	int nested;			/* 1: a member of F's "fields" */
	struct json_span name;		/* escaped, without "fields." */
	struct json_span value;		/* len 0: absent */
};

/* The field of this full name (escaped), without a value. */
struct field field_of_name(struct json_span full);

/* Order of fields by full name; the full name, escaped, appended. */
int field_cmp(int nested_a, struct json_span a, int nested_b,
    struct json_span b);
void field_name(struct buf *out, int nested, struct json_span name);

#endif
