#include "plugin/policy/trusted_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "plugin/discovery/file.h"
#include "plugin/discovery/source.h"

#define SUFFIX_SIZE 10
#define FILE_NAME_SIZE (PLUGIN_NAME_SIZE + SUFFIX_SIZE)

/* Accepts names that plugin/discovery/scan.c accepts: without "/" and without a leading ".". */
static int make_file_name(const char *name, const char *suffix, char ret_name[FILE_NAME_SIZE],
			  struct error *err)
{
	size_t size = strnlen(name, PLUGIN_NAME_SIZE);

	if (!size || size >= PLUGIN_NAME_SIZE || name[0] == '.' ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789-_.")])
		return error_set(err, ERROR_INVALID,
				 "a plugin's name has 1 to %d letters, digits and \"-_.\", and "
				 "does not begin with \".\"",
				 PLUGIN_NAME_SIZE - 1);
	snprintf(ret_name, FILE_NAME_SIZE, "%s%s", name, suffix);
	return 0;
}

static int check_owner(const struct stat *stat, const char *shown, struct error *err)
{
	if (stat->st_uid != geteuid() && geteuid() != 0)
		return error_set(err, ERROR_INVALID,
				 "%s belongs to user %u, but this program runs as user %u; run the "
				 "command as user %u",
				 shown, stat->st_uid, geteuid(), stat->st_uid);
	if (stat->st_mode & 022)
		return error_set(err, ERROR_INVALID,
				 "%s may be written by others (mode %04o); check what it says, "
				 "then run `chmod go-w` on it",
				 shown, stat->st_mode & 07777);
	return 0;
}

/* If root runs a command and DATA belongs to another user, the new folder must belong to that user
 * too. */
static int make_folder(const char *data_folder, const char *folder)
{
	struct stat data;

	if (mkdir(data_folder, 0700) && errno != EEXIST)
		return ERROR_SYSTEM;
	if (mkdir(folder, 0700))
		return errno == EEXIST ? 0 : ERROR_SYSTEM;
	if (geteuid() == 0 &&
	    (stat(data_folder, &data) || lchown(folder, data.st_uid, data.st_gid)))
		return ERROR_SYSTEM;
	return 0;
}

int trusted_folder_open(const char *data_folder, const char *name,
			struct trusted_folder *ret_folder, struct error *err)
{
	struct trusted_folder folder = {.fd = -1};
	struct stat stat;
	int ret;

	if (asprintf(&folder.path, "%s/%s", data_folder, name) < 0)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the owner's decisions; this machine "
				 "needs more free memory");
	ret = make_folder(data_folder, folder.path);
	if (!ret)
		folder.fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder.fd < 0 || fstat(folder.fd, &stat)) {
		ret = error_set_errno(err, ERROR_SYSTEM, errno,
				      "%s: cannot open this folder of the owner's decisions (check "
				      "its mode and owner)",
				      folder.path);
	} else {
		folder.owner = stat.st_uid;
		folder.group = stat.st_gid;
		ret = check_owner(&stat, folder.path, err);
	}
	if (ret)
		trusted_folder_close(&folder);
	else
		*ret_folder = folder;
	return ret;
}

void trusted_folder_close(struct trusted_folder *folder)
{
	if (folder->fd >= 0)
		close(folder->fd);
	free(folder->path);
}

static int append(void *arg, const uint8_t *data, size_t size)
{
	return buffer_append(arg, data, size);
}

int trusted_folder_read(const struct trusted_folder *folder, const char *plugin, const char *suffix,
			struct buffer *ret_text, struct error *err)
{
	char name[FILE_NAME_SIZE];
	struct buffer text;
	struct stat stat;
	int fd, ret = make_file_name(plugin, suffix, name, err);

	if (ret)
		return ret;
	fd = file_open_regular(folder->fd, name, name, &stat, err);
	if (fd < 0)
		return fd;
	buffer_init(&text, TRUSTED_FILE_SIZE_MAX);
	ret = check_owner(&stat, name, err);
	if (!ret)
		ret = file_read(fd, name, TRUSTED_FILE_SIZE_MAX, append, &text, err);
	close(fd);
	if (ret)
		buffer_finish(&text);
	else
		*ret_text = text;
	return ret;
}

int trusted_folder_write(const struct trusted_folder *folder, const char *plugin,
			 const char *suffix, const char *text, struct error *err)
{
	const struct durable_owner owner = {folder->owner, folder->group};
	char name[FILE_NAME_SIZE];
	int ret = make_file_name(plugin, suffix, name, err);

	if (ret)
		return ret;
	return durable_file_replace(folder->fd, folder->path, name, text, strlen(text),
				    geteuid() ? NULL : &owner, err);
}

int trusted_folder_remove(const struct trusted_folder *folder, const char *plugin,
			  const char *suffix, struct error *err)
{
	char name[FILE_NAME_SIZE];
	int ret = make_file_name(plugin, suffix, name, err);

	if (ret)
		return ret;
	if (unlinkat(folder->fd, name, 0))
		return error_set_errno(
			err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
			"%s/%s: cannot delete this file (check the owner of the folder)",
			folder->path, name);
	if (fsync(folder->fd))
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "%s: cannot write this folder to the disk (check the disk)",
				       folder->path);
	return 0;
}

void trusted_folder_stat(const struct trusted_folder *folder, const char *plugin,
			 const char *suffix, struct stat *ret_stat)
{
	char name[FILE_NAME_SIZE];

	if (make_file_name(plugin, suffix, name, NULL) ||
	    fstatat(folder->fd, name, ret_stat, AT_SYMLINK_NOFOLLOW))
		*ret_stat = (struct stat){0};
}
