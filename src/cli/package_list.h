/*
 * A list of Python packages, for `harvester plugin add-package`: which are installed in a folder,
 * which packages they require, and which the runtime replaces.
 */
#ifndef HARVESTER_CLI_PACKAGE_LIST_H
#define HARVESTER_CLI_PACKAGE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct error;

#define PACKAGES_MAX 256
#define PACKAGE_NAME_SIZE 101

/* Package names or requirements, each once. The caller calls package_list_finish(). */
struct package_list {
	char *items[PACKAGES_MAX]; /* owned */
	size_t count;
};

/*
 * The normalised name (PEP 503) at the start of a requirement: "rpi-gpio" for "RPi.GPIO>=0.7;
 * extra ...". ERROR_INVALID if the requirement does not start with a package's name.
 */
int package_name(const char *requirement, char ret_name[PACKAGE_NAME_SIZE], struct error *err);

/* True if the Python runtime has a module in place of the package, or does not need it. `name` is
 * normalised. */
bool package_is_left_out(const char *name);

bool package_list_has(const struct package_list *list, const char *text);
/* Copy `text` into the list, unless it is in it already. ERROR_TOO_LARGE, ERROR_NO_MEMORY. */
int package_list_add(struct package_list *list, const char *text, struct error *err);
void package_list_finish(struct package_list *list);

/*
 * Find the packages in `folder` by their NAME-VERSION.dist-info. Add their names to `names`, and
 * their requirements (without extras) to `needs`, which may be NULL. A folder that does not exist
 * contains no packages.
 */
int package_list_read(const char *folder, struct package_list *names, struct package_list *needs,
		      struct error *err);

#endif
