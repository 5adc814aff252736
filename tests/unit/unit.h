/* unit.h: a small frame for unit tests.
 *
 *	TEST(name) { CHECK(condition); CHECK_STR(got, "expected"); }
 *	int main(void) { return unit_run(); }
 *
 * Each TEST registers itself.  A failed check prints where and ends its
 * test.  The last line is "N passed, N failed"; the exit status is 1 if any
 * failed.  UNIT_ONLY=name runs one.
 */
#ifndef SATCHEL_UNIT_H
#define SATCHEL_UNIT_H

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit_case {
	const char *name;
	void (*run)(void);
	struct unit_case *next;
};

static struct unit_case *unit_first;
static struct unit_case **unit_end = &unit_first;
static jmp_buf unit_out;

#define TEST(name_)							\
	static void test_##name_(void);					\
	static struct unit_case case_##name_ = { #name_, test_##name_, NULL };\
	__attribute__((constructor)) static void			\
	register_##name_(void)						\
	{								\
		*unit_end = &case_##name_;				\
		unit_end = &case_##name_.next;				\
	}								\
	static void test_##name_(void)

#define FAIL(...) do {							\
	fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);			\
	fprintf(stderr, __VA_ARGS__);					\
	fputc('\n', stderr);						\
	longjmp(unit_out, 1);						\
} while (0)

#define CHECK(cond) do {						\
	if (!(cond))							\
		FAIL("not so: %s", #cond);				\
} while (0)

#define CHECK_INT(got, want) do {					\
	long long got_ = (long long)(got), want_ = (long long)(want);	\
	if (got_ != want_)						\
		FAIL("%s is %lld, not %lld", #got, got_, want_);	\
} while (0)

#define CHECK_STR(got, want) do {					\
	const char *got_ = (got), *want_ = (want);			\
	if (strcmp(got_, want_) != 0)					\
		FAIL("%s is \"%s\", not \"%s\"", #got, got_, want_);	\
} while (0)

/* The call succeeds, or what its struct err says is shown. */
#define CHECK_OK(call, err) do {					\
	if ((call) < 0)							\
		FAIL("%s: %s: %s", #call, err_name((err)->code),	\
		    (err)->text);					\
} while (0)

/* The call fails with this name; the error is then cleared. */
#define CHECK_ERR(call, err, code_) do {				\
	if ((call) >= 0)						\
		FAIL("%s succeeds, not %s", #call, err_name(code_));	\
	if ((err)->code != (code_))					\
		FAIL("%s is %s (%s), not %s", #call,			\
		    err_name((err)->code), (err)->text, err_name(code_));\
	err_clear(err);							\
} while (0)

static int
unit_run(void)
{
	const char *only = getenv("UNIT_ONLY");
	/* Static: locals do not outlive a longjmp (C11 7.13.2.1). */
	static int passed, failed;
	static struct unit_case *c;

	for (c = unit_first; c != NULL; c = c->next) {
		if (only != NULL && strcmp(only, c->name) != 0)
			continue;
		if (setjmp(unit_out) == 0) {
			c->run();
			passed++;
		} else {
			fprintf(stderr, "FAILED %s\n", c->name);
			failed++;
		}
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0;
}

#endif
