/*
 * A folder below DATA that keeps the owner's word on plugins: one small file for each, DATA/FOLDER/
 * NAME and a suffix. Who can write there can grant, so what others may write to is not used. One
 * process writes (the command line, or the daemon) and another reads; a file is replaced as a
 * whole.
 *
 * Blocks on the disk, for files of some hundred bytes. Any thread; nothing but the folder is kept.
 */
#ifndef HARVESTER_PLUGIN_POLICY_OWNER_FOLDER_H
#define HARVESTER_PLUGIN_POLICY_OWNER_FOLDER_H

#include <sys/stat.h>
#include <sys/types.h>

struct buffer;
struct error;

#define OWNER_FILE_SIZE_MAX 65536

struct owner_folder {
	int fd;
	uid_t owner;
	gid_t group;
	char *path; /* owned: DATA/FOLDER */
};

/*
 * Both folders are made where they are not there (0700). ERROR_INVALID where somebody else may
 * write to it, ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
int owner_folder_open(const char *data_folder, const char *name, struct owner_folder *ret_folder,
		      struct error *err);
void owner_folder_close(struct owner_folder *folder);

/*
 * All of a plugin's file. ERROR_NOT_FOUND where there is none, ERROR_INVALID for one that others
 * may write to or a name that no plugin can have, ERROR_UNSUPPORTED (a link), ERROR_TOO_LARGE,
 * ERROR_SYSTEM. On success the text is the caller's.
 */
int owner_folder_read(const struct owner_folder *folder, const char *plugin, const char *suffix,
		      struct buffer *ret_text, struct error *err);

/* In place of what was there. On the disk when it returns. ERROR_INVALID, ERROR_SYSTEM. */
int owner_folder_write(const struct owner_folder *folder, const char *plugin, const char *suffix,
		       const char *text, struct error *err);

/* ERROR_NOT_FOUND where there is none. */
int owner_folder_remove(const struct owner_folder *folder, const char *plugin, const char *suffix,
			struct error *err);

/* What tells one state of the file from another; all 0 where it is not there. */
void owner_folder_stat(const struct owner_folder *folder, const char *plugin, const char *suffix,
		       struct stat *ret_stat);

#endif
