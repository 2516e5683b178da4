#include "cli/bundle_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/durable_file.h"
#include "base/error.h"
#include "base/text.h"
#include "bundle/minisign.h"
#include "cli/command.h"

int bundle_input_open(const char *path, struct bundle_input *ret_input, struct error *err)
{
	struct error why = {0};
	int ret;

	*ret_input = (struct bundle_input){.fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
	buffer_init(&ret_input->text, MINISIGN_FILE_MAX);
	if (ret_input->fd < 0)
		return error_set_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				       "%s: cannot open this bundle (check its path and mode)",
				       path);
	if (snprintf(ret_input->signature, PATH_MAX, "%s" BUNDLE_SIGNATURE_SUFFIX, path) >=
	    PATH_MAX)
		return error_set(err, ERROR_TOO_LARGE, "%s: the path is too long: shorten it",
				 path);
	ret = buffer_read_file(&ret_input->text, ret_input->signature, MINISIGN_FILE_MAX, &why);
	if (!ret || ret == ERROR_NOT_FOUND)
		return 0;
	return error_set(err, ret, "%s", why.text);
}

void bundle_input_close(struct bundle_input *input)
{
	if (input->fd >= 0)
		close(input->fd);
	buffer_finish(&input->text);
}

int bundle_write_file(const char *path, unsigned mode, const struct buffer *text, int replace,
		      struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (replace ? O_TRUNC : O_EXCL), mode);
	int ret = 0;

	if (fd < 0 && errno == EEXIST)
		return error_set(err, ERROR_EXISTS, "%s already exists; choose another name", path);
	if (fd < 0 || durable_file_write(fd, text->data, text->size) || fsync(fd))
		ret = error_set_errno(
			err, ERROR_SYSTEM, errno,
			"%s: cannot write this file (check the disk, and who may write to its "
			"folder)",
			path);
	if (fd >= 0)
		close(fd);
	return ret;
}

int bundle_replace_file(const char *path, const struct buffer *text, struct error *err)
{
	char partial[PATH_MAX];
	int ret;

	if (snprintf(partial, sizeof(partial), "%s.partial", path) >= PATH_MAX)
		return error_set(err, ERROR_TOO_LARGE, "%s: the path is too long: shorten it",
				 path);
	ret = bundle_write_file(partial, 0644, text, 1, err);
	return ret ? ret : durable_file_publish_path(partial, path, err);
}

int bundle_end(const char *what, int ret, const struct error *err)
{
	if (!ret)
		return EXIT_DONE;
	text_printf(stderr, "harvester bundle %s: %s\n", what, err->text);
	return EXIT_FAILED;
}
