#include "pairs.h"

#include <stdlib.h>
#include <string.h>

void
pairs_clear(struct pairs *p)
{
	while (p->count > 0)
		pairs_drop(p);
	free(p->keys);
	free(p->at);
	*p = (struct pairs)PAIRS_INIT;
}

static int
grow(struct pairs *p, struct err *err)
{
	struct config_pair *at;
	char **keys;

	at = realloc(p->at, (p->count + 1) * sizeof *at);
	if (at == NULL)
		return err_oom(err);
	p->at = at;
	keys = realloc(p->keys, (p->count + 1) * sizeof *keys);
	if (keys == NULL)
		return err_oom(err);
	p->keys = keys;
	return 0;
}

int
pairs_add(struct pairs *p, const char *text, struct err *err)
{
	const char *value = strchr(text, '=');

	if (value == NULL)
		return err_set(err, E_USAGE, "\"%.64s\": KEY=VALUE expected",
		    text);
	if (grow(p, err) < 0)
		return -(int)err->code;
	p->keys[p->count] = strndup(text, (size_t)(value - text));
	if (p->keys[p->count] == NULL)
		return err_oom(err);
	p->at[p->count] = (struct config_pair){ p->keys[p->count],
	    value + 1 };
	p->count++;
	return 0;
}

void
pairs_drop(struct pairs *p)
{
	free(p->keys[--p->count]);
}
