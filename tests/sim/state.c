/* What the objects of a history say, and its canonical JSON. */
#include <stdlib.h>
#include <string.h>

#include "blobs.h"
#include "oracle.h"

static const char *const uids[UIDS] = { "o0", "o1", "o2", "o3", "o4", "o5" };
static const char *const types[TYPES] = { "T0", "T1", "T2" };
static const char *const texts[] = { "x", "y" };	/* of F_E */

static const struct {
	int nested;
	const char *name;
} fields[FIELDS] = {
	[F_A] = { 0, "a" }, [F_ATT] = { 0, "attachments" },
	[F_B] = { 0, "b" }, [F_NEST] = { 0, "fields" },
	[F_C] = { 1, "c" }, [F_D] = { 1, "d" }, [F_E] = { 1, "e" }
};

const char *
uid_name(int uid)
{
	return uids[uid];
}

const char *
type_name(int uid)
{
	return types[uid % TYPES];
}

int
uid_number(struct json_span uid)
{
	int i;

	for (i = 0; i < UIDS; i++)
		if (json_is(uid, uids[i]))
			return i;
	return -1;
}

int
state_same(const struct state *a, const struct state *b)
{
	return a->live == b->live && (!a->live ||
	    memcmp(a->value, b->value, sizeof a->value) == 0);
}

static void
write_value(int f, int value, struct buf *out)
{
	const char *comma = "";
	int b;

	if (f == F_E) {
		buf_addf(out, "\"%s\"", texts[value]);
	} else if (f != F_ATT) {
		buf_addf(out, "\"%d\"", value);
	} else {
		buf_addc(out, '[');
		for (b = 0; b < BLOBS; b++)
			if (value >> b & 1) {
				buf_addf(out, "%s{\"blake2b\":\"%s\","
				    "\"name\":\"f%d\"}", comma, blobs_hex(b),
				    b);
				comma = ",";
			}
		buf_addc(out, ']');
	}
}

void
state_write(const struct state *st, struct buf *out)
{
	int f, nested = 0;

	if (!st->live)
		return;
	buf_addc(out, '{');
	for (f = 0; f < FIELDS; f++) {
		if (st->value[f] == ABSENT)
			continue;
		if (out->at[out->len - 1] != '{')
			buf_addc(out, ',');
		buf_addf(out, "\"%s\":", fields[f].name);
		if (f == F_NEST) {
			buf_addc(out, '{');
			nested = 1;
		} else {
			write_value(f, st->value[f], out);
		}
	}
	buf_adds(out, nested ? "}}" : "}");
}

static int
read_blobs(struct json_span list)
{
	struct json_walk w = json_walk(list);
	struct json_span key, item, hash;
	int mask = 0, b;

	while (json_next(&w, &key, &item)) {
		if (!json_member(item, "blake2b", &hash) ||
		    !json_plain(hash, &hash))
			return ABSENT;
		for (b = 0; b < BLOBS; b++)
			if (json_is(hash, blobs_hex(b)))
				mask |= 1 << b;
	}
	return mask;
}

static int
read_value(int f, struct json_span value)
{
	if (f == F_NEST)
		return 0;
	if (f == F_ATT)
		return read_blobs(value);
	if (f == F_E)
		return json_is(value, "\"y\"");
	return atoi(value.at + 1);
}

int
state_read(struct state *ret, struct json_span F)
{
	struct field_walk w;
	struct field x;
	int f;

	*ret = (struct state){ .live = F.len > 0 };
	if (!ret->live)
		return 0;
	for (f = 0; f < FIELDS; f++)
		ret->value[f] = ABSENT;
	w = version_fields(F);
	while (version_next_field(&w, &x)) {
		for (f = 0; f < FIELDS; f++)
			if (fields[f].nested == x.nested &&
			    json_is(x.name, fields[f].name))
				break;
		if (f == FIELDS)
			return -1;
		ret->value[f] = read_value(f, x.value);
	}
	return 0;
}
