#include "history.h"

#include <stdlib.h>
#include <string.h>

/* What a string with its quotes says, by bytes. */
static int
time_cmp(struct json_span a, struct json_span b)
{
	a = (struct json_span){ a.at + 1, a.len - 2 };
	b = (struct json_span){ b.at + 1, b.len - 2 };
	return json_key_cmp(a, b);
}

static int
bytes_cmp(struct json_span a, struct json_span b)
{
	int c = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

	return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

/* [time,rank,entry], or without the rank if `ranked` is 0.  0 or -1. */
static int
parse_entry(struct history_entry *ret, struct json_span item, int ranked)
{
	struct json_span none, rank;
	struct json_walk w;

	if (json_kind(item) != '[')
		return -1;
	w = json_walk(item);
	ret->rank = 0;
	if (!json_next(&w, &none, &ret->time) || json_kind(ret->time) != '"')
		return -1;
	if (ranked && (!json_next(&w, &none, &rank) ||
	    json_uint(&ret->rank, rank, HISTORY_RANK_MAX) < 0))
		return -1;
	if (!json_next(&w, &none, &ret->entry))
		return -1;
	return json_next(&w, &none, &rank) ? -1 : 0;
}

static int
entry_cmp(const struct history_entry *a, const struct history_entry *b)
{
	int c = time_cmp(a->time, b->time);

	if (c == 0)
		c = (a->rank > b->rank) - (a->rank < b->rank);
	return c != 0 ? c : bytes_cmp(a->entry, b->entry);
}

int
history_check(struct json_span history, struct err *err)
{
	struct json_walk w = json_walk(history);
	struct history_entry last, e = { .rank = 0 };
	struct json_span none, item;
	size_t count;

	for (count = 0; json_next(&w, &none, &item); count++) {
		last = e;
		if (parse_entry(&e, item, 1) < 0)
			return err_set(err, E_RECORD, "history entry %zu: "
			    "expected [\"time\",rank,entry]", count + 1);
		if (count > 0 && entry_cmp(&last, &e) >= 0)
			return err_set(err, E_RECORD, "history entry %zu: "
			    "expected ascending by time, rank and entry",
			    count + 1);
	}
	return 0;
}

int
history_next(struct json_walk *w, struct history_entry *ret)
{
	struct json_span none, item;

	return json_next(w, &none, &item) && parse_entry(ret, item, 1) == 0;
}

/* --- the union --------------------------------------------------------- */

struct item {
	struct history_entry e;
	size_t order;			/* of a new one, from 1; 0: known */
};

struct source {
	struct json_walk walk;
	struct history_entry e;		/* the next one */
	int more;
};

struct merger {
	struct source *source;		/* owned */
	size_t count;
	struct item *fresh;		/* new entries by time, order; owned */
	size_t fresh_count, fresh_at;
	struct item *group;		/* the entries of one time; owned */
	size_t group_count, group_cap;
};

static void
merger_clear(struct merger *m)
{
	free(m->source);
	free(m->fresh);
	free(m->group);
}

static int
by_time(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int c = time_cmp(x->e.time, y->e.time);

	return c != 0 ? c : (x->order > y->order) - (x->order < y->order);
}

/* The one to keep of equal entries comes first. */
static int
by_entry(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int c = bytes_cmp(x->e.entry, y->e.entry);

	if (c == 0)
		c = (x->order > y->order) - (x->order < y->order);
	return c != 0 ? c : (x->e.rank > y->e.rank) - (x->e.rank < y->e.rank);
}

static int
by_order(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

static int
by_rank(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return entry_cmp(&x->e, &y->e);
}

static void
sort(struct item *items, size_t count, int (*cmp)(const void *, const void *))
{
	if (count > 1)
		qsort(items, count, sizeof *items, cmp);
}

static int
read_fresh(struct merger *m, struct json_span entries, struct err *err)
{
	struct json_span none, item;
	struct json_walk w;
	size_t i;

	if (entries.len == 0)
		return 0;
	if (json_kind(entries) != '[')
		return err_set(err, E_RECORD, "history to add: expected "
		    "[[\"time\",entry],...]");
	for (w = json_walk(entries); json_next(&w, &none, &item);)
		m->fresh_count++;
	m->fresh = calloc(m->fresh_count + 1, sizeof *m->fresh);
	if (m->fresh == NULL)
		return err_oom(err);
	w = json_walk(entries);
	for (i = 0; json_next(&w, &none, &item); i++) {
		if (parse_entry(&m->fresh[i].e, item, 0) < 0)
			return err_set(err, E_RECORD, "history to add, entry "
			    "%zu: expected [\"time\",entry]", i + 1);
		m->fresh[i].order = i + 1;
	}
	sort(m->fresh, m->fresh_count, by_time);
	return 0;
}

static int
read_sources(struct merger *m, const struct json_span *histories,
    size_t count, struct err *err)
{
	size_t i;

	if ((m->source = calloc(count + 1, sizeof *m->source)) == NULL)
		return err_oom(err);
	m->count = count;
	for (i = 0; i < count; i++) {
		m->source[i].walk = json_walk(histories[i]);
		m->source[i].more = history_next(&m->source[i].walk,
		    &m->source[i].e);
	}
	return 0;
}

/* The earliest time that is left; 1, or 0 if nothing is. */
static int
next_time(const struct merger *m, struct json_span *ret)
{
	int found = m->fresh_at < m->fresh_count;
	size_t i;

	if (found)
		*ret = m->fresh[m->fresh_at].e.time;
	for (i = 0; i < m->count; i++) {
		if (!m->source[i].more ||
		    (found && time_cmp(m->source[i].e.time, *ret) >= 0))
			continue;
		*ret = m->source[i].e.time;
		found = 1;
	}
	return found;
}

static int
add_item(struct merger *m, const struct item *item, struct err *err)
{
	struct item *group;
	size_t cap;

	if (m->group_count == m->group_cap) {
		cap = m->group_cap == 0 ? 8 : m->group_cap * 2;
		group = realloc(m->group, cap * sizeof *group);
		if (group == NULL)
			return err_oom(err);
		m->group = group;
		m->group_cap = cap;
	}
	m->group[m->group_count++] = *item;
	return 0;
}

/* All that has this time, from every source. */
static int
take_group(struct merger *m, struct json_span time, struct err *err)
{
	struct item item = { .order = 0 };
	struct source *s;
	int rc;

	m->group_count = 0;
	for (s = m->source; s < m->source + m->count; s++) {
		while (s->more && time_cmp(s->e.time, time) == 0) {
			item.e = s->e;
			if ((rc = add_item(m, &item, err)) < 0)
				return rc;
			s->more = history_next(&s->walk, &s->e);
		}
	}
	while (m->fresh_at < m->fresh_count &&
	    time_cmp(m->fresh[m->fresh_at].e.time, time) == 0)
		if ((rc = add_item(m, &m->fresh[m->fresh_at++], err)) < 0)
			return rc;
	return 0;
}

/* Each entry once, the new ones ranked, in order.  1 if any is new. */
static int
settle_group(struct merger *m)
{
	size_t i, kept = 0;
	uint64_t next = 0;
	int grew = 0;

	sort(m->group, m->group_count, by_entry);
	for (i = 0; i < m->group_count; i++)
		if (kept == 0 || bytes_cmp(m->group[kept - 1].e.entry,
		    m->group[i].e.entry) != 0)
			m->group[kept++] = m->group[i];
	m->group_count = kept;

	/* Known ones first: a new one comes after all of them. */
	sort(m->group, kept, by_order);
	for (i = 0; i < kept; i++) {
		if (m->group[i].order != 0) {
			m->group[i].e.rank = next;
			grew = 1;
		}
		if (m->group[i].e.rank >= next)
			next = m->group[i].e.rank + 1;
		if (next > HISTORY_RANK_MAX)
			next = HISTORY_RANK_MAX;
	}
	sort(m->group, kept, by_rank);
	return grew;
}

static void
write_group(const struct merger *m, struct buf *out, int *first)
{
	const struct history_entry *e;
	size_t i;

	for (i = 0; i < m->group_count; i++) {
		e = &m->group[i].e;
		buf_adds(out, *first ? "[" : ",[");
		*first = 0;
		buf_add(out, e->time.at, e->time.len);
		buf_addf(out, ",%llu,", (unsigned long long)e->rank);
		buf_add(out, e->entry.at, e->entry.len);
		buf_addc(out, ']');
	}
}

int
history_union(const struct json_span *histories, size_t count,
    struct json_span entries, struct buf *out, int *ret_grew,
    struct err *err)
{
	CLEANUP(merger_clear) struct merger m = { .count = 0 };
	struct json_span time = { "", 0 };
	int rc, first = 1, grew = 0;

	if ((rc = read_fresh(&m, entries, err)) < 0 ||
	    (rc = read_sources(&m, histories, count, err)) < 0)
		return rc;
	buf_addc(out, '[');
	while (next_time(&m, &time)) {
		if ((rc = take_group(&m, time, err)) < 0)
			return rc;
		grew |= settle_group(&m);
		write_group(&m, out, &first);
	}
	buf_addc(out, ']');
	*ret_grew = grew;
	return buf_check(out, err);
}
