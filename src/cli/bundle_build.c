/* `harvester bundle build`: makes a bundle of a plugin's folder. */
#include "bundle/build.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/durable_file.h"
#include "base/error.h"
#include "base/text.h"
#include "bundle/read.h"
#include "cli/bundle_file.h"
#include "cli/command.h"

/* What was written is read again: a file may have changed between its digest and its copy. */
static int build(const char *folder, int fd, struct bundle_manifest *ret_manifest,
		 struct error *err)
{
	struct bundle_manifest again;
	int ret = bundle_build(folder, 0, fd, ret_manifest, err);

	if (ret)
		return ret;
	ret = bundle_read(fd, NULL, &again, err);
	if (!ret)
		bundle_manifest_finish(&again);
	else
		bundle_manifest_finish(ret_manifest);
	if (!ret && fsync(fd))
		ret = error_set_errno(
			err, ERROR_SYSTEM, errno,
			"cannot write the bundle file to the disk (is the disk full?)");
	return ret;
}

static int build_file(const char *folder, const char *path, struct bundle_manifest *ret_manifest,
		      struct error *err)
{
	char partial[PATH_MAX];
	int fd, ret;

	if (snprintf(partial, sizeof(partial), "%s.partial", path) >= PATH_MAX)
		return error_set(err, ERROR_TOO_LARGE, "%s: the path is too long: shorten it",
				 path);
	unlink(partial);
	fd = open(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_set_errno(
			err, ERROR_SYSTEM, errno,
			"%s: cannot create the bundle (check who may write to its folder)", path);
	ret = build(folder, fd, ret_manifest, err);
	close(fd);
	if (!ret)
		ret = durable_file_publish_path(partial, path, err);
	if (ret)
		unlink(partial);
	return ret;
}

int command_bundle_build(const struct command_options *options)
{
	struct bundle_manifest manifest;
	struct error err = {0};
	int ret;

	if (!options->output) {
		fputs("harvester bundle build: say where with -o FILE\n", stderr);
		return EXIT_USAGE;
	}
	ret = build_file(options->words[0], options->output, &manifest, &err);
	if (!ret) {
		text_printf(stdout, "%s: %s %s, counter %llu, %zu files, %llu bytes\n",
			    options->output, manifest.name, manifest.version,
			    (unsigned long long)manifest.counter, manifest.files.count,
			    (unsigned long long)manifest.files.total);
		bundle_manifest_finish(&manifest);
	}
	return bundle_end("build", ret, &err);
}
