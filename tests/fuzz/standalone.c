/* standalone.c: main() for a fuzz target where there is no libFuzzer: each
 * file named, and each file in a folder named, goes through it once.  The
 * last line is "N passed, N failed"; a target that finds something aborts.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "../../base/file.h"
#include "fuzz.h"

#define FILE_MAX 67108864u
#define PATH_LEN 4096

static int passed, failed;

/* The targets' changes need libFuzzer: here they are not asked for. */
size_t
LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
{
	(void)data;
	(void)max;
	return size;
}

/* Through the target, from memory that ends where the file ends. */
static void
replay_file(const char *path)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT;
	CLEANUP(buf_freep) uint8_t *exact = NULL;
	struct err err = ERR_INIT;

	if (file_read_all(path, FILE_MAX, &text, &err) < 0 ||
	    (exact = malloc(text.len > 0 ? text.len : 1)) == NULL) {
		fprintf(stderr, "%s\n", err.text);
		failed++;
		return;
	}
	if (text.len > 0)
		memcpy(exact, text.at, text.len);
	fprintf(stderr, "%s\n", path);
	(void)LLVMFuzzerTestOneInput(exact, text.len);
	passed++;
}

static int
is_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void
replay_folder(const char *path)
{
	struct dirent **list = NULL;
	int n = scandir(path, &list, is_visible, alphasort), i;
	char name[PATH_LEN];

	if (n <= 0) {
		fprintf(stderr, "%s: no files\n", path);
		failed++;
	}
	for (i = 0; i < n; i++) {
		(void)snprintf(name, sizeof name, "%s/%s", path,
		    list[i]->d_name);
		replay_file(name);
		free(list[i]);
	}
	free(list);
}

int
main(int argc, char **argv)
{
	struct stat st;
	int i;

	if (argc < 2) {
		fprintf(stderr, "usage: %s FILE|FOLDER...\n", argv[0]);
		return 2;
	}
	for (i = 1; i < argc; i++) {
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			replay_folder(argv[i]);
		else
			replay_file(argv[i]);
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0;
}
