/*
 * Python packages by name, as `harvester plugin add-package` counts them: which are there, which
 * have no place in a plugin, what each of them needs.
 */
#ifndef HARVESTER_CLI_PACKAGE_LIST_H
#define HARVESTER_CLI_PACKAGE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct error;

#define PACKAGES_MAX 256
#define PACKAGE_NAME_SIZE 101

/* Texts, each once: names, or requirements. `package_list_finish()` frees them. */
struct package_list {
	char *items[PACKAGES_MAX]; /* owned */
	size_t count;
};

/*
 * The normal form of the name that a requirement ("RPi.GPIO>=0.7; extra ...") starts with:
 * "rpi-gpio". ERROR_INVALID where it starts with none. (Python packaging: names, normalisation.)
 */
int package_name(const char *requirement, char ret_name[PACKAGE_NAME_SIZE], struct error *err);

/* Has the runtime a module of its own in place of it, or no use for it? `name` is in normal form.
 */
bool package_is_left_out(const char *name);

bool package_list_has(const struct package_list *list, const char *text);
/* One that is there already is no error. ERROR_TOO_LARGE, ERROR_NO_MEMORY. */
int package_list_add(struct package_list *list, const char *text, struct error *err);
void package_list_finish(struct package_list *list);

/*
 * The packages whose NAME-VERSION.dist-info is in `folder`, by their names, to `names`, and what
 * they need (without extras) to `needs`, which may be NULL. A folder that is missing has none.
 */
int package_list_read(const char *folder, struct package_list *names, struct package_list *needs,
		      struct error *err);

#endif
