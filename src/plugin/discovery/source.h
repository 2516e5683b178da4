/*
 * A plugin on the disk: NAME.py, NAME.wasm, or a folder NAME with plugin.py or plugin.wasm, and its
 * permission file. Finds all plugins of the plugins folder and reads their files.
 *
 * The plugins folder itself belongs to the administrator and may be a symbolic link. A link inside
 * it is an error, so no file of a plugin is ever read through one. Any thread; blocks on the disk.
 * Call functions that read a whole component on the thread pool.
 */
#ifndef HARVESTER_PLUGIN_DISCOVERY_SOURCE_H
#define HARVESTER_PLUGIN_DISCOVERY_SOURCE_H

#include <cbor.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define PLUGIN_NAME_SIZE 65	       /* 64 bytes and a 0 */
#define PLUGINS_MAX 1024	       /* in the plugins folder */
#define PLUGIN_FOLDER_ENTRIES_MAX 4096 /* files and folders in the plugins folder */
#define PLUGIN_DEPTH_MAX 16	       /* parts of a path in a plugin's folder */
#define PLUGIN_ENTRIES_MAX 20000       /* files and folders in a plugin's folder */
#define PLUGIN_FILES_MAX 2000	       /* .py files of a plugin */
/* bytes of all its .py files and their paths */
#define PLUGIN_SOURCE_MAX (3u << 20)
#define PLUGIN_COMPONENT_SIZE_MAX (256u << 20) /* bytes of a .wasm */

enum plugin_kind { PLUGIN_SCRIPT, PLUGIN_COMPONENT };

struct plugin_source {
	char name[PLUGIN_NAME_SIZE];
	enum plugin_kind kind;
	bool is_folder;
	char *path;	 /* owned; PLUGINS/NAME.py, PLUGINS/NAME.wasm or PLUGINS/NAME */
	char *main_path; /* owned; the file that runs: `path`, or plugin.py or plugin.wasm in it */
	char *permission_path; /* owned; the file need not exist */
};

/* A file or folder in the plugins folder that looks like a plugin but cannot run. */
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
 * Find all plugins of a folder.
 * Ignored: names that start with "." or "_" or end in "~" or ".tmp"; files that are neither .py nor
 * .wasm; folders that contain neither.
 * Skipped with a reason: links; names with other characters than letters, digits, "-", "_", ".";
 * folders with .py or .wasm files, but neither plugin.py nor plugin.wasm; plugins after the first
 * PLUGINS_MAX; all but one plugin of the same name (a folder wins over NAME.py, NAME.py over
 * NAME.wasm, and in a folder plugin.py over plugin.wasm).
 * ERROR_NOT_FOUND if the folder does not exist, ERROR_TOO_LARGE if it has more than
 * PLUGIN_FOLDER_ENTRIES_MAX files and folders, ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
int plugin_scan(const char *folder, struct plugin_scan *ret_scan, struct error *err);

/* Free what the scan owns. */
void plugin_scan_finish(struct plugin_scan *scan);

/* Free an array that was moved out of a scan. NULL is allowed. */
void plugin_skipped_free(struct plugin_skipped *skipped, size_t count);

/*
 * Find the one plugin at `path`, by the rules of plugin_scan(). The caller owns *ret_source.
 * ERROR_INVALID if plugin_scan() would skip it, ERROR_NOT_FOUND if it would ignore it or there is
 * nothing at `path`.
 */
int plugin_source_open(const char *path, struct plugin_source *ret_source, struct error *err);

/* Copy a source. The caller owns *ret_copy. ERROR_NO_MEMORY. */
int plugin_source_copy(const struct plugin_source *source, struct plugin_source *ret_copy);
void plugin_source_finish(struct plugin_source *source);

/* A hash of names, sizes, times and inodes, not of content: cheap enough for every scan. */
struct plugin_fingerprint {
	uint8_t bytes[32];
};

/*
 * Make the fingerprint of a plugin. It changes when one of the plugin's files, or its permission
 * file, is changed, added or removed. ERROR_NOT_FOUND if the file that runs is gone, ERROR_SYSTEM,
 * ERROR_NO_MEMORY.
 */
int plugin_source_fingerprint(const struct plugin_source *source,
			      struct plugin_fingerprint *ret_fingerprint);

/*
 * Read the files of a .py plugin, in the form of the guest's load frame: [[path, text], …], the
 * main module first, the others sorted by path. Paths are relative: "NAME.py" for a single file;
 * "plugin.py", "helper.py", "lib/pkg/mod.py" for a folder. Texts are UTF-8 without a byte order
 * mark. The caller owns *ret_files. The text of each error names the file: ERROR_TOO_LARGE,
 * ERROR_MALFORMED if it is not UTF-8, ERROR_UNSUPPORTED if it is a link or a compiled extension,
 * ERROR_NOT_FOUND, ERROR_SYSTEM, ERROR_NO_MEMORY; ERROR_INVALID if the plugin is a component.
 */
int plugin_source_read_script(const struct plugin_source *source, cbor_item_t **ret_files,
			      struct error *err);

/*
 * SHA-256 of the plugin's code: the bytes of a component, or the paths and texts of a script's
 * files (each with its length, so that no two sets of files give the same bytes). Errors of
 * plugin_source_read_script(), without ERROR_INVALID.
 */
int plugin_source_digest(const struct plugin_source *source, uint8_t ret_sha256[32],
			 struct error *err);

#endif
