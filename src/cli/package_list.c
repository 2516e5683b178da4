#include "cli/package_list.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

#define METADATA_SIZE_MAX (4u << 20)
#define END ".dist-info"

/* Packages that runtime/python/stand_ins replaces, packages that only those require, and pip's own
 * tools. */
static const char *const left_out[] = {
	"adafruit-blinka",
	"adafruit-platformdetect",
	"adafruit-pureio",
	"binho-host-adapter",
	"lgpio",
	"pigpio",
	"pip",
	"pyftdi",
	"pyserial",
	"pyusb",
	"rpi-gpio",
	"rpi-lgpio",
	"setuptools",
	"smbus",
	"smbus2",
	"spidev",
	"sysv-ipc",
	"wheel",
};

int package_name(const char *requirement, char ret_name[PACKAGE_NAME_SIZE], struct error *err)
{
	size_t length = 0;

	for (const char *c = requirement; isalnum((unsigned char)*c) || (*c && strchr("-_.", *c));
	     c++) {
		bool is_separator = !isalnum((unsigned char)*c);

		if (is_separator && (!length || ret_name[length - 1] == '-'))
			continue;
		if (length == PACKAGE_NAME_SIZE - 1)
			break;
		ret_name[length++] = is_separator ? '-' : (char)tolower((unsigned char)*c);
	}
	ret_name[length] = '\0';
	if (!length || !isalnum((unsigned char)*requirement) || length == PACKAGE_NAME_SIZE - 1 ||
	    strstr(requirement, " @ "))
		return error_set(
			err, ERROR_INVALID,
			"%.200s is not a package's name: give one such as smbus2 or smbus2==0.4.3",
			requirement);
	return 0;
}

bool package_is_left_out(const char *name)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
		if (!strcmp(name, left_out[i]))
			return true;
	}
	return false;
}

bool package_list_has(const struct package_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!strcmp(list->items[i], text))
			return true;
	}
	return false;
}

int package_list_add(struct package_list *list, const char *text, struct error *err)
{
	char *copy;

	if (package_list_has(list, text))
		return 0;
	if (list->count == PACKAGES_MAX)
		return error_set(
			err, ERROR_TOO_LARGE,
			"more than %d packages with their requirements: add fewer at a time",
			PACKAGES_MAX);
	copy = strdup(text);
	if (!copy)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading the list of packages; this machine "
				 "needs more free memory");
	list->items[list->count++] = copy;
	return 0;
}

void package_list_finish(struct package_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	list->count = 0;
}

/* The lines "Requires-Dist: …" of the header, which ends at an empty line. */
static int read_needs(const char *folder, const char *entry, struct package_list *needs,
		      struct error *err)
{
	static const char key[] = "Requires-Dist: ";
	char path[PATH_MAX];
	struct buffer text;
	int ret;

	if (snprintf(path, sizeof(path), "%s/%s/METADATA", folder, entry) >= (int)sizeof(path))
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: the path is too long: use a folder with a shorter path",
				 folder);
	ret = buffer_read_file(&text, path, METADATA_SIZE_MAX, err);
	if (ret)
		return ret;
	for (char *line = text.data, *next; line && !strchr("\r\n", *line) && !ret; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line[strcspn(line, "\r")] = '\0';
		if (!strncmp(line, key, sizeof(key) - 1) && !strstr(line, "extra =="))
			ret = package_list_add(needs, line + sizeof(key) - 1, err);
	}
	buffer_finish(&text);
	return ret;
}

static bool is_package(const char *entry)
{
	size_t length = strlen(entry), end = strlen(END);

	return length > end && !strcmp(entry + length - end, END);
}

int package_list_read(const char *folder, struct package_list *names, struct package_list *needs,
		      struct error *err)
{
	char name[PACKAGE_NAME_SIZE], first[PACKAGE_NAME_SIZE];
	const struct dirent *entry;
	DIR *dir = opendir(folder);
	int ret = 0;

	while (dir && !ret && (entry = readdir(dir))) {
		if (!is_package(entry->d_name))
			continue;
		snprintf(first, sizeof(first), "%.*s", (int)strcspn(entry->d_name, "-"),
			 entry->d_name);
		ret = package_name(first, name, err);
		if (!ret && needs && !package_list_has(names, name))
			ret = read_needs(folder, entry->d_name, needs, err);
		if (!ret)
			ret = package_list_add(names, name, err);
	}
	if (dir)
		closedir(dir);
	return ret;
}
