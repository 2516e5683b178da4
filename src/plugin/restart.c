/* Failures of a plugin: how each is reported, and when the plugin is started again after it. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "plugin/internal.h"

#define BACKOFF_FIRST_MS 1000
#define NS_PER_SECOND 1000000000u

static void keep_reason(struct plugin *plugin, const char *text)
{
	snprintf(plugin->reason, sizeof(plugin->reason), "%s", plugin_last_line(text));
	plugin->reason[strcspn(plugin->reason, "\n")] = '\0';
	text_make_utf8(plugin->reason); /* the API shows it */
}

void plugin_fail(struct plugin *plugin, const char *text, bool ends_readings)
{
	bool is_news = !plugin->has_failed ||
		       strncmp(plugin->reason, plugin_last_line(text), strlen(plugin->reason)) != 0;

	plugin->errors++;
	keep_reason(plugin, text);
	if (plugin->is_candidate) {
		/* No log line: the file may be half written, so slot_versions.c decides what is
		 * worth one.
		 */
		plugin->services.events->on_candidate_done(plugin->services.events_arg, plugin,
							   text);
		return;
	}
	if (is_news)
		plugin_report(plugin, text);
	plugin->has_failed = true;
	if (ends_readings)
		plugin->services.events->on_failed(plugin->services.events_arg, plugin->source.name,
						   plugin->reason,
						   plugin->client.touched_simulated);
}

static void on_backoff_over(uv_timer_t *timer)
{
	struct plugin *plugin = timer->data;

	plugin->restarts++;
	plugin_prepare(plugin);
}

static uint64_t backoff_ms(unsigned failures)
{
	uint64_t delay = BACKOFF_FIRST_MS;

	while (--failures && delay < PLUGIN_BACKOFF_MAX_MS)
		delay *= 2;
	return delay < PLUGIN_BACKOFF_MAX_MS ? delay : PLUGIN_BACKOFF_MAX_MS;
}

/* A plugin that has died often stays off for hours, but not for ever: a bus that hung or a machine
 * that was too busy may have recovered by then. */
static void rest_long(struct plugin *plugin)
{
	static const unsigned hours[] = {1, 6, 24};
	size_t last = sizeof(hours) / sizeof(*hours) - 1;
	uint64_t seconds = 3600ull * hours[plugin->rests < last ? plugin->rests : last];

	if (plugin->is_hopeless) {
		log_error(plugin->source.name, "stays off until its file changes: %s",
			  plugin->reason);
		return;
	}
	plugin->rests++;
	plugin->rest_ns = clock_monotonic_ns(plugin->services.clock) + seconds * NS_PER_SECOND;
	plugin->rest_unix_ms = clock_unix_ms(plugin->services.clock) + seconds * 1000;
	log_error(plugin->source.name, "stays off for %u h, or until its file changes: %s",
		  (unsigned)(seconds / 3600), plugin->reason);
}

void plugin_check_rest(struct plugin *plugin)
{
	if (!plugin->rest_ns || clock_monotonic_ns(plugin->services.clock) < plugin->rest_ns)
		return;
	plugin->rest_ns = 0;
	deaths_begin_probation(&plugin->deaths, clock_monotonic_ns(plugin->services.clock));
	log_info(plugin->source.name,
		 "starts again after its hours of rest, which followed repeated failures");
	on_backoff_over(&plugin->backoff);
}

void plugin_rest(struct plugin *plugin, enum plugin_end end)
{
	uint64_t now_ns = clock_monotonic_ns(plugin->services.clock);
	unsigned failures = end == END_REFUSAL
				    ? ++plugin->refusals
				    : deaths_add(&plugin->deaths, now_ns, end == END_OWN);
	bool is_final = plugin->is_hopeless || (end != END_REFUSAL && failures >= DEATHS_MAX);

	plugin_close_guest(plugin);
	capability_client_end(&plugin->client, true);
	if (plugin->is_candidate) {
		plugin_set_state(plugin, PLUGIN_FAILED);
		return;
	}
	if (is_final) {
		plugin_set_state(plugin, PLUGIN_FAILED);
		rest_long(plugin);
		return;
	}
	plugin_set_state(plugin, PLUGIN_BACKOFF);
	log_warning(plugin->source.name, "starts again in %llu s",
		    (unsigned long long)backoff_ms(failures) / 1000);
	uv_timer_start(&plugin->backoff, on_backoff_over, backoff_ms(failures), 0);
}

void plugin_give_up(struct plugin *plugin, const char *text, enum plugin_end end)
{
	const struct plugin_services *services = &plugin->services;

	plugin_fail(plugin, text, true);
	if (!plugin->is_candidate && services->events->on_died)
		services->events->on_died(services->events_arg, plugin->source.name,
					  plugin->reason);
	plugin_rest(plugin, end);
}
