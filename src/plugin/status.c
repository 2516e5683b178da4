/* A plugin as JSON, for `plugin list` and the API. */
#include <stdlib.h>
#include <string.h>

#include "plugin/internal.h"
#include "plugin/policy/grant.h"
#include "plugin/process/guest.h"

#define LONG_WAIT_MS 1000

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static json_t *median_poll_ms(const struct plugin *plugin)
{
	size_t count = plugin->polls < POLL_TIMES ? plugin->polls : POLL_TIMES;
	uint32_t sorted[POLL_TIMES];

	if (!count)
		return json_null();
	memcpy(sorted, plugin->poll_times_us, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare);
	return json_real(sorted[count / 2] / 1000.0);
}

static json_t *functions_to_json(const struct plugin *plugin)
{
	static const char *const names[] = {"poll", "update", "render"};
	json_t *list = json_array();

	for (int i = 0; i < FUNCTIONS; i++) {
		if (plugin->has_function[i])
			json_array_append_new(list, json_string(names[i]));
	}
	return list;
}

static void add_counters(json_t *json, const struct plugin *plugin)
{
	const struct {
		const char *name;
		uint64_t value;
	} counters[] = {
		{"polls", plugin->polls},
		{"errors", plugin->errors},
		{"late_polls", plugin->late_polls},
		{"slowed_polls", plugin->pace.slowed_total},
		{"restarts", plugin->restarts},
		{"kills", plugin->kills},
		{"host_calls", plugin->client.calls},
		{"denied_calls", plugin->client.denied},
		{"dropped_lines", plugin->log_limit.dropped_total},
		{"memory_bytes", plugin->memory_bytes},
		{"pid", plugin->guest ? (uint64_t)guest_pid(plugin->guest) : 0},
	};

	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		json_object_set_new(json, counters[i].name,
				    json_integer((json_int_t)counters[i].value));
}

/* "failing": the process runs, but its last call failed. */
static const char *shown_state(const struct plugin *plugin)
{
	bool runs = plugin->state == PLUGIN_IDLE || plugin->state == PLUGIN_CALLING;

	return runs && plugin->has_failed ? "failing" : plugin_state_name(plugin->state);
}

/* Sentences that say where the plugin exceeds its share, or waits for others to get theirs. */
static json_t *over_share(const struct plugin *plugin)
{
	json_t *list = plugin_pace_words(plugin);
	uint64_t waited_ms = plugin->state == PLUGIN_CALLING ? plugin_waited_ms(plugin) : 0;

	if (waited_ms >= LONG_WAIT_MS)
		json_array_append_new(
			list, json_sprintf("its call has waited %.1f s for devices that other "
					   "plugins use too",
					   (double)waited_ms / 1000));
	return list;
}

json_t *plugin_to_json(const struct plugin *plugin)
{
	bool has_reason = plugin->has_failed || plugin->state >= PLUGIN_BACKOFF;
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:s?, s:s?, s:s, s:o, s:o, s:o}", "name", plugin->source.name,
		"kind", plugin->source.kind == PLUGIN_SCRIPT ? "python" : "component", "state",
		shown_state(plugin), "reason", has_reason ? plugin->reason : NULL, "reload_error",
		*plugin->reload_error ? plugin->reload_error : NULL, "last_denied",
		plugin->client.last_denied, "functions", functions_to_json(plugin), "granted",
		grant_to_json(&plugin->permission), "median_poll_ms", median_poll_ms(plugin));

	json_object_set_new(json, "next_try_ms",
			    plugin->rest_ns ? json_integer((json_int_t)plugin->rest_unix_ms)
					    : json_null());
	json_object_set_new(json, "over_share", over_share(plugin));
	add_counters(json, plugin);
	return json;
}
