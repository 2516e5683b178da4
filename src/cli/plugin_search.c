/* `harvester plugin search`: lists the bundles of an index. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/bundle_node.h"
#include "cli/command.h"
#include "cli/json_print.h"
#include "cli/plugin_index.h"

static void print(const struct bundle_index_entry *entry)
{
	text_printf(stdout, "%-24s %-12s %s\n", entry->name, entry->version, entry->description);
}

/* Of each plugin only the newest version, except as JSON. */
static void show(const struct command_options *options, const struct bundle_index *index)
{
	const char *const *words = (const char *const *)options->words;
	const struct bundle_index_entry *shown = NULL;
	json_t *found = json_array();

	for (size_t i = 0; i < index->count; i++) {
		const struct bundle_index_entry *entry = &index->entries[i];

		if (!bundle_index_matches(entry, words, (size_t)options->words_count))
			continue;
		json_array_append_new(found, bundle_index_entry_to_json(entry));
		if (!options->json && (!shown || strcmp(shown->name, entry->name) != 0))
			print(entry);
		shown = entry;
	}
	if (options->json)
		json_print(found, JSON_INDENT(2));
	else if (!shown)
		text_printf(stdout, "the index lists no such plugin; it has %zu bundles\n",
			    index->count);
	json_decref(found);
}

int command_plugin_search(const struct command_options *options)
{
	struct plugin_index index = {0};
	struct bundle_node node;
	struct error err = {0};
	int ret = bundle_node_open(options, &node, &err);

	bundle_node_unlock(&node);
	if (!ret)
		ret = plugin_index_load(options, &node, &index, &err);
	if (!ret)
		show(options, &index.index);
	else
		text_printf(stderr, "nothing found: %s\n", err.text);
	bundle_index_finish(&index.index);
	bundle_node_close(&node);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
