#include "cli/bundle_key.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"

int bundle_key_load(const char *name, struct minisign_secret *ret_key, struct error *err)
{
	char path[PATH_MAX];
	struct buffer text;
	int ret;

	snprintf(path, sizeof(path), "%s.key", name);
	if (access(path, F_OK))
		snprintf(path, sizeof(path), "%s", name);
	ret = buffer_read_file(&text, path, MINISIGN_FILE_MAX, err);
	if (ret)
		return ret;
	ret = minisign_secret_parse(text.data ? text.data : "", text.size, path, ret_key, err);
	if (text.data)
		sodium_memzero(text.data, text.size);
	buffer_finish(&text);
	return ret;
}
