#include "cli/plugin_find.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "config/suggest.h"
#include "plugin/discovery/source.h"

static int say_unknown(const struct plugin_scan *found, const char *name, const char *folder)
{
	struct suggestion suggestion;

	suggestion_init(&suggestion, name);
	for (size_t i = 0; i < found->count; i++)
		suggestion_offer(&suggestion, found->sources[i].name);
	text_printf(stderr, "there is no plugin %s in %s (`harvester plugin list` lists them)",
		    name, folder);
	if (suggestion.best)
		fprintf(stderr, ", did you mean %s?", suggestion.best);
	fputc('\n', stderr);
	return ERROR_NOT_FOUND;
}

int plugin_find(const char *folder, const char *name, struct plugin_source *ret_source)
{
	struct plugin_source *source = NULL;
	struct plugin_scan found;
	struct error err = {0};
	int ret = plugin_scan(folder, &found, &err);

	if (ret) {
		text_printf(stderr, "%s\n", err.text);
		return ret;
	}
	for (size_t i = 0; i < found.count && !source; i++)
		if (!strcmp(found.sources[i].name, name))
			source = &found.sources[i];
	if (source) {
		*ret_source = *source;
		*source = (struct plugin_source){0};
	} else {
		ret = say_unknown(&found, name, folder);
	}
	plugin_scan_finish(&found);
	return ret;
}
