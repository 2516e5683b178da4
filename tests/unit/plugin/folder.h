/* A folder of its own for each test, and short words for what is put into it. */
#ifndef HARVESTER_TESTS_FOLDER_H
#define HARVESTER_TESTS_FOLDER_H

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct folder {
	char path[64];
};

static inline int folder_setup(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	snprintf(folder->path, sizeof(folder->path), "/tmp/harvester-test-XXXXXX");
	*state = folder;
	return mkdtemp(folder->path) ? 0 : -1;
}

static inline int folder_unlink(const char *path, const struct stat *stat, int type,
				struct FTW *where)
{
	(void)stat;
	(void)type;
	(void)where;
	return remove(path);
}

static inline int folder_teardown(void **state)
{
	struct folder *folder = *state;

	nftw(folder->path, folder_unlink, 16, FTW_DEPTH | FTW_PHYS);
	free(folder);
	return 0;
}

/* The path of something in the folder; good until the eighth call after this one. */
static inline const char *at(const struct folder *folder, const char *name)
{
	static char paths[8][512];
	static unsigned turn;
	char *path = paths[turn++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder->path, name);
	return path;
}

static inline void make_folder(const struct folder *folder, const char *name)
{
	assert_int_equal(mkdir(at(folder, name), 0755), 0);
}

static inline void make_data(const struct folder *folder, const char *name, const void *data,
			     size_t size)
{
	int fd = open(at(folder, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), (ssize_t)size);
	close(fd);
}

static inline void make_file(const struct folder *folder, const char *name, const char *text)
{
	make_data(folder, name, text, strlen(text));
}

static inline void make_link(const struct folder *folder, const char *name, const char *to)
{
	assert_int_equal(symlink(to, at(folder, name)), 0);
}

static inline int exists(const struct folder *folder, const char *name)
{
	return !access(at(folder, name), F_OK);
}

#endif
