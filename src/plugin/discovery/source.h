/*
 * What lies on disk for a plugin: NAME.py, NAME.wasm, or a folder NAME with plugin.py or
 * plugin.wasm; and the permission file that goes with it.
 *
 * The plugins folder itself is the administrator's, and may be a link; in it, a symbolic link
 * is an error, and what goes to a guest was never read through one. Functions may run on any thread
 * and block on the disk: those that read a whole component belong on the pool.
 */
#ifndef HARVESTER_PLUGIN_DISCOVERY_SOURCE_H
#define HARVESTER_PLUGIN_DISCOVERY_SOURCE_H

#include <cbor.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define PLUGIN_NAME_SIZE 65	       /* 64 bytes and a 0 */
#define PLUGINS_MAX 256		       /* in a folder */
#define PLUGIN_FOLDER_ENTRIES_MAX 4096 /* of the plugins folder, whatever they are */
#define PLUGIN_DEPTH_MAX 16	       /* parts of a path in a plugin's folder */
#define PLUGIN_ENTRIES_MAX 20000       /* of a plugin's folder, whatever they are */
#define PLUGIN_FILES_MAX 2000	       /* .py files of a plugin */
/* bytes of all its .py files and their paths */
#define PLUGIN_SOURCE_MAX (3u << 20)
#define PLUGIN_COMPONENT_SIZE_MAX (256u << 20) /* bytes of a .wasm */

enum plugin_kind { PLUGIN_SCRIPT, PLUGIN_COMPONENT };

struct plugin_source {
	char name[PLUGIN_NAME_SIZE];
	enum plugin_kind kind;
	bool is_folder;
	char *path;	 /* owned; NAME.py, NAME.wasm or the folder, with the plugins folder */
	char *main_path; /* owned; the file that runs: path, or plugin.py, plugin.wasm in it */
	char *permission_path; /* owned; the file need not exist */
};

/* An slot of the plugins folder that looks like a plugin and is not run. */
struct plugin_skipped {
	char *path;   /* owned */
	char *reason; /* owned; "a symbolic link; …" */
};

struct plugin_scan {
	struct plugin_source *sources; /* owned, with their content; sorted by name */
	size_t count;
	struct plugin_skipped *skipped; /* owned, with their content */
	size_t skipped_count;
};

/*
 * All plugins of a folder. Ignored: names that start with "." or "_" or end in "~" or ".tmp", files
 * that are neither .py nor .wasm, folders without either. Skipped with a reason: links, bad names
 * (letters, digits, "-", "_", "." are good), folders with neither plugin.py nor plugin.wasm,
 * plugins past PLUGINS_MAX, and all but one of those with the same name: a folder goes before
 * NAME.py, that before NAME.wasm, and in a folder plugin.py before plugin.wasm. ERROR_NOT_FOUND,
 * ERROR_SYSTEM, ERROR_TOO_LARGE (slots), ERROR_NO_MEMORY.
 */
int plugin_scan(const char *folder, struct plugin_scan *ret_scan, struct error *err);
void plugin_scan_finish(struct plugin_scan *scan);

/* An array that was taken out of a scan; NULL is allowed. */
void plugin_skipped_free(struct plugin_skipped *skipped, size_t count);

/* The plugin at one path, by the same rules; any that plugin_scan() ignores or skips is an error.
 */
int plugin_source_open(const char *path, struct plugin_source *ret_source, struct error *err);

/* A copy with memory of its own. ERROR_NO_MEMORY. */
int plugin_source_copy(const struct plugin_source *source, struct plugin_source *ret_copy);
void plugin_source_finish(struct plugin_source *source);

/* Of names, sizes, times and inodes, not of content: cheap enough to ask at every turn. */
struct plugin_fingerprint {
	uint8_t bytes[32];
};

/*
 * Another value when a file that matters to the plugin changed, came or went; its permission file
 * included. ERROR_NOT_FOUND when what runs is gone, ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
int plugin_source_fingerprint(const struct plugin_source *source,
			      struct plugin_fingerprint *ret_fingerprint);

/*
 * A script's files for the guest's load frame: [[path, text], …] with the main module first, then
 * by path. Paths are relative with "/": "NAME.py" for a single file; "plugin.py", "helper.py",
 * "lib/pkg/mod.py" for a folder. Text is UTF-8, without a byte order mark. Each error names the
 * file: ERROR_TOO_LARGE, ERROR_MALFORMED (no UTF-8), ERROR_UNSUPPORTED (a link, a compiled
 * extension), ERROR_NOT_FOUND, ERROR_SYSTEM, ERROR_NO_MEMORY; ERROR_INVALID for a component.
 */
int plugin_source_read_script(const struct plugin_source *source, cbor_item_t **ret_files,
			      struct error *err);

/*
 * SHA-256 of what runs: a component's bytes, or the paths and texts of a script's files (each with
 * its length, so that no two sets of files give the same bytes). Errors as above.
 */
int plugin_source_digest(const struct plugin_source *source, uint8_t ret_sha256[32],
			 struct error *err);

#endif
