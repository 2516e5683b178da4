/* Logs denied calls: at most one line a minute for each plugin and kind of device. */
#include "base/clock.h"
#include "plugin/internal.h"

#define SAY_EVERY_NS (60 * 1000000000ull)

static void say(const struct plugin *plugin, struct capability_denial *denial)
{
	char times[32] = "";

	if (denial->count > 1)
		snprintf(times, sizeof(times), " %llu times", (unsigned long long)denial->count);
	if (*denial->advice)
		log_warning(plugin->source.name, "tried%s to use %s, which it was not granted; %s",
			    times, denial->what, denial->advice);
	else
		log_warning(plugin->source.name, "tried%s to use %s, which the owner has withheld",
			    times, denial->what);
	denial->count = 0;
}

void plugin_denials_end(struct plugin *plugin, bool is_last)
{
	uint64_t now_ns = clock_monotonic_ns(plugin->services.clock);

	if (plugin->is_candidate)
		return; /* logged later: see plugin_take_denials() */
	for (int i = 0; i < CAPABILITY_KINDS; i++) {
		struct capability_denial *denial = &plugin->client.denials[i];
		uint64_t *said_ns = &plugin->denials_said_ns[i];

		if (!denial->count || (!is_last && *said_ns && now_ns - *said_ns < SAY_EVERY_NS))
			continue;
		/* Over the limit of log lines: try again after the next call. */
		if (!plugin_may_report(plugin) && !is_last)
			continue;
		*said_ns = now_ns;
		say(plugin, denial);
	}
}
