/*
 * Where the parts of this installation are: found from where the running program lies.
 */
#ifndef HARVESTER_CONFIG_PATHS_H
#define HARVESTER_CONFIG_PATHS_H

#include <limits.h>

struct error;

struct paths {
	char guest_program[PATH_MAX];	 /* beside harvester, or in ../libexec/harvester */
	char runtime_artifact[PATH_MAX]; /* beside harvester, or in ../lib/harvester; "" if not
					    there */
	char template_folder[PATH_MAX];	 /* of `plugin new`; "" if not there */
};

void paths_find(struct paths *ret_paths);

/* The data folder where none is given: systemd's STATE_DIRECTORY, or below the user's home. */
void paths_data_folder(char *ret_path, unsigned long size);

/* Make a data folder and those above it, where they are missing. ERROR_SYSTEM. */
int paths_make_folder(const char *path, struct error *err);

#endif
