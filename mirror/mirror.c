#include "mirror.h"

#include <string.h>

void
mirror_list_clear(struct mirror_list *l)
{
	buf_clear(&l->uids);
	*l = (struct mirror_list){ .count = 0 };
}

void
mirror_list_add(struct mirror_list *l, const char *uid, size_t len)
{
	buf_add(&l->uids, uid, len);
	buf_addc(&l->uids, '\0');
	l->count++;
}

const char *
mirror_list_next(const struct mirror_list *l, const char *uid)
{
	const char *next = uid == NULL ? l->uids.at : uid + strlen(uid) + 1;

	return l->count == 0 || next >= l->uids.at + l->uids.len ? NULL : next;
}

void
mirror_changes_clear(struct mirror_changes *c)
{
	mirror_list_clear(&c->changed);
	mirror_list_clear(&c->deleted);
	buf_clear(&c->cursor);
	c->more = 0;
}

void
mirror_close(struct mirror *m)
{
	if (m->ops != NULL)
		m->ops->close(m->self);
	*m = (struct mirror){ .ops = NULL };
}
