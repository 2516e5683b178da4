/*
 * What the commands of `harvester bundle` share: opening a bundle and its signature, and writing
 * files.
 */
#ifndef HARVESTER_CLI_BUNDLE_FILE_H
#define HARVESTER_CLI_BUNDLE_FILE_H

#include <limits.h>

#include "base/buffer.h"
#include "bundle/index.h"

struct error;

struct bundle_input {
	int fd;			  /* -1: not open */
	char signature[PATH_MAX]; /* the path of FILE.minisig */
	struct buffer text;	  /* the signature; no data if there is none */
};

/* Open a bundle, and read the signature beside it if there is one. The caller calls
 * bundle_input_close(), also after a failure. ERROR_NOT_FOUND, ERROR_SYSTEM, ERROR_TOO_LARGE. */
int bundle_input_open(const char *path, struct bundle_input *ret_input, struct error *err);
void bundle_input_close(struct bundle_input *input);

/* Create a file with this content and mode, in place of one that exists if `replace`, else
 * ERROR_EXISTS. ERROR_SYSTEM. */
int bundle_write_file(const char *path, unsigned mode, const struct buffer *text, int replace,
		      struct error *err);

/* Replace a file that anybody may read, or create it: whoever reads it sees the old or the new
 * content. ERROR_SYSTEM, ERROR_TOO_LARGE. */
int bundle_replace_file(const char *path, const struct buffer *text, struct error *err);

/* Print "harvester bundle WHAT: …" if ret is not 0. Returns the exit code. */
int bundle_end(const char *what, int ret, const struct error *err);

#endif
