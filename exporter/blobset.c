#include "blobset.h"

#include <sqlite3.h>
#include <stdlib.h>

void
blobset_clear(struct blobset *x)
{
	free(x->bits);
	*x = (struct blobset){ NULL, 0 };
}

int
blobset_begin(struct blobset *ret, struct store *s, struct err *err)
{
	sqlite3_stmt *st = store_sql(s, "SELECT max(id) FROM blob", err);
	int rc;

	*ret = (struct blobset){ NULL, 0 };
	if (st == NULL)
		return -(int)err->code;
	if ((rc = store_step(s, st, err)) < 0)
		return rc;
	ret->size = (size_t)sqlite3_column_int64(st, 0) / 8 + 1;
	(void)sqlite3_reset(st);
	ret->bits = calloc(ret->size, 1);
	return ret->bits == NULL ? err_oom(err) : 0;
}

/* What came later is not ours to carry: it counts as met. */
int
blobset_has(const struct blobset *x, int64_t id)
{
	size_t at = (size_t)id / 8;

	return at >= x->size || (x->bits[at] >> (id % 8) & 1);
}

void
blobset_add(struct blobset *x, int64_t id)
{
	if ((size_t)id / 8 < x->size)
		x->bits[id / 8] |= (unsigned char)(1 << (id % 8));
}
