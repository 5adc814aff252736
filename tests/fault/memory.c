#include "memory.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef __has_feature			/* gcc has macros for it */
#define __has_feature(x) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)

struct memory *
memory_shared(void)
{
	return NULL;
}

void
memory_arm(unsigned at, int on)
{
	(void)at;
	(void)on;
}

void
memory_disarm(void)
{
}

#else

/* glibc's own, under the names that it keeps for programs like this. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *at);

static struct memory *shared;
static int armed;

struct memory *
memory_shared(void)
{
	void *page;

	if (shared != NULL)
		return shared;
	page = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	shared = page == MAP_FAILED ? NULL : page;
	return shared;
}

void
memory_arm(unsigned at, int on)
{
	*shared = (struct memory){ .at = at, .on = on };
	armed = 1;
}

void
memory_disarm(void)
{
	armed = 0;
}

static int
fails(void)
{
	unsigned n;

	if (!armed)
		return 0;
	n = __atomic_add_fetch(&shared->calls, 1, __ATOMIC_RELAXED);
	if (shared->at == 0 || n < shared->at ||
	    (n > shared->at && !shared->on))
		return 0;
	(void)__atomic_add_fetch(&shared->fired, 1, __ATOMIC_RELAXED);
	errno = ENOMEM;
	return 1;
}

static void *
count(void *at)
{
	if (armed && at != NULL)
		(void)__atomic_add_fetch(&shared->blocks, 1,
		    __ATOMIC_RELAXED);
	return at;
}

void *
malloc(size_t size)
{
	return fails() ? NULL : count(__libc_malloc(size));
}

void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : count(__libc_calloc(n, size));
}

void *
realloc(void *at, size_t size)
{
	if (fails())
		return NULL;
	return at == NULL ? count(__libc_realloc(at, size)) :
	    __libc_realloc(at, size);
}

void *
memalign(size_t alignment, size_t size)
{
	return fails() ? NULL : count(__libc_memalign(alignment, size));
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int
posix_memalign(void **ret, size_t alignment, size_t size)
{
	*ret = memalign(alignment, size);
	return *ret == NULL ? ENOMEM : 0;
}

void
free(void *at)
{
	if (armed && at != NULL)
		(void)__atomic_sub_fetch(&shared->blocks, 1,
		    __ATOMIC_RELAXED);
	__libc_free(at);
}

#endif
