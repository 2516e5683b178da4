#include "hardware/driver/buzzer.h"

#include "base/clock.h"
#include "capability/internal.h"
#include "config/config.h"

/*
 * All plugins share one budget of sound. It fills with time, up to the length of the longest
 * pattern, so a plugin that plays all the time is heard a tenth of the time and does not wear out
 * the relay.
 */
#define FILL_PER_MS 0.1
#define BEEP_MS_MIN 20	 /* shortest sound, and shortest pause after it */
#define HEARD_MS_MIN 200 /* if less is left, a longer pattern is not played at all */

static void refill(struct capability_host *host)
{
	uint64_t now_ns = clock_monotonic_ns(host->clock);
	double most_ms = host->config->buzzer.max_on_seconds * 1000;

	if (!host->sound_began)
		host->sound_left_ms = most_ms;
	else
		host->sound_left_ms +=
			(double)(now_ns - host->sound_refilled_ns) / 1e6 * FILL_PER_MS;
	if (host->sound_left_ms > most_ms)
		host->sound_left_ms = most_ms;
	host->sound_refilled_ns = now_ns;
	host->sound_began = true;
}

static uint64_t at_least(uint64_t value, uint64_t least)
{
	return value < least ? least : value;
}

/* Play as much of the pattern as the budget allows; count 0 is silence. */
static void sound(struct capability_host *host, uint64_t count, uint64_t on_ms, uint64_t off_ms)
{
	double wanted;

	if (!on_ms)
		count = 0;
	on_ms = at_least(on_ms, BEEP_MS_MIN);
	wanted = (double)count * (double)on_ms;
	refill(host);
	if (wanted > host->sound_left_ms && host->sound_left_ms < HEARD_MS_MIN)
		return;
	if ((double)on_ms > host->sound_left_ms && count)
		on_ms = (uint64_t)host->sound_left_ms;
	if ((double)count * (double)on_ms > host->sound_left_ms)
		count = (uint64_t)(host->sound_left_ms / (double)on_ms);
	host->sound_left_ms -= (double)count * (double)on_ms;
	buzzer_play(host->buzzer, (uint32_t)count, (uint32_t)on_ms,
		    (uint32_t)at_least(off_ms, BEEP_MS_MIN), NULL);
}

static int play(struct capability_call *call, uint64_t count, uint64_t on_ms, uint64_t off_ms)
{
	struct capability_client *client = capability_call_client(call);
	struct capability_host *host = capability_call_host(call);

	if (!client->permission->buzzer) {
		capability_deny_buzzer(call);
	} else if (host->buzzer && !client->is_candidate) {
		client->has_sounded = true;
		sound(host, count, on_ms, off_ms);
		if (count && on_ms)
			capability_output(host, client->name, -1, 0);
	}
	return capability_reply(call, NULL);
}

static int buzz(struct capability_call *call, const cbor_item_t *args)
{
	uint64_t duration_ms;

	if (value_get_unsigned(args, 0, UINT32_MAX, &duration_ms))
		return ERROR_MALFORMED;
	return play(call, 1, duration_ms, 0);
}

static int beep(struct capability_call *call, const cbor_item_t *args)
{
	uint64_t count, duration_ms, interval_ms;

	if (value_get_unsigned(args, 0, UINT8_MAX, &count) ||
	    value_get_unsigned(args, 1, UINT32_MAX, &duration_ms) ||
	    value_get_unsigned(args, 2, UINT32_MAX, &interval_ms))
		return ERROR_MALFORMED;
	return play(call, count, duration_ms, interval_ms);
}

static const struct capability_function functions[] = {
	{"buzz", 1, buzz, "func(duration-ms: u32)"},
	{"beep", 3, beep, "func(count: u8, duration-ms: u32, interval-ms: u32)"},
	{0},
};

const struct capability_interface capability_buzzer_controller = {"buzzer-controller", functions};
