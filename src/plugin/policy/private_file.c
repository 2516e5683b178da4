#include "plugin/policy/private_file.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "plugin/discovery/file.h"

int private_file_check(const struct stat *stat, const char *shown, struct error *err)
{
	if (stat->st_uid != geteuid())
		return error_set(
			err, ERROR_INVALID,
			"%s belongs to user %u, but this program runs as user %u: compiled "
			"code is kept there, so it must belong to that user; remove it or "
			"choose another",
			shown, stat->st_uid, geteuid());
	if (stat->st_mode & 077)
		return error_set(err, ERROR_INVALID,
				 "%s may be used by others (mode %04o): compiled code is kept "
				 "there; run `chmod %s %s`",
				 shown, stat->st_mode & 07777,
				 S_ISDIR(stat->st_mode) ? "700" : "600", shown);
	return 0;
}

struct span {
	uint8_t *data;
	size_t size, limit;
};

static int append(void *arg, const uint8_t *data, size_t size)
{
	struct span *span = arg;

	if (size > span->limit - span->size)
		return ERROR_TOO_LARGE;
	memcpy(span->data + span->size, data, size);
	span->size += size;
	return 0;
}

int private_file_read(int folder, const char *name, uint8_t *ret_data, size_t size,
		      struct error *err)
{
	struct span span = {.data = ret_data, .limit = size};
	struct stat stat;
	int fd = file_open_regular(folder, name, name, &stat, err);
	int ret;

	if (fd < 0)
		return fd;
	ret = private_file_check(&stat, name, err);
	if (!ret)
		ret = file_read(fd, name, size, append, &span, err);
	close(fd);
	if (!ret && span.size < size)
		ret = error_set(err, ERROR_MALFORMED,
				"%s is too short, so it is damaged: delete it, and harvester makes "
				"it again",
				name);
	return ret;
}
