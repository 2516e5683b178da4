#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "config/rules.h"
#include "hardware/bus/w1.h"

#define PATH_SIZE 512

struct w1_files {
	struct w1_bus base;
	char *root; /* owned */
};

static int list(struct w1_bus *bus, char (*ret_names)[W1_NAME_SIZE], size_t *ret_count,
		struct error *err)
{
	const char *root = ((struct w1_files *)bus)->root;
	DIR *folder = opendir(root);
	struct dirent *entry;
	size_t count = 0;

	if (!folder && errno == ENOENT)
		return error_set(err, ERROR_NOT_FOUND,
				 "no 1-wire bus: there is no %s (on a Raspberry Pi, put "
				 "`dtoverlay=w1-gpio` into config.txt and restart it)",
				 root);
	if (!folder)
		return error_set_errno(
			err, ERROR_SYSTEM, errno,
			"cannot list the 1-wire devices in %s (check who may read it)", root);
	while (count < W1_DEVICES_MAX && (entry = readdir(folder)))
		if (rule_is_w1(entry->d_name))
			memcpy(ret_names[count++], entry->d_name, W1_NAME_SIZE);
	closedir(folder);
	*ret_count = count;
	return 0;
}

static int fail(const char *name, const char *path, struct error *err)
{
	if (errno == ENOENT || errno == ENODEV)
		return error_set(err, ERROR_NOT_FOUND,
				 "no 1-wire device %s on the bus: check its wires and its pull-up",
				 name);
	return error_set_errno(err, ERROR_SYSTEM, errno,
			       "cannot read %s (check the wires of the 1-wire bus)", path);
}

/* Read to the end of the file. A result of W1_TEXT_SIZE bytes means that the file is too long. */
static ssize_t read_all(int fd, char ret_text[W1_TEXT_SIZE])
{
	size_t size = 0;
	ssize_t got;

	do {
		got = read(fd, ret_text + size, W1_TEXT_SIZE - size);
		if (got < 0 && errno != EINTR)
			return -1;
		size += got > 0 ? (size_t)got : 0;
	} while (got != 0 && size < W1_TEXT_SIZE);
	return (ssize_t)size;
}

static int read_slave(struct w1_bus *bus, const char *name, char ret_text[W1_TEXT_SIZE],
		      struct error *err)
{
	char path[PATH_SIZE], text[W1_TEXT_SIZE];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "%s/%s/w1_slave", ((struct w1_files *)bus)->root, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(name, path, err);
	size = read_all(fd, text);
	if (size < 0) {
		int ret = fail(name, path, err);

		close(fd);
		return ret;
	}
	close(fd);
	if (size == W1_TEXT_SIZE)
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: more than %d bytes, so it is not a thermometer's file: use a "
				 "DS18B20 or one like it",
				 path, W1_TEXT_SIZE - 1);
	memcpy(ret_text, text, (size_t)size);
	ret_text[size] = '\0';
	return 0;
}

static void close_files(struct w1_bus *bus)
{
	free(((struct w1_files *)bus)->root);
	free(bus);
}

int w1_files_open(const char *root, struct w1_bus **ret_bus, struct error *err)
{
	static const struct w1_bus_ops ops = {
		.list = list,
		.read = read_slave,
		.close = close_files,
	};
	struct w1_files *files = calloc(1, sizeof(*files));

	if (files)
		files->root = strdup(root);
	if (!files || !files->root) {
		free(files);
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the 1-wire bus; this machine needs "
				 "more free memory");
	}
	files->base.ops = &ops;
	*ret_bus = &files->base;
	return 0;
}
