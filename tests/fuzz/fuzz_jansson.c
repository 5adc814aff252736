/* fuzz_jansson.c: any text as JSON for json_canon and for jansson.  They take
 * the same texts and read the same values, but for two things: numbers beyond
 * what jansson can hold are text here, and so is a NUL in a key.
 */
#include <jansson.h>

#include "mutate.h"

#define DEPTH 128

static void check_value(const json_t *want, struct json_span got);

static void
json_freep(json_t **value)
{
	json_decref(*value);
}

static void
check_string(const char *want, size_t len, struct json_span got)
{
	CLEANUP(buf_clear) struct buf says = BUF_INIT;

	json_unescape(&says, got);
	ALWAYS(fuzz_same(&says, want, len));
}

static void
check_number(const json_t *want, struct json_span got)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	double real = json_number_value(want);
	uint64_t n;

	buf_add(&text, got.at, got.len);
	ALWAYS(json_kind(got) == 0 && buf_str(&text) != NULL);
	if (!json_is_integer(want)) {
		ALWAYS(strpbrk(text.at, ".eE") != NULL);
		ALWAYS(memcmp(&real, &(double){ strtod(text.at, NULL) },
		    sizeof real) == 0);
		return;
	}
	ALWAYS(strtoll(text.at, NULL, 10) == json_integer_value(want));
	if (json_uint(&n, got, INT64_MAX) == 0)
		ALWAYS((json_int_t)n == json_integer_value(want));
}

static void
check_object(const json_t *want, struct json_span got)
{
	CLEANUP(buf_clear) struct buf says = BUF_INIT;
	struct json_walk w = json_walk(got);
	struct json_span key, value;

	ALWAYS(json_kind(got) == '{');
	ALWAYS(json_count(got) == json_object_size(want));
	while (json_next(&w, &key, &value)) {
		buf_reset(&says);
		json_unescape(&says, (struct json_span){ key.at - 1,
		    key.len + 2 });
		ALWAYS(buf_str(&says) != NULL);
		check_value(json_object_get(want, says.at), value);
	}
}

static void
check_array(const json_t *want, struct json_span got)
{
	struct json_walk w = json_walk(got);
	struct json_span key, value;
	size_t i;

	ALWAYS(json_kind(got) == '[');
	ALWAYS(json_count(got) == json_array_size(want));
	for (i = 0; json_next(&w, &key, &value); i++)
		check_value(json_array_get(want, i), value);
}

static void
check_value(const json_t *want, struct json_span got)
{
	ALWAYS(want != NULL);
	if (json_is_object(want))
		check_object(want, got);
	else if (json_is_array(want))
		check_array(want, got);
	else if (json_is_number(want))
		check_number(want, got);
	else if (json_is_string(want))
		check_string(json_string_value(want),
		    json_string_length(want), got);
	else
		ALWAYS(json_is(got, json_is_null(want) ? "null" :
		    json_is_true(want) ? "true" : "false"));
}

/* Is the text nested deeper than json_canon goes?  Brackets alone count. */
static int
is_deep(const uint8_t *data, size_t size)
{
	size_t i, n = 0;

	for (i = 0; i < size; i++)
		n += data[i] == '[' || data[i] == '{';
	return n > DEPTH;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_error_t why = { .line = 0 };
	CLEANUP(json_freep) json_t *tree = json_loadb((const char *)data, size,
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
	CLEANUP(buf_clear) struct buf canon = BUF_INIT;
	struct err err = ERR_INIT;
	int rc = json_canon(&canon, (const char *)data, size, DEPTH, &err);

	if (!fuzz_took(rc, &err, "E_JSON")) {
		ALWAYS(canon.len == 0);
		ALWAYS(tree == NULL || is_deep(data, size));
		return 0;
	}
	if (tree == NULL)
		ALWAYS(json_error_code(&why) == json_error_numeric_overflow ||
		    json_error_code(&why) == json_error_null_byte_in_key);
	else
		check_value(tree, json_of(&canon));
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_by(mutate_json, data, size, max, seed);
}
