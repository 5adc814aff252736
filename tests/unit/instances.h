/* instances.h: a lab that is the store of a mirror, and short ways to say what
 * its instance shows and does. */
#ifndef SATCHEL_TEST_INSTANCES_H
#define SATCHEL_TEST_INSTANCES_H

#include "../../store/instance.h"
#include "labs.h"

static inline void
mirror_begin(struct lab *l, const char *site)
{
	lab_begin(l, site);
	CHECK_OK(store_begin(l->s, &l->err), &l->err);
	CHECK_OK(instance_init(l->s, "senaite", &l->err), &l->err);
	CHECK_OK(store_commit(l->s, &l->err), &l->err);
}

/* Write the row of a uid that is there under `remote` ("": is not there),
 * shown as it is now. */
static inline void
row_put(struct lab *l, const char *uid, const char *remote,
    enum instance_state state, const char *doc)
{
	CLEANUP(instance_row_clear) struct instance_row r = INSTANCE_ROW_INIT;
	CLEANUP(object_clear) struct object o = OBJECT_INIT;

	CHECK_OK(object_get(l->s, uid, strlen(uid), &o, &l->err), &l->err);
	buf_adds(&r.uid, uid);
	buf_adds(&r.remote, remote);
	buf_adds(&r.doc, doc);
	r.state = state;
	r.seq = o.seq;
	CHECK_OK(instance_put(l->s, &r, &l->err), &l->err);
}

#endif
