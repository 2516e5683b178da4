/*
 * Limits how many bytes a plugin's polls return. Each byte costs time on the broker's one loop: it
 * is parsed, checked, stored and shown. So a plugin whose polls return much is polled less often,
 * and the others are not affected. All such plugins together share a rate of their own: one or two
 * of them get BYTES_A_SECOND each, and sixteen cost the loop no more than two do.
 */
#include "base/clock.h"
#include "plugin/internal.h"

#define BYTES_AT_ONCE (256u << 10)
#define BYTES_A_SECOND (256u << 10)
#define BYTES_A_SECOND_OF_ALL (512u << 10)
#define BYTES_A_SECOND_MIN (16u << 10) /* more than 32 sensors of 16 values return */
#define NS_PER_MS 1000000

/* Poll next in wait_ms, then at the interval again. */
static void delay(struct plugin *plugin, uint64_t wait_ms)
{
	uint64_t interval_ms = uv_timer_get_repeat(&plugin->schedule);

	uv_timer_set_repeat(&plugin->schedule, wait_ms);
	uv_timer_again(&plugin->schedule);
	uv_timer_set_repeat(&plugin->schedule, interval_ms);
}

/* How many bytes a second this plugin may return, with `slowed` plugins over their share. */
static double rate(unsigned slowed)
{
	unsigned share = BYTES_A_SECOND_OF_ALL / (slowed ? slowed : 1);

	if (share > BYTES_A_SECOND)
		return BYTES_A_SECOND;
	return share < BYTES_A_SECOND_MIN ? BYTES_A_SECOND_MIN : share;
}

static void set_slowed(struct plugin *plugin, bool is_slowed)
{
	unsigned *slowed = plugin->services.slowed;

	if (slowed && plugin->pace.is_slowed != is_slowed)
		*slowed += is_slowed ? 1 : -1u;
	plugin->pace.is_slowed = is_slowed;
}

void plugin_pace(struct plugin *plugin, size_t bytes)
{
	struct pace *pace = &plugin->pace;
	uint64_t now_ns = clock_monotonic_ns(plugin->services.clock), wait_ms;

	if (pace->bytes.burst == 0)
		token_bucket_init(&pace->bytes, BYTES_AT_ONCE, BYTES_A_SECOND, now_ns);
	token_bucket_set_rate(&pace->bytes,
			      rate(plugin->services.slowed ? *plugin->services.slowed : 0), now_ns);
	token_bucket_charge(&pace->bytes, (double)bytes, now_ns);
	wait_ms = token_bucket_wait_ns(&pace->bytes, now_ns) / NS_PER_MS;
	set_slowed(plugin, uv_is_active((uv_handle_t *)&plugin->schedule) &&
				   wait_ms > uv_timer_get_due_in(&plugin->schedule));
	if (!pace->is_slowed)
		return;
	pace->slowed_total++;
	delay(plugin, wait_ms);
}

void plugin_pace_end(struct plugin *plugin)
{
	set_slowed(plugin, false);
}

json_t *plugin_pace_words(const struct plugin *plugin)
{
	if (!plugin->pace.is_slowed)
		return json_array();
	return json_pack("[s]", "it is polled less often than its interval says, because its polls "
				"return more than its share of 512 kB a second for all plugins "
				"(256 kB for one)");
}
