/* Logs denied calls: at most one line a minute for each plugin and kind of device. */
#include <string.h>

#include "base/clock.h"
#include "plugin/internal.h"

#define LOG_EVERY_NS (60 * 1000000000ull)

static void log_denial(const struct plugin *plugin, struct capability_denial *denial)
{
	char times[32] = "";

	if (denial->count > 1)
		snprintf(times, sizeof(times), " %llu times", (unsigned long long)denial->count);
	if (*denial->advice)
		log_warning(plugin->source.name, "tried%s to use %s, which it was not granted; %s",
			    times, denial->what, denial->advice);
	else
		log_warning(plugin->source.name,
			    "tried%s to use %s, which the owner has withheld (under [permissions] "
			    "in the configuration)",
			    times, denial->what);
	denial->count = 0;
}

void plugin_denial_log_end(struct plugin *plugin, bool is_last)
{
	uint64_t now_ns = clock_monotonic_ns(plugin->services.clock);

	if (plugin->is_candidate)
		return; /* logged later: see plugin_denial_log_adopt() */
	for (int i = 0; i < CAPABILITY_KINDS; i++) {
		struct capability_denial *denial = &plugin->client.denials[i];
		uint64_t *logged_ns = &plugin->denial_logged_ns[i];

		if (!denial->count ||
		    (!is_last && *logged_ns && now_ns - *logged_ns < LOG_EVERY_NS))
			continue;
		/* Over the limit of log lines: try again after the next call. */
		if (!plugin_may_report(plugin) && !is_last)
			continue;
		*logged_ns = now_ns;
		log_denial(plugin, denial);
	}
}

void plugin_denial_log_adopt(struct plugin *plugin, const struct plugin *candidate)
{
	const struct capability_client *from = &candidate->client;
	struct capability_client *to = &plugin->client;

	to->denied += from->denied;
	if (*from->last_denied)
		memcpy(to->last_denied, from->last_denied, sizeof(to->last_denied));
	for (int i = 0; i < CAPABILITY_KINDS; i++) {
		uint64_t count = to->denials[i].count + from->denials[i].count;

		if (from->denials[i].count)
			to->denials[i] = from->denials[i];
		to->denials[i].count = count;
	}
	plugin_denial_log_end(plugin, false);
}
