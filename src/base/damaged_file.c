#include "base/damaged_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/folder.h"

#define NUMBER_MAX 999999999ul

/* In the order of renaming. The logs go first: a new database must not find them. PATH-shm is only
 * an index of the log, so it is deleted. */
static const char *const parts[] = {"-wal", "-journal", ""};

struct aside {
	int folder;
	const char *name;			   /* of the damaged file, in its folder */
	unsigned long numbers[DAMAGED_FILES_KEPT]; /* the highest in use, in descending order */
};

static bool is_part(const char *suffix)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (!strcmp(parts[i], suffix))
			return true;
	return false;
}

/* N, if `entry` is NAME.damaged-N or one of its logs; 0 for any other name. */
static unsigned long number_of(const char *entry, const char *name)
{
	size_t length = strlen(name), mark = strlen(DAMAGED_FILE_MARK);
	unsigned long number;
	char *end;

	if (strncmp(entry, name, length) != 0 ||
	    strncmp(entry + length, DAMAGED_FILE_MARK, mark) != 0)
		return 0;
	entry += length + mark;
	if (*entry < '1' || *entry > '9')
		return 0;
	number = strtoul(entry, &end, 10);
	return !is_part(end) || number > NUMBER_MAX ? 0 : number;
}

static void note(struct aside *aside, unsigned long number)
{
	for (size_t i = 0; i < DAMAGED_FILES_KEPT; i++) {
		unsigned long lower = aside->numbers[i];

		if (number == lower)
			return;
		if (number < lower)
			continue;
		aside->numbers[i] = number;
		number = lower;
	}
}

static int find_numbers(struct aside *aside)
{
	DIR *dir = folder_open_again(aside->folder);
	const struct dirent *entry;

	if (!dir)
		return ERROR_SYSTEM;
	while ((entry = readdir(dir)))
		note(aside, number_of(entry->d_name, aside->name));
	closedir(dir);
	return 0;
}

static void remove_number(const struct aside *aside, unsigned long number)
{
	char name[NAME_MAX + 1];

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		snprintf(name, sizeof(name), "%s" DAMAGED_FILE_MARK "%lu%s", aside->name, number,
			 parts[i]);
		unlinkat(aside->folder, name, 0);
	}
}

static void remove_older(const struct aside *aside)
{
	unsigned long last = aside->numbers[DAMAGED_FILES_KEPT - 1], number;
	DIR *dir = folder_open_again(aside->folder);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		number = number_of(entry->d_name, aside->name);
		if (number && number < last)
			remove_number(aside, number);
	}
	if (dir)
		closedir(dir);
}

static int move_parts(const struct aside *aside, unsigned long number, struct error *err)
{
	char from[NAME_MAX + 1], to[NAME_MAX + 1];

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (snprintf(from, sizeof(from), "%s%s", aside->name, parts[i]) > NAME_MAX ||
		    snprintf(to, sizeof(to), "%s" DAMAGED_FILE_MARK "%lu%s", aside->name, number,
			     parts[i]) > NAME_MAX)
			return error_set(err, ERROR_TOO_LARGE,
					 "%s: the name is too long: choose a shorter one",
					 aside->name);
		if (renameat(aside->folder, from, aside->folder, to) &&
		    (errno != ENOENT || !*parts[i]))
			return error_set_errno(err, ERROR_SYSTEM, errno,
					       "cannot move the damaged file %s to %s (check who "
					       "may write to its folder)",
					       from, to);
	}
	snprintf(from, sizeof(from), "%s-shm", aside->name);
	unlinkat(aside->folder, from, 0);
	return 0;
}

static int move(struct aside *aside, unsigned long *ret_number, struct error *err)
{
	unsigned long number;
	int ret;

	if (find_numbers(aside))
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "cannot read the folder of %s (check its mode and owner)",
				       aside->name);
	number = aside->numbers[0] + 1;
	if (number > NUMBER_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "%s" DAMAGED_FILE_MARK
				 "%lu has the highest possible number: delete it or move it "
				 "elsewhere",
				 aside->name, aside->numbers[0]);
	ret = move_parts(aside, number, err);
	if (ret)
		return ret;
	if (fsync(aside->folder) && errno != EINVAL)
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "cannot write the folder of %s to the disk (check the disk)",
				       aside->name);
	/* Delete older files only now that the renamed one is safe on the disk. */
	note(aside, number);
	remove_older(aside);
	*ret_number = number;
	return 0;
}

int damaged_file_move_aside(const char *path, char *ret_aside, size_t size, struct error *err)
{
	const char *slash = strrchr(path, '/');
	struct aside aside = {.name = slash ? slash + 1 : path};
	unsigned long number = 0;
	char folder[PATH_MAX];
	int ret;

	/* 40 bytes are enough for the mark, a number and the suffix of a log. */
	if (strlen(path) + 40 >= size || strlen(path) + 40 >= sizeof(folder))
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: the path is too long: use a folder with a shorter path",
				 path);
	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1,
		 slash ? path : ".");
	aside.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (aside.folder < 0)
		return error_set_errno(
			err, ERROR_SYSTEM, errno,
			"%s: cannot open the folder of this file (check its mode and owner)", path);
	ret = move(&aside, &number, err);
	close(aside.folder);
	if (!ret)
		snprintf(ret_aside, size, "%s" DAMAGED_FILE_MARK "%lu", path, number);
	return ret;
}
