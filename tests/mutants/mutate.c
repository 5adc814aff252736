#include "mutate.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 512u
#define SIZE_AT 124u			/* of a member, in its header */
#define SEVERAL (UINT64_C(1) << 32)

/* --- bytes -------------------------------------------------------------- */

static uint64_t
bytes_of(const struct samples *all, size_t i)
{
	return all->at[i].bytes.len;
}

static void
add_range(struct buf *out, const struct buf *from, size_t begin, size_t end)
{
	buf_add(out, from->at + begin, end - begin);
}

static void
add_all(struct buf *out, const struct buf *from)
{
	buf_add(out, from->at, from->len);
}

static void
flip(struct buf *b, uint64_t bit)
{
	b->at[bit / 8] = (char)(b->at[bit / 8] ^ (1 << bit % 8));
}

static uint64_t
flip_count(const struct samples *all, size_t i)
{
	return bytes_of(all, i) * 8;
}

static void
flip_make(const struct samples *all, size_t i, uint64_t index,
    struct buf *out)
{
	add_all(out, &all->at[i].bytes);
	flip(out, index);
}

static void
cut_make(const struct samples *all, size_t i, uint64_t index,
    struct buf *out)
{
	add_range(out, &all->at[i].bytes, 0, index);
}

static void
delete_make(const struct samples *all, size_t i, uint64_t index,
    struct buf *out)
{
	const struct buf *b = &all->at[i].bytes;

	add_range(out, b, 0, index);
	add_range(out, b, index + 1, b->len);
}

/* What is put in: these, and the byte before once more. */
static const char inserted[] = { '\0', '\n', ' ', '0', 'a', '\377' };
#define INSERTED (sizeof inserted + 1)

static uint64_t
insert_count(const struct samples *all, size_t i)
{
	return (bytes_of(all, i) + 1) * INSERTED;
}

static void
insert_make(const struct samples *all, size_t i, uint64_t index,
    struct buf *out)
{
	const struct buf *b = &all->at[i].bytes;
	size_t at = index / INSERTED, which = index % INSERTED;

	add_range(out, b, 0, at);
	if (which < sizeof inserted)
		buf_addc(out, inserted[which]);
	else
		buf_addc(out, b->at[at > 0 ? at - 1 : 0]);
	add_range(out, b, at, b->len);
}

/* --- blocks of 512 bytes ------------------------------------------------ */

static uint64_t
pairs(uint64_t n)
{
	return n * (n - 1) / 2;
}

/* The pair of number `index`: a < b. */
static void
pair(uint64_t index, size_t *a, size_t *b)
{
	size_t high = 1;

	for (; index >= high; high++)
		index -= high;
	*a = index;
	*b = high;
}

/* [0, a) [b, b_end) [a_end, b) [a, a_end) [b_end, ...) */
static void
add_swapped(struct buf *out, const struct buf *from, const size_t a[2],
    const size_t b[2])
{
	add_range(out, from, 0, a[0]);
	add_range(out, from, b[0], b[1]);
	add_range(out, from, a[1], b[0]);
	add_range(out, from, a[0], a[1]);
	add_range(out, from, b[1], from->len);
}

static uint64_t
swap_count(const struct samples *all, size_t i)
{
	return pairs(bytes_of(all, i) / BLOCK);
}

static void
swap_make(const struct samples *all, size_t i, uint64_t index,
    struct buf *out)
{
	size_t a = 0, b = 0;

	pair(index, &a, &b);
	add_swapped(out, &all->at[i].bytes,
	    (size_t[2]){ a * BLOCK, (a + 1) * BLOCK },
	    (size_t[2]){ b * BLOCK, (b + 1) * BLOCK });
}

/* A range is left out, is there twice, or is zeros. */
static void
add_without(struct buf *out, const struct buf *from, const size_t range[2],
    unsigned how)
{
	add_range(out, from, 0, range[how == 1]);
	if (how == 2) {
		add_range(out, from, range[0], range[1]);
		memset(out->at + range[0], 0, range[1] - range[0]);
	}
	add_range(out, from, range[how != 1], from->len);
}

static uint64_t
block_count(const struct samples *all, size_t i)
{
	return bytes_of(all, i) / BLOCK * 3;
}

static void
block_make(const struct samples *all, size_t i, uint64_t index,
    struct buf *out)
{
	size_t at = index / 3 * BLOCK;

	add_without(out, &all->at[i].bytes, (size_t[2]){ at, at + BLOCK },
	    (unsigned)(index % 3));
}

/* --- whole members ------------------------------------------------------ */

int
sample_split(struct sample *s)
{
	char size[13] = "";
	size_t at = 0, len;

	for (s->pieces = 0; at + BLOCK <= s->bytes.len; s->pieces++) {
		s->at[s->pieces] = at;
		if (s->bytes.at[at] == '\0')
			return s->pieces > 0 ? 0 : -1;
		if (s->pieces == PIECES_MAX)
			return -1;
		memcpy(size, s->bytes.at + at + SIZE_AT, 12);
		len = strtoul(size, NULL, 8);
		at += BLOCK + (len + BLOCK - 1) / BLOCK * BLOCK;
	}
	return -1;
}

static uint64_t
member_count(const struct samples *all, size_t i)
{
	uint64_t n = all->at[i].pieces;

	return 3 * n + pairs(n);
}

static void
member_make(const struct samples *all, size_t i, uint64_t index,
    struct buf *out)
{
	const struct sample *s = &all->at[i];
	size_t a = index / 3, b = 0;

	if (index < 3 * s->pieces) {
		add_without(out, &s->bytes, &s->at[a], (unsigned)(index % 3));
		return;
	}
	pair(index - 3 * s->pieces, &a, &b);
	add_swapped(out, &s->bytes, &s->at[a], &s->at[b]);
}

/* --- of two files ------------------------------------------------------- */

static uint64_t
all_pieces(const struct samples *all)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < all->count; i++)
		n += all->at[i].pieces;
	return n;
}

/* Member number `index` of all samples. */
static const struct sample *
piece(const struct samples *all, uint64_t index, size_t *ret)
{
	const struct sample *s = all->at;

	for (; index >= s->pieces; s++)
		index -= s->pieces;
	*ret = index;
	return s;
}

/* Another's member before each member and at the end, or for it. */
static uint64_t
graft_count(const struct samples *all, size_t i)
{
	return (2 * all->at[i].pieces + 1) * all_pieces(all);
}

static void
graft_make(const struct samples *all, size_t i, uint64_t index,
    struct buf *out)
{
	const struct sample *s = &all->at[i], *other;
	uint64_t place = index / all_pieces(all);
	size_t k = 0, at = place / 2;

	other = piece(all, index % all_pieces(all), &k);
	add_range(out, &s->bytes, 0, s->at[at]);
	add_range(out, &other->bytes, other->at[k], other->at[k + 1]);
	add_range(out, &s->bytes, s->at[at + place % 2], s->bytes.len);
}

/* The beginning of this, then another's from some member on. */
static uint64_t
splice_count(const struct samples *all, size_t i)
{
	return all->at[i].pieces * all_pieces(all);
}

static void
splice_make(const struct samples *all, size_t i, uint64_t index,
    struct buf *out)
{
	const struct sample *s = &all->at[i], *other;
	size_t k = 0;

	other = piece(all, index / s->pieces, &k);
	add_range(out, &s->bytes, 0, s->at[index % s->pieces + 1]);
	add_range(out, &other->bytes, other->at[k], other->bytes.len);
}

/* Four parts: README.txt with the data, manifest.json, SUMS, and the
 * signature; each from this or from another, but not all from one. */
#define PARTS 4u
#define MIXES ((1u << PARTS) - 2)

static uint64_t
mix_count(const struct samples *all, size_t i)
{
	(void)i;
	return all->count * MIXES;
}

static void
mix_make(const struct samples *all, size_t i, uint64_t index,
    struct buf *out)
{
	uint64_t mask = index % MIXES + 1;
	size_t part, begin, end;

	for (part = 0; part < PARTS; part++) {
		const struct sample *s = &all->at[mask >> part & 1 ? i :
		    index / MIXES];

		begin = part == 0 ? 0 : s->at[s->pieces - PARTS + part];
		end = part == PARTS - 1 ? s->bytes.len :
		    s->at[s->pieces - PARTS + part + 1];
		add_range(out, &s->bytes, begin, end);
	}
}

/* --- several at once ---------------------------------------------------- */

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t
roll(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t
several_count(const struct samples *all, size_t i)
{
	(void)all;
	(void)i;
	return SEVERAL;
}

/* Two to five of: a bit flipped, a byte set, a byte moved. */
static void
several_make(const struct samples *all, size_t i, uint64_t index,
    struct buf *out)
{
	uint64_t dice = all->seed << 40 ^ (uint64_t)i << 32 ^ index;
	uint64_t steps = 2 + roll(&dice) % 4, how;
	size_t from, to;
	char byte;

	add_all(out, &all->at[i].bytes);
	for (; steps > 0; steps--) {
		how = roll(&dice) % 3;
		from = roll(&dice) % out->len;
		to = roll(&dice) % out->len;
		byte = out->at[from];
		if (how == 0)
			flip(out, from * 8 + roll(&dice) % 8);
		else if (how == 1)
			out->at[from] = (char)roll(&dice);
		else if (from < to)
			memmove(out->at + from, out->at + from + 1,
			    to - from);
		else
			memmove(out->at + to + 1, out->at + to, from - to);
		if (how == 2)
			out->at[to] = byte;
	}
}

const struct kind kinds[KINDS] = {
	{ "flip", flip_count, flip_make },
	{ "cut", bytes_of, cut_make },
	{ "delete", bytes_of, delete_make },
	{ "insert", insert_count, insert_make },
	{ "swap", swap_count, swap_make },
	{ "block", block_count, block_make },
	{ "member", member_count, member_make },
	{ "graft", graft_count, graft_make },
	{ "splice", splice_count, splice_make },
	{ "mix", mix_count, mix_make },
	{ "several", several_count, several_make },
};
