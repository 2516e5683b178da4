/*
 * Finds the program's own files, relative to the running program, and the default data folder.
 */
#ifndef HARVESTER_CONFIG_PATHS_H
#define HARVESTER_CONFIG_PATHS_H

#include <limits.h>

struct error;

struct paths {
	char guest_program[PATH_MAX];	    /* beside harvester, or in ../libexec/harvester */
	char runtime_artifact[PATH_MAX];    /* the Python runtime: beside harvester, or in
					       ../lib/harvester; "" if there is none */
	char interpreted_runtime[PATH_MAX]; /* the same for `target = "pulley64"` */
	char template_folder[PATH_MAX];	    /* templates for `plugin new`; "" if there is none */
};

void paths_find(struct paths *ret_paths);

/*
 * The Python runtime for plugins that are compiled (`target` is NULL) or interpreted. Borrowed;
 * NULL if this installation has none.
 */
const char *paths_runtime(const struct paths *paths, const char *target);

/* The data folder if none is configured: systemd's STATE_DIRECTORY, else one in the user's home. */
void paths_data_folder(char *ret_path, unsigned long size);

/* Create the data folder and its missing parent folders. ERROR_SYSTEM. */
int paths_make_folder(const char *path, struct error *err);

#endif
