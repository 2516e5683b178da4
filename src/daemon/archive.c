#include "daemon/archive.h"

#include <archive.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "daemon/command.h"
#include "daemon/load.h"
#include "daemon/paths.h"

void archive_places_find(const struct command_options *options, struct archive_places *ret_places)
{
	ret_places->config = options->config ? options->config : DEFAULT_CONFIG;
	ret_places->plugins = options->plugins ? options->plugins : "plugins";
	if (options->data)
		snprintf(ret_places->data, sizeof(ret_places->data), "%s", options->data);
	else
		paths_data_folder(ret_places->data, sizeof(ret_places->data));
}

int archive_fail(struct archive *archive, const char *what, struct error *err)
{
	const char *text = archive_error_string(archive);

	return error_set(err, ERROR_SYSTEM, "%s: %s", what, text ? text : "failed");
}

bool archive_has_suffix(const char *name, const char *suffix)
{
	size_t size = strlen(name), suffix_size = strlen(suffix);

	return size >= suffix_size && !strcmp(name + size - suffix_size, suffix);
}
