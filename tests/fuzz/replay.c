/*
 * replay FILE-OR-FOLDER…: runs a fuzz target over inputs that are kept, as a test. Fails where
 * there is none.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/error.h"
#include "fuzz.h"

#define INPUT_SIZE_MAX (4u << 20)

static int replay(const char *path)
{
	struct error err = {0};
	struct buffer file;
	uint8_t *data;

	if (buffer_read_file(&file, path, INPUT_SIZE_MAX, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	/* Of exactly its size, so that the sanitizer sees a read past its end. */
	data = malloc(file.size ? file.size : 1);
	CHECK(data);
	if (file.size)
		memcpy(data, file.data, file.size);
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, file.size);
	free(data);
	buffer_finish(&file);
	return 1;
}

/* How many inputs were run; negative: one could not be read. */
static int replay_folder(const char *path, DIR *folder)
{
	char file[PATH_MAX];
	struct dirent *entry;
	struct stat status;
	int count = 0, ret;

	while ((entry = readdir(folder))) {
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] == '.' || stat(file, &status) || !S_ISREG(status.st_mode))
			continue;
		ret = replay(file);
		if (ret < 0)
			return ret;
		count += ret;
	}
	return count;
}

static int replay_path(const char *path)
{
	DIR *folder = opendir(path);
	int ret;

	if (!folder)
		return errno == ENOTDIR ? replay(path) : 0;
	ret = replay_folder(path, folder);
	closedir(folder);
	return ret;
}

int main(int argc, char **argv)
{
	int count = 0;

	for (int i = 1; i < argc; i++) {
		int ret = replay_path(argv[i]);

		if (ret < 0)
			return EXIT_FAILURE;
		count += ret;
	}
	printf("%d inputs\n", count);
	return count ? EXIT_SUCCESS : EXIT_FAILURE;
}
