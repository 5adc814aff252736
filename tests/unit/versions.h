/* versions.h: versions and sibling sets for tests. */
#ifndef SATCHEL_TEST_VERSIONS_H
#define SATCHEL_TEST_VERSIONS_H

#include <sodium.h>

#include "../../base/text.h"
#include "../../store/merge.h"
#include "unit.h"

#define SET_MAX 64

struct set {
	struct version own[SET_MAX];
	struct version *list[SET_MAX];
	struct siblings s;
};

static inline struct json_span
span(const char *text)
{
	return (struct json_span){ text, strlen(text) };
}

static inline struct json_span
span_of(const struct buf *b)
{
	return (struct json_span){ b->at, b->len };
}

/* The dot of a name such as "b7": the seventh version of site b. */
static inline struct dot
dot_of(const char *name)
{
	struct dot d = { .n = strtoull(name + 1, NULL, 10) };

	d.actor.generation = 1;
	d.actor.site[0] = name[0];
	memset(d.actor.nonce, '0', NONCE_LEN);
	return d;
}

/* Read `v`, whose text is set, and give it its own copy. */
static inline int
make(struct version *v, struct err *err)
{
	(void)crypto_generichash(v->hash, 32,
	    (const unsigned char *)v->content.at, v->content.len, NULL, 0);
	return version_own(v, err);
}

/* Append canonical JSON, dots for names in it: "[@a1@,@b7@]". */
static inline void
expand(struct buf *out, const char *text)
{
	char name[16];
	struct dot d;
	size_t n;

	for (; *text != '\0'; text++) {
		if (*text != '@') {
			buf_addc(out, *text);
			continue;
		}
		n = strcspn(text + 1, "@");
		(void)snprintf(name, sizeof name, "%.*s", (int)n, text + 1);
		d = dot_of(name);
		dot_add(out, &d);
		text += n + 1;
	}
}

/* `names` are those of dot and birth, as in "b7 a1". */
static inline int
try_version(struct version *v, const char *names, const char *context,
    const char *stamps, const char *content, struct err *err)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT, b = BUF_INIT;

	expand(&a, context);
	expand(&b, stamps);
	v->dot = dot_of(names);
	v->born = dot_of(strchr(names, ' ') + 1);
	v->context = span_of(&a);
	v->stamps = span_of(&b);
	v->content = span(content);
	return make(v, err);
}

static inline void
set_clear(struct set *t)
{
	size_t i;

	for (i = 0; i < t->s.count; i++)
		version_clear(&t->own[i]);
	t->s.count = 0;
}

static inline void
set_add(struct set *t, const char *dot, const char *born, const char *context,
    const char *stamps, const char *content)
{
	struct version *v = &t->own[t->s.count];
	struct err err = ERR_INIT;
	char names[32];

	*v = (struct version)VERSION_INIT;
	(void)snprintf(names, sizeof names, "%s %s", dot, born);
	CHECK_OK(try_version(v, names, context, stamps, content, &err), &err);
	t->list[t->s.count++] = v;
	t->s.v = t->list;
}

#endif
