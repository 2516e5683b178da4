/*
 * Atomic replacement of small files. The new content is written to a temporary file in the same
 * folder, flushed and renamed; then the folder is flushed. A reader sees either the old content or
 * the new content, also after a crash or a power cut; once the call has succeeded, the new content.
 *
 * `folder` is a borrowed descriptor of the open folder; `shown` is its path for error texts. All
 * functions block on the disk. Any thread, but only one thread at a time for one file. All return
 * ERROR_SYSTEM with the path and the system's reason, and ERROR_TOO_LARGE if a name is too long.
 */
#ifndef HARVESTER_BASE_DURABLE_FILE_H
#define HARVESTER_BASE_DURABLE_FILE_H

#include <stddef.h>
#include <sys/types.h>

struct error;

/* The user and group of a new file. */
struct durable_owner {
	uid_t uid;
	gid_t gid;
};

/* Write all of `data` to `fd`, with as many calls of write() as needed. ERROR_SYSTEM with errno. */
int durable_file_write(int fd, const void *data, size_t size);

/*
 * Create a file of mode 0600 and flush it. ERROR_SYSTEM if the name exists. `owner` NULL: the file
 * belongs to the process's user. On failure the file is removed. The folder is not flushed, so call
 * durable_file_publish() to make the name durable.
 */
int durable_file_create(int folder, const char *shown, const char *name, const void *data,
			size_t size, const struct durable_owner *owner, struct error *err);

/* Flush a file that other code has written. */
int durable_file_flush(int folder, const char *shown, const char *name, struct error *err);

/*
 * Replace the content of `name`, or create it, with mode 0600. On failure the old file is
 * unchanged; but if only the flush of the folder failed, the new file is there and a power cut may
 * undo it. Removes temporary files that killed processes have left.
 */
int durable_file_replace(int folder, const char *shown, const char *name, const void *data,
			 size_t size, const struct durable_owner *owner, struct error *err);

/* Rename the flushed file `temporary` to `name`, replacing any file there, and flush the folder. On
 * failure `temporary` is removed. */
int durable_file_publish(int folder, const char *shown, const char *temporary, const char *name,
			 struct error *err);

/* The same, but ERROR_EXISTS if `name` exists, even if another process creates it concurrently. */
int durable_file_publish_new(int folder, const char *shown, const char *temporary, const char *name,
			     struct error *err);

/* durable_file_replace() and durable_file_publish() by path. Both paths must be in one folder. */
int durable_file_replace_path(const char *path, const void *data, size_t size, struct error *err);
int durable_file_publish_path(const char *temporary, const char *path, struct error *err);

/*
 * The name of this process's temporary file for `name`. Code that writes its own temporary file and
 * calls durable_file_publish() must use it, so that durable_file_remove_leftovers() finds the file.
 */
int durable_file_temporary(const char *name, char *ret_temporary, size_t size, struct error *err);

/* Remove the temporary files for `name` whose process has ended, and this process's own. */
void durable_file_remove_leftovers(int folder, const char *name);

#endif
