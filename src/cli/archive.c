#include "cli/archive.h"

#include <archive.h>
#include <string.h>

#include "base/error.h"

int archive_fail(struct archive *archive, const char *what, struct error *err)
{
	const char *text = archive_error_string(archive);

	return error_set(err, ERROR_SYSTEM, "%s: %s", what,
			 text ? text : "the archive library gave no reason");
}

bool archive_has_suffix(const char *name, const char *suffix)
{
	size_t size = strlen(name), suffix_size = strlen(suffix);

	return size >= suffix_size && !strcmp(name + size - suffix_size, suffix);
}
