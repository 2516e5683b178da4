#include "plugin/discovery/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define CHUNK_SIZE 65536

bool file_name_ends_in(const char *name, const char *suffix)
{
	size_t length = strlen(name), suffix_length = strlen(suffix);

	return length >= suffix_length && !strcmp(name + length - suffix_length, suffix);
}

int file_open_regular(int folder, const char *name, const char *shown, struct stat *ret_stat,
		      struct error *err)
{
	struct stat stat;
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 && errno == ELOOP)
		return error_set(err, ERROR_UNSUPPORTED, "%s is a symbolic link; use a real file",
				 shown);
	if (fd < 0)
		return error_set_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				       "%s: cannot open this file (check its mode and owner)",
				       shown);
	if (fstat(fd, &stat) || !S_ISREG(stat.st_mode)) {
		close(fd);
		return error_set(err, ERROR_UNSUPPORTED,
				 "%s is not a regular file; use a regular file", shown);
	}
	*ret_stat = stat;
	return fd;
}

int file_read(int fd, const char *shown, uint64_t limit, file_sink *sink, void *arg,
	      struct error *err)
{
	uint8_t chunk[CHUNK_SIZE];
	uint64_t total = 0;
	ssize_t count;
	int ret;

	while ((count = read(fd, chunk, sizeof(chunk)))) {
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return error_set_errno(err, ERROR_SYSTEM, errno,
					       "%s: cannot read this file (check the disk)", shown);
		total += (uint64_t)count;
		if (total > limit)
			return error_set(err, ERROR_TOO_LARGE,
					 "%s is larger than %llu bytes; make it smaller", shown,
					 (unsigned long long)limit);
		ret = sink(arg, chunk, (size_t)count);
		if (ret)
			return error_set(err, ret, "%s: cannot read this file: %s", shown,
					 error_text(ret));
	}
	return 0;
}
