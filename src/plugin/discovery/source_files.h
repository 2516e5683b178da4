/*
 * Lists the files that one plugin consists of, in the order in which the guest receives them, and
 * reads them on demand. Any thread; blocks on the disk.
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
	struct buffer text; /* empty without is_reading */
};

struct source_files {
	const struct plugin_source *source; /* borrowed */
	bool is_reading;
	struct source_file *items; /* owned */
	size_t count;
	size_t entries;	   /* files and folders seen, of any kind */
	size_t total;	   /* bytes of paths and texts */
	struct error *err; /* borrowed, while the list is made */
};

/*
 * List the plugin's files: the main file first, the others sorted by path. A script has all its .py
 * files in the list, a component only itself. Borrows `source`; finish with source_files_finish().
 * With `is_reading` the texts are read and checked, and a link or a compiled extension is an error.
 * Without it, links and extensions are listed too, and files after the first PLUGIN_FILES_MAX are
 * left out. Errors of plugin_source_read_script(); ERROR_NOT_FOUND if the main file does not exist.
 */
int source_files_list(const struct plugin_source *source, bool is_reading,
		      struct source_files *ret_files, struct error *err);
void source_files_finish(struct source_files *files);

#endif
