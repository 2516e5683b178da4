/*
 * Small files that are replaced as a whole. The new content goes into a temporary file of the same
 * folder, which is written out, flushed and renamed; then the folder is flushed. Whoever opens the
 * file meanwhile, or after a crash or a power cut, reads the old content or the new one, and the
 * new one once the call has succeeded.
 *
 * A folder is an open descriptor (borrowed) with `shown`, its path in error texts. Everything
 * blocks on the disk. Any thread may call; one thread of a process at a time for one file. Errors
 * of all: ERROR_SYSTEM with the path and what the system said, ERROR_TOO_LARGE for a name that is
 * too long.
 */
#ifndef HARVESTER_BASE_DURABLE_FILE_H
#define HARVESTER_BASE_DURABLE_FILE_H

#include <stddef.h>
#include <sys/types.h>

struct error;

/* Whom a new file belongs to. */
struct durable_owner {
	uid_t uid;
	gid_t gid;
};

/* All of `data`, in as many writes as it takes. 0, or ERROR_SYSTEM with errno. */
int durable_file_write(int fd, const void *data, size_t size);

/*
 * A new file of mode 0600, flushed; ERROR_SYSTEM if the name is taken. owner: NULL for the
 * process's. Nothing is left of it on failure. The folder is not flushed: the name lasts after a
 * publish.
 */
int durable_file_create(int folder, const char *shown, const char *name, const void *data,
			size_t size, const struct durable_owner *owner, struct error *err);

/* Flush a file that somebody else has written. */
int durable_file_flush(int folder, const char *shown, const char *name, struct error *err);

/*
 * Put `size` bytes in the place of file `name`, or start it; mode 0600. On failure the old file is
 * there as before, unless only the last flush of the folder failed: then it is the new one, which a
 * power cut may undo. Temporary files of processes that were killed in here are removed.
 */
int durable_file_replace(int folder, const char *shown, const char *name, const void *data,
			 size_t size, const struct durable_owner *owner, struct error *err);

/* Rename a flushed file to its name, in place of what is there. On failure it is removed. */
int durable_file_publish(int folder, const char *shown, const char *temporary, const char *name,
			 struct error *err);

/* The same, but ERROR_EXISTS if the name is taken, also by another process at this moment. */
int durable_file_publish_new(int folder, const char *shown, const char *temporary, const char *name,
			     struct error *err);

/* durable_file_replace() and durable_file_publish() by path; both paths are of one folder. */
int durable_file_replace_path(const char *path, const void *data, size_t size, struct error *err);
int durable_file_publish_path(const char *temporary, const char *path, struct error *err);

/*
 * The name that durable_file_replace() gives its temporary file in this process. Other writers that
 * publish use it too, so that one rule tells what may be removed. ERROR_TOO_LARGE.
 */
int durable_file_temporary(const char *name, char *ret_temporary, size_t size, struct error *err);

/* Remove the temporary files for `name` whose process is gone, or is this one. */
void durable_file_remove_leftovers(int folder, const char *name);

#endif
