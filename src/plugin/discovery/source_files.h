/*
 * The files of one plugin that matter to it, in the order in which the guest gets them.
 */
#ifndef HARVESTER_PLUGIN_DISCOVERY_SOURCE_FILES_H
#define HARVESTER_PLUGIN_DISCOVERY_SOURCE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/buffer.h"

struct error;
struct plugin_source;

struct source_file {
	char *path; /* owned; relative to the plugin's folder */
	struct stat stat;
	struct buffer text; /* where files are read */
};

struct source_files {
	const struct plugin_source *source; /* borrowed */
	bool is_reading;
	struct source_file *items; /* owned */
	size_t count;
	size_t slots;	   /* met in all folders */
	size_t total;	   /* bytes of paths and texts */
	struct error *err; /* borrowed, while the list is made */
};

/*
 * The main file first, the others by path; of a script all .py files. With is_reading their texts
 * too, checked, and what must not be there (a link, a compiled extension) is an error; without,
 * such a thing is in the list, and files past a limit are left out. Errors as of
 * plugin_source_read_script(); ERROR_NOT_FOUND when the main file is not there.
 */
int source_files_list(const struct plugin_source *source, bool is_reading,
		      struct source_files *ret_files, struct error *err);
void source_files_finish(struct source_files *files);

#endif
