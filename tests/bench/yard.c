/* yard.c: the yardstick: what this machine allows with SQLite, zstd,
 * BLAKE2b, Ed25519 and one compressing thread, and nothing else.
 *
 *	yard make LINES DB		lines and attachments into a database
 *	yard export DB BUNDLE [SINCE]	what is above sequence SINCE
 *	yard verify BUNDLE		all hashes and the signature
 *	yard import BUNDLE DB
 *	yard seq DB			the newest sequence
 *
 * No conflict rules, no recovery, no reading back, a fixed key: a ruler, not
 * a design.  A bundle is frames, each a header and a compressed chunk; the
 * last frame is the signature over the hash of all headers.  Like the
 * program, an import verifies everything first, then reads it again.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../base/ring.h"
#include "../../format/codec.h"
#include "shelf.h"

#define CHUNK (4u << 20)		/* plain bytes of a frame, about */
#define PLAIN_MAX (2 * CHUNK)
#define STORED_MAX (CHUNK + (CHUNK >> 4))
#define SLOTS 4u
#define LEVEL_RECORDS 3
#define LEVEL_BLOBS 1
#define PIECE (1u << 20)
#define ENTRY (HASH_LEN + 8u)		/* before a blob: hash, size */

enum kind { RECORDS = 1, BLOBS, END };

struct header {				/* of a frame */
	uint32_t kind, stored;
	unsigned char hash[HASH_LEN];	/* of the stored bytes */
};

struct job {				/* a slot of the ring */
	struct header h;
	struct buf plain, stored;
	struct err err;
};

struct worker {
	struct codec_ctx *codec;
};

struct file {				/* a bundle */
	const char *path;
	int fd;
	crypto_generichash_state headers;
};

/* --- beside the reader ------------------------------------------------- */

static void
job_clear(void *slot)
{
	struct job *j = slot;

	buf_clear(&j->plain);
	buf_clear(&j->stored);
}

static void
worker_clear(void *worker)
{
	codec_freep(&((struct worker *)worker)->codec);
}

static void
pack(void *slot, void *worker)
{
	struct worker *w = worker;
	struct job *j = slot;

	if (w->codec == NULL && codec_new(&w->codec, &j->err) < 0)
		return;
	if (codec_pack(w->codec, CODEC_ZSTD, j->h.kind == RECORDS ?
	    LEVEL_RECORDS : LEVEL_BLOBS, j->plain.at, j->plain.len, &j->stored,
	    &j->err) < 0)
		return;
	j->h.stored = (uint32_t)j->stored.len;
	(void)crypto_generichash(j->h.hash, HASH_LEN,
	    (unsigned char *)j->stored.at, j->stored.len, NULL, 0);
}

static void
unpack(void *slot, void *worker)
{
	unsigned char hash[HASH_LEN];
	struct worker *w = worker;
	struct job *j = slot;
	const char *p, *end;

	if (w->codec == NULL && codec_new(&w->codec, &j->err) < 0)
		return;
	(void)crypto_generichash(hash, HASH_LEN, (unsigned char *)j->stored.at,
	    j->stored.len, NULL, 0);
	if (memcmp(hash, j->h.hash, HASH_LEN) != 0) {
		(void)err_set(&j->err, E_HASH, "changed while being read");
		return;
	}
	if (codec_unpack(w->codec, CODEC_ZSTD, j->stored.at, j->stored.len,
	    PLAIN_MAX, &j->plain, &j->err) < 0 || j->h.kind != RECORDS)
		return;
	p = j->plain.at;
	for (end = p + j->plain.len; p != NULL && p < end; p++)
		if ((p = scan_value(p, end)) == NULL || p == end ||
		    *p != '\n')
			break;
	if (p != end)
		(void)err_set(&j->err, E_JSON, "not JSON lines");
}

static struct ring *
start(void (*work)(void *slot, void *worker))
{
	struct ring_ops ops = { .slot_size = sizeof(struct job),
	    .worker_size = sizeof(struct worker), .work = work,
	    .slot_clear = job_clear, .worker_clear = worker_clear };
	struct err e = ERR_INIT;
	struct ring *r;

	if (ring_new(&r, &ops, SLOTS, 1, &e) < 0)
		errx(1, "%s", e.text);
	return r;
}

static void
check(const struct job *j, const char *path)
{
	if (j->err.code != E_OK)
		errx(1, "%s: %s", path, j->err.text);
}

/* --- files ------------------------------------------------------------- */

static void
write_all(const struct file *f, const void *data, size_t len)
{
	if (write(f->fd, data, len) != (ssize_t)len)
		err(1, "%s", f->path);
}

static void
read_all(const struct file *f, void *to, size_t len)
{
	ssize_t n = read(f->fd, to, len);

	if (n != (ssize_t)len)
		errx(1, "%s: ends early", f->path);
}

static void
keys(unsigned char *public, unsigned char *secret)
{
	static const unsigned char seed[crypto_sign_SEEDBYTES] = { 1 };

	(void)crypto_sign_seed_keypair(public, secret, seed);
}

static void
file_open_new(struct file *f, const char *path)
{
	f->path = path;
	f->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (f->fd < 0)
		err(1, "%s", path);
	(void)crypto_generichash_init(&f->headers, NULL, 0, HASH_LEN);
}

/* Sign what was written, and bring it to the disk. */
static void
file_finish(struct file *f)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES];
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	unsigned char signature[crypto_sign_BYTES];
	struct header h = { .kind = END, .stored = sizeof signature };

	keys(public, secret);
	(void)crypto_generichash_final(&f->headers, h.hash, HASH_LEN);
	(void)crypto_sign_detached(signature, NULL, h.hash, HASH_LEN, secret);
	write_all(f, &h, sizeof h);
	write_all(f, signature, sizeof signature);
	if (fsync(f->fd) != 0 || close(f->fd) != 0)
		err(1, "%s", f->path);
}

static void
check_signature(struct file *f, const struct header *h)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES];
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	unsigned char signature[crypto_sign_BYTES];
	unsigned char hash[HASH_LEN];

	keys(public, secret);
	read_all(f, signature, sizeof signature);
	(void)crypto_generichash_final(&f->headers, hash, HASH_LEN);
	if (memcmp(hash, h->hash, HASH_LEN) != 0 ||
	    crypto_sign_verify_detached(signature, hash, HASH_LEN, public) != 0)
		errx(1, "%s: bad signature", f->path);
}

/* The first pass: 0 at the signature, else the frame is hashed. */
static int
verify_frame(struct file *f, char *piece)
{
	crypto_generichash_state state;
	unsigned char hash[HASH_LEN];
	struct header h;
	size_t left, n;

	read_all(f, &h, sizeof h);
	if (h.kind == END) {
		check_signature(f, &h);
		return 0;
	}
	(void)crypto_generichash_update(&f->headers, (unsigned char *)&h,
	    sizeof h);
	(void)crypto_generichash_init(&state, NULL, 0, HASH_LEN);
	for (left = h.stored; left > 0; left -= n) {
		n = left < PIECE ? left : PIECE;
		read_all(f, piece, n);
		(void)crypto_generichash_update(&state, (unsigned char *)piece,
		    n);
	}
	(void)crypto_generichash_final(&state, hash, HASH_LEN);
	if (memcmp(hash, h.hash, HASH_LEN) != 0 || h.stored > STORED_MAX)
		errx(1, "%s: bad frame", f->path);
	return 1;
}

static void
verify(struct file *f, const char *path)
{
	CLEANUP(buf_freep) char *piece = malloc(PIECE);

	f->path = path;
	if ((f->fd = open(path, O_RDONLY)) < 0 || piece == NULL)
		err(1, "%s", path);
	(void)crypto_generichash_init(&f->headers, NULL, 0, HASH_LEN);
	while (verify_frame(f, piece))
		;
}

/* --- export ------------------------------------------------------------ */

struct export {
	struct ring *ring;
	struct job *job;		/* being filled */
	struct file f;
	unsigned long lines;
};

static void
drain(struct export *x)
{
	struct job *j = ring_oldest(x->ring);

	check(j, x->f.path);
	(void)crypto_generichash_update(&x->f.headers, (unsigned char *)&j->h,
	    sizeof j->h);
	write_all(&x->f, &j->h, sizeof j->h);
	write_all(&x->f, j->stored.at, j->stored.len);
	ring_release(x->ring);
}

static void
submit(struct export *x)
{
	if (x->job == NULL)
		return;
	if (buf_check(&x->job->plain, &x->job->err) < 0)
		check(x->job, x->f.path);
	if (x->job->plain.len > 0)
		ring_submit(x->ring);
	x->job = NULL;
}

/* The job to fill, with room for `len` bytes. */
static struct buf *
room(struct export *x, uint32_t kind, size_t len)
{
	if (x->job != NULL && (x->job->h.kind != kind ||
	    x->job->plain.len + len > CHUNK))
		submit(x);
	if (x->job == NULL) {
		if (ring_busy(x->ring) == SLOTS)
			drain(x);
		x->job = ring_free(x->ring);
		x->job->err = (struct err)ERR_INIT;
		buf_reset(&x->job->plain);
		buf_reset(&x->job->stored);
		x->job->h = (struct header){ .kind = kind };
		(void)buf_room(&x->job->plain, CHUNK);
	}
	return &x->job->plain;
}

static void
export_records(struct export *x, struct shelf *s, int64_t since)
{
	sqlite3_stmt *rows = shelf_prepare(s, SHELF_ROWS);
	sqlite3_stmt *reviews = shelf_prepare(s, SHELF_REVIEWS);
	CLEANUP(buf_clear) struct buf line = BUF_INIT;

	(void)sqlite3_bind_int64(rows, 1, since);
	for (; sqlite3_step(rows) == SQLITE_ROW; x->lines++) {
		buf_reset(&line);
		shelf_get(rows, reviews, &line);
		if (line.failed)
			errx(1, "out of memory");
		buf_add(room(x, RECORDS, line.len), line.at, line.len);
	}
}

/* One blob: its hash and size, then its bytes, over as many frames as it
 * takes. */
static void
export_blob(struct export *x, const char *path, const unsigned char *hash,
    uint64_t size)
{
	crypto_generichash_state state;
	unsigned char found[HASH_LEN];
	struct buf *b = room(x, BLOBS, ENTRY);
	int fd = open(path, O_RDONLY);
	uint64_t left = size;
	ssize_t n;
	char *to;

	buf_add(b, hash, HASH_LEN);
	buf_add(b, &size, sizeof size);
	(void)crypto_generichash_init(&state, NULL, 0, HASH_LEN);
	for (; left > 0; left -= (uint64_t)n) {
		b = room(x, BLOBS, 1);
		to = b->at + b->len;
		n = read(fd, to, left < CHUNK - b->len ? left :
		    CHUNK - b->len);
		if (n <= 0)
			err(1, "%s", path);
		(void)crypto_generichash_update(&state, (unsigned char *)to,
		    (size_t)n);
		b->len += (size_t)n;
	}
	(void)crypto_generichash_final(&state, found, HASH_LEN);
	if (close(fd) != 0 || memcmp(found, hash, HASH_LEN) != 0)
		errx(1, "%s: content does not match its name", path);
}

static void
export_blobs(struct export *x, struct shelf *s, int64_t since)
{
	sqlite3_stmt *st = shelf_prepare(s, "SELECT hash, size FROM blob "
	    "WHERE seq > ?1 ORDER BY rowid");
	unsigned char hash[HASH_LEN];
	char path[SHELF_PATH];

	(void)sqlite3_bind_int64(st, 1, since);
	while (sqlite3_step(st) == SQLITE_ROW) {
		memcpy(hash, sqlite3_column_blob(st, 0), HASH_LEN);
		shelf_blob_path(s, hash, path);
		export_blob(x, path, hash,
		    (uint64_t)sqlite3_column_int64(st, 1));
	}
}

static void
yard_export(const char *db, const char *bundle, int64_t since)
{
	struct export x = { .ring = start(pack) };
	struct shelf s;

	shelf_open(&s, db);
	file_open_new(&x.f, bundle);
	export_records(&x, &s, since);
	export_blobs(&x, &s, since);
	submit(&x);
	while (ring_busy(x.ring) > 0)
		drain(&x);
	file_finish(&x.f);
	ring_free_all(&x.ring);
	shelf_close(&s);
	printf("%lu objects\n", x.lines);
}

/* --- import ------------------------------------------------------------ */

struct import {
	struct ring *ring;
	struct file f;
	struct shelf s;
	struct shelf_file blob;
	unsigned char entry[ENTRY];	/* of the next blob */
	size_t entry_len;
};

static void
import_records(struct import *m, const struct job *j)
{
	const char *p = j->plain.at, *end = p + j->plain.len, *eol;

	for (; p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		shelf_put(&m->s, (struct span){ p, (size_t)(eol - p) }, NULL);
	}
}

/* Take the hash and size, begin the file.  Returns the bytes used. */
static size_t
import_entry(struct import *m, const char *p, size_t len)
{
	size_t n = ENTRY - m->entry_len;

	n = n < len ? n : len;
	memcpy(m->entry + m->entry_len, p, n);
	m->entry_len += n;
	if (m->entry_len < ENTRY)
		return n;
	m->entry_len = 0;
	memcpy(&m->blob.left, m->entry + HASH_LEN, sizeof m->blob.left);
	shelf_file_begin(&m->s, &m->blob);
	return n;
}

static void
import_blobs(struct import *m, const struct job *j)
{
	size_t at = 0, n;

	while (at < j->plain.len) {
		n = j->plain.len - at;
		if (m->blob.fd < 0) {
			at += import_entry(m, j->plain.at + at, n);
			continue;
		}
		n = n < m->blob.left ? n : (size_t)m->blob.left;
		shelf_file_add(&m->blob, j->plain.at + at, n);
		m->blob.left -= n;
		at += n;
		if (m->blob.left > 0)
			continue;
		shelf_file_end(&m->s, &m->blob);
		if (memcmp(m->blob.hash, m->entry, HASH_LEN) != 0)
			errx(1, "a blob does not match its hash");
	}
}

static void
apply(struct import *m)
{
	struct job *j = ring_oldest(m->ring);

	check(j, m->f.path);
	if (j->h.kind == RECORDS)
		import_records(m, j);
	else
		import_blobs(m, j);
	ring_release(m->ring);
}

/* Read the next frame into a slot: 0 at the signature. */
static int
import_frame(struct import *m)
{
	struct header h;
	struct job *j;
	char *to;

	read_all(&m->f, &h, sizeof h);
	if (h.kind == END)
		return 0;
	if (ring_busy(m->ring) == SLOTS)
		apply(m);
	j = ring_free(m->ring);
	j->h = h;
	j->err = (struct err)ERR_INIT;
	buf_reset(&j->plain);
	buf_reset(&j->stored);
	if ((to = buf_room(&j->stored, h.stored)) == NULL)
		errx(1, "out of memory");
	read_all(&m->f, to, h.stored);
	j->stored.len = h.stored;
	ring_submit(m->ring);
	return 1;
}

static void
yard_import(const char *bundle, const char *db)
{
	struct import m = { .ring = NULL, .blob = { .fd = -1 } };

	verify(&m.f, bundle);
	if (lseek(m.f.fd, 0, SEEK_SET) != 0)
		err(1, "%s", bundle);
	m.ring = start(unpack);
	shelf_open(&m.s, db);
	shelf_begin(&m.s);
	while (import_frame(&m))
		;
	while (ring_busy(m.ring) > 0)
		apply(&m);
	shelf_commit(&m.s);
	ring_free_all(&m.ring);
	printf("%lu objects, %lu reviews, %lu blobs\n", m.s.objects,
	    m.s.reviews, m.s.blobs);
	shelf_close(&m.s);
	(void)close(m.f.fd);
}

static void
yard_make(const char *lines, const char *db)
{
	CLEANUP(buf_freep) char *folder = strdup(lines);
	CLEANUP(buf_freep) char *line = NULL;
	FILE *f = fopen(lines, "r");
	struct shelf s;
	size_t cap = 0;
	ssize_t n;

	if (folder == NULL || f == NULL)
		err(1, "%s", lines);
	if (strrchr(folder, '/') == NULL)
		errx(1, "%s: wanted FOLDER/FILE", lines);
	*strrchr(folder, '/') = '\0';
	shelf_open(&s, db);
	shelf_begin(&s);
	while ((n = getline(&line, &cap, f)) > 0)
		shelf_put(&s, (struct span){ line, (size_t)n - 1 }, folder);
	shelf_commit(&s);
	printf("%lu objects, %lu reviews, %lu blobs\n", s.objects, s.reviews,
	    s.blobs);
	shelf_close(&s);
	(void)fclose(f);
}

int
main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";
	struct shelf s;
	struct file f;

	if (sodium_init() < 0)
		errx(1, "libsodium does not start");
	if (strcmp(verb, "make") == 0 && argc == 4)
		yard_make(argv[2], argv[3]);
	else if (strcmp(verb, "export") == 0 && (argc == 4 || argc == 5))
		yard_export(argv[2], argv[3], argc == 5 ? atoll(argv[4]) : 0);
	else if (strcmp(verb, "verify") == 0 && argc == 3)
		verify(&f, argv[2]);
	else if (strcmp(verb, "import") == 0 && argc == 4)
		yard_import(argv[2], argv[3]);
	else if (strcmp(verb, "seq") == 0 && argc == 3) {
		shelf_open(&s, argv[2]);
		printf("%lld\n", (long long)s.seq);
		shelf_close(&s);
	} else
		errx(2, "usage: yard make LINES DB | export DB BUNDLE "
		    "[SINCE] | verify BUNDLE | import BUNDLE DB | seq DB");
	return 0;
}
