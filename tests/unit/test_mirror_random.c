/* Two sites, each with an instance, at random but with fixed seeds: users
 * create, change and delete objects in both; sites notice, exchange and
 * project; connections are cut and runs killed.  An oracle knows of every
 * value what its author saw: what nobody replaced must be there in the end.
 * Each change of a user makes one version at most, and nothing else makes
 * any. */
#include "../../store/patch.h"
#include "pick.h"
#include "twins.h"

#define OBJECTS 12
#define FIELDS 3			/* F0 F1 F2; F0 may be rounded, F1
					 * dropped at the second site */
#define VALUES 4000
#define STEPS 60
#define HISTORIES 15

static struct twin *sites[2];
static int values;			/* given so far */
static char replaced[VALUES];		/* by a value whose author saw it */
static int owner[VALUES], field_of[VALUES];	/* object, field */
static char deleted[OBJECTS];		/* somebody has deleted it */
static int objects, edits;
static int64_t clock_s;			/* of both sites; it stands at times */

static void
name_of(int object, char *name)
{
	(void)snprintf(name, 8, "o%02d", object);
}

/* The UID there of an object: its own, or what the instance gave it; by its
 * id, which nobody changes.  NULL: not there. */
static const char *
find_there(struct mem *m, int object)
{
	char id[24];
	struct mirror mirror = mem_mirror(m);
	struct mirror_list all = { .count = 0 };
	static char found[32];
	struct err err = ERR_INIT;
	const char *uid = NULL;
	uint64_t lists = m->lists;

	(void)snprintf(id, sizeof id, "\"id\":\"o%02d\"", object);
	m->list_page = 100000;
	CHECK_OK(mirror.ops->list(m, "", &all, &err), &err);
	m->list_page = 0;
	m->lists = lists;
	while ((uid = mirror_list_next(&all, uid)) != NULL)
		if (strstr(mem_get(m, uid), id) != NULL)
			break;
	if (uid != NULL)
		(void)snprintf(found, sizeof found, "%s", uid);
	mirror_list_clear(&all);
	return uid == NULL ? NULL : found;
}

static int
new_value(int object, int field)
{
	CHECK(values < VALUES);
	owner[values] = object;
	field_of[values] = field;
	replaced[values] = 0;
	return values++;
}

/* --- users ------------------------------------------------------------- */

static void
create(int site)
{
	char text[256], name[8];
	int object = objects++;

	name_of(object, name);
	deleted[object] = 0;
	(void)snprintf(text, sizeof text, "{\"uid\":\"%s%s\",\"type\":\"T%u\","
	    "\"parent\":\"%s\",\"id\":\"%s\",\"modified\":\"m0\",\"fields\":{"
	    "\"F0\":\"%d.125\",\"F1\":\"%d.125\",\"F2\":\"%d.125\",\"R\":{"
	    "\"uid\":\"%s\"}},\"history\":[{\"time\":\"h0\"}]}",
	    site == 0 ? "a" : "b", name, pick(2), site == 0 ? "fa" : "fb",
	    name, new_value(object, 0), new_value(object, 1),
	    new_value(object, 2), site == 0 ? "fa" : "fb");
	put(sites[site], text);
	edits++;
}

/* Set a field to a new value; what was shown there is replaced. */
static void
change(int site)
{
	int object = (int)pick((unsigned)objects), field = (int)pick(FIELDS);
	const char *uid = find_there(sites[site]->m, object), *at;
	char text[256], key[16], value[24];
	struct buf fields = BUF_INIT;
	struct json_span doc, old;
	struct patch p = { key, { value, 0 } };

	(void)snprintf(key, sizeof key, "F%d", field);
	if (uid == NULL)
		return;
	at = mem_get(sites[site]->m, uid);
	doc = (struct json_span){ at, strlen(at) };
	CHECK_INT(json_member(doc, "fields", &doc), 1);
	if (!json_member(doc, key, &old))
		return;
	replaced[atoi(old.at + 1)] = 1;
	(void)snprintf(value, sizeof value, "\"%d.125\"",
	    new_value(object, field));
	p.value.len = strlen(value);
	patch_object(&fields, doc, &p, 1);
	CHECK(buf_str(&fields) != NULL);
	(void)snprintf(text, sizeof text, "{\"uid\":\"%s\",\"modified\":"
	    "\"m%d\",\"fields\":%s}", uid, values, fields.at);
	buf_clear(&fields);
	put(sites[site], text);
	edits++;
}

static void
delete(int site)
{
	int object = (int)pick((unsigned)objects);
	const char *uid = find_there(sites[site]->m, object);

	if (uid == NULL)
		return;
	deleted[object] = 1;
	take_away(sites[site], uid);
	edits++;
}

/* --- sites ------------------------------------------------------------- */

/* A run that may fail, as the step wants it. */
static void
run(int site, int is_project, int may_fail)
{
	struct twin *t = sites[site];
	int rc;

	t->clock = clock_s;
	t->fail_at = may_fail && pick(3) == 0 ? 1 + pick(12) : 0;
	t->m->cut = may_fail && pick(3) == 0 ? 1 + (int)pick(2) : 0;
	t->m->cut_after = pick(4);
	rc = is_project ? twin_try_project(t, 0) :
	    twin_try_notice(t, pick(4) == 0, 1000);
	if (rc < 0 && (!may_fail || (t->lab.err.code != E_LOCKED &&
	    t->lab.err.code != E_DEST_UNAVAILABLE)))
		FAIL("%s: %s", err_name(t->lab.err.code), t->lab.err.text);
	err_clear(&t->lab.err);
	t->fail_at = 0;
	t->m->cut = 0;
}

static void
step(void)
{
	int site = (int)pick(2);

	clock_s += pick(2);
	switch (pick(10)) {
	case 0:
		if (objects < OBJECTS)
			create(site);
		break;
	case 1: case 2: case 3:
		if (objects > 0)
			change(site);
		break;
	case 4:
		if (objects > 0 && pick(4) == 0)
			delete(site);
		break;
	case 5: case 6:
		run(site, 0, 1);
		break;
	case 7:
		lab_send_all(&sites[site]->lab, &sites[1 - site]->lab);
		break;
	default:
		run(site, 1, 1);
	}
}

/* --- in the end -------------------------------------------------------- */

/* Is a value in any version of its object at a site? */
static int
is_kept(int site, int value)
{
	char sql[200];

	(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM version WHERE "
	    "instr(content,'\"F%d\":\"%d.')", field_of[value], value);
	return lab_number(&sites[site]->lab, sql) > 0;
}

static void
check_end(unsigned seed)
{
	char *first;
	int i, object;

	for (i = 0; i < 3; i++) {
		run(0, 0, 0);
		run(1, 0, 0);
		lab_send_all(&sites[0]->lab, &sites[1]->lab);
		lab_send_all(&sites[1]->lab, &sites[0]->lab);
		run(0, 1, 0);
		run(1, 1, 0);
	}
	first = strdup(lab_all(&sites[0]->lab));
	CHECK_STR(lab_all(&sites[1]->lab), first);
	free(first);
	for (i = 0; i < values; i++)
		if (!replaced[i] && !deleted[owner[i]] &&
		    (!is_kept(0, i) || !is_kept(1, i)))
			FAIL("seed %u: value %d of object %d is lost", seed, i,
			    owner[i]);
	i = made(sites[0]) + made(sites[1]);
	if (i > edits)
		FAIL("seed %u: %d versions of %d changes", seed, i, edits);

	/* Nothing twice: what lives is there, once, and nothing else. */
	for (i = 0; i < 2; i++) {
		struct mirror_facts facts;
		struct mirror m = mem_mirror(sites[i]->m);

		CHECK_OK(m.ops->facts(m.self, &facts, &sites[i]->lab.err),
		    &sites[i]->lab.err);
		CHECK_INT(facts.objects, 1 + lab_number(&sites[i]->lab,
		    "SELECT count(*) FROM object WHERE deleted=0"));
		for (object = 0; object < objects; object++)
			if (!deleted[object] && find_there(sites[i]->m,
			    object) == NULL)
				FAIL("seed %u: object %d is not there", seed,
				    object);
	}
}

static void
check_history(unsigned seed, int is_lossy, int own_uids)
{
	int i;

	pick_state = 0x9e3779b97f4a7c15u + seed;
	values = objects = edits = 0;
	clock_s = 1800000000;
	for (i = 0; i < 2; i++) {
		sites[i] = calloc(1, sizeof *sites[i]);
		CHECK(sites[i] != NULL);
		twin_begin(sites[i], i == 0 ? "lab-a" : "lab-b");
		sites[i]->m->batch = i == 1 && own_uids ? 1 : 3;
		sites[i]->m->no_changes = pick(2) == 0;
		put(sites[i], i == 0 ? "{\"uid\":\"fa\",\"type\":\"Folder\","
		    "\"path\":\"/clients\",\"site\":true,\"parent\":null}" :
		    "{\"uid\":\"fb\",\"type\":\"Folder\",\"path\":"
		    "\"/clients\",\"site\":true,\"parent\":null}");
		run(i, 0, 0);
	}
	sites[1]->m->own_uids = own_uids;
	if (is_lossy) {
		sites[1]->m->round = "F0";
		sites[1]->m->drop = "F1";
		sites[1]->m->drops_history = sites[1]->m->own_history = 1;
		sites[1]->m->own_modified = 1;
	}
	for (i = 0; i < STEPS; i++)
		step();
	check_end(seed);
	for (i = 0; i < 2; i++) {
		twin_end(sites[i]);
		free(sites[i]);
	}
}

static void
check_histories(int is_lossy, int own_uids)
{
	unsigned seed;

	for (seed = 1; seed <= HISTORIES; seed++)
		check_history(seed, is_lossy, own_uids);
}

TEST(exact)
{
	check_histories(0, 0);
}

TEST(lossy)
{
	check_histories(1, 0);
}

TEST(own_uids)
{
	check_histories(0, 1);
}

TEST(lossy_own_uids)
{
	check_histories(1, 1);
}

int
main(void)
{
	return unit_run();
}
