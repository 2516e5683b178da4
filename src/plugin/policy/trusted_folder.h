/*
 * A folder in the data folder whose content the node trusts: one small file for each plugin,
 * DATA/FOLDER/NAME.SUFFIX. Whoever can write there can grant permissions, so files and folders that
 * others may write to are refused. The command line and the daemon may both read and write; a file
 * is replaced atomically.
 *
 * Any thread; blocks on the disk, for files of some hundred bytes.
 */
#ifndef HARVESTER_PLUGIN_POLICY_TRUSTED_FOLDER_H
#define HARVESTER_PLUGIN_POLICY_TRUSTED_FOLDER_H

#include <sys/stat.h>
#include <sys/types.h>

struct buffer;
struct error;

#define TRUSTED_FILE_SIZE_MAX 65536

struct trusted_folder {
	int fd;
	uid_t owner;
	gid_t group;
	char *path; /* owned: DATA/FOLDER */
};

/*
 * Open DATA/NAME; creates the data folder and this one (mode 0700) if they do not exist.
 * ERROR_INVALID if others may write to it or it belongs to another user, ERROR_SYSTEM,
 * ERROR_NO_MEMORY.
 */
int trusted_folder_open(const char *data_folder, const char *name,
			struct trusted_folder *ret_folder, struct error *err);
void trusted_folder_close(struct trusted_folder *folder);

/*
 * Read a plugin's file. On success the caller owns *ret_text. ERROR_NOT_FOUND if there is no file,
 * ERROR_INVALID if others may write to it or no plugin can have this name, ERROR_UNSUPPORTED if it
 * is a link, ERROR_TOO_LARGE if it has more than TRUSTED_FILE_SIZE_MAX bytes, ERROR_SYSTEM.
 */
int trusted_folder_read(const struct trusted_folder *folder, const char *plugin, const char *suffix,
			struct buffer *ret_text, struct error *err);

/*
 * Replace a plugin's file. On return it is on the disk. ERROR_INVALID if no plugin can have this
 * name, ERROR_SYSTEM.
 */
int trusted_folder_write(const struct trusted_folder *folder, const char *plugin,
			 const char *suffix, const char *text, struct error *err);

/*
 * Remove a plugin's file. ERROR_NOT_FOUND if there is none, ERROR_INVALID if no plugin can have
 * this name, ERROR_SYSTEM.
 */
int trusted_folder_remove(const struct trusted_folder *folder, const char *plugin,
			  const char *suffix, struct error *err);

/* The file's stat, to notice changes; all 0 if there is no file. */
void trusted_folder_stat(const struct trusted_folder *folder, const char *plugin,
			 const char *suffix, struct stat *ret_stat);

#endif
