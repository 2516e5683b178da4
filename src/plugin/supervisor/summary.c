#include "plugin/supervisor/summary.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The states of the API that a person may want to do something about. */
static const char *const notable[] = {"needs approval", "refused", "failing",
				      "failed",		"backoff", "disabled"};

#define NOTABLE (sizeof(notable) / sizeof(*notable))

static size_t find_state(const json_t *plugin)
{
	const char *state = json_string_value(json_object_get(plugin, "state"));
	size_t i = 0;

	while (i < NOTABLE && (!state || strcmp(notable[i], state) != 0))
		i++;
	return i;
}

void plugin_summary_write(const json_t *plugins, const char *address, char *ret_text, size_t size)
{
	size_t counts[NOTABLE + 1] = {0}, length;
	const json_t *plugin;
	size_t i;

	json_array_foreach(plugins, i, plugin) counts[find_state(plugin)]++;
	snprintf(ret_text, size, "%zu plugin%s", counts[NOTABLE],
		 counts[NOTABLE] == 1 ? " runs" : "s run");
	for (i = 0; i < NOTABLE; i++) {
		length = strlen(ret_text);
		if (counts[i])
			snprintf(ret_text + length, size - length, ", %zu %s", counts[i],
				 notable[i]);
	}
	length = strlen(ret_text);
	snprintf(ret_text + length, size - length, "; %s", address);
}

static bool is_settled(const char *state)
{
	static const char *const settled[] = {"idle", "calling", "failing", "disabled",
					      "needs approval"};

	for (size_t i = 0; state && i < sizeof(settled) / sizeof(*settled); i++) {
		if (!strcmp(settled[i], state))
			return true;
	}
	return false;
}

void plugin_summary_add_unready(const json_t *plugins, json_t *reasons)
{
	const json_t *plugin;
	size_t i;

	json_array_foreach(plugins, i, plugin)
	{
		const char *state = json_string_value(json_object_get(plugin, "state"));
		const char *name = json_string_value(json_object_get(plugin, "name"));

		if (!is_settled(state))
			json_array_append_new(reasons, json_sprintf("plugin %s: %s", name, state));
	}
}
