#include "hardware/driver/relay.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "hardware/bus/gpio.h"

#define NS_PER_MS 1000000u

struct relay {
	struct gpio_line *line; /* owned */
	struct clock *clock;	/* borrowed */
	struct relay_config config;
	struct relay_counters counters;
	bool on;
	uint64_t since_ns; /* of the last change */
};

int relay_create(struct gpio_chip *chip, const struct relay_config *config, struct clock *clock,
		 struct relay **ret_relay, struct error *err)
{
	const struct gpio_line_config line_config = {
		.direction = GPIO_OUTPUT,
		.active_low = config->active_low,
		.value = false,
	};
	struct relay *relay = calloc(1, sizeof(*relay));
	int ret;

	if (!relay)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the relay; this machine needs more "
				 "free memory");
	ret = gpio_chip_request(chip, config->pin, &line_config, &relay->line, err);
	if (ret) {
		free(relay);
		return error_wrap(err, ret, "relay on GPIO%u", config->pin);
	}
	relay->clock = clock;
	relay->config = *config;
	relay->since_ns = clock_monotonic_ns(clock);
	*ret_relay = relay;
	return 0;
}

void relay_destroy(struct relay *relay)
{
	if (!relay)
		return;
	/* Switch off even if the relay seems to be off already. */
	gpio_line_set(relay->line, false, NULL);
	gpio_line_release(relay->line);
	free(relay);
}

static uint64_t elapsed_ms(const struct relay *relay)
{
	return (clock_monotonic_ns(relay->clock) - relay->since_ns) / NS_PER_MS;
}

static int write_line(struct relay *relay, bool on, struct error *err)
{
	int ret = gpio_line_set(relay->line, on, err);

	if (ret) {
		relay->counters.failed++;
		return error_wrap(err, ret, "relay on GPIO%u", relay->config.pin);
	}
	relay->on = on;
	relay->since_ns = clock_monotonic_ns(relay->clock);
	return 0;
}

int relay_set(struct relay *relay, bool on, struct error *err)
{
	uint64_t off_ms = elapsed_ms(relay);
	int ret;

	if (on == relay->on)
		return 0;
	if (on && off_ms < relay->config.min_off_ms) {
		relay->counters.refused++;
		return error_set(err, ERROR_BUSY,
				 "relay on GPIO%u: it was switched off %llu ms ago and must stay "
				 "off for %llu ms: try again after that",
				 relay->config.pin, (unsigned long long)off_ms,
				 (unsigned long long)relay->config.min_off_ms);
	}
	ret = write_line(relay, on, err);
	if (!ret && on)
		relay->counters.switched_on++;
	return ret;
}

bool relay_is_on(const struct relay *relay)
{
	return relay->on;
}

int relay_check(struct relay *relay, uint64_t *ret_left_ms, struct error *err)
{
	uint64_t on_ms = elapsed_ms(relay);
	uint64_t left_ms = UINT64_MAX;
	int ret;

	if (relay->on && relay->config.max_on_ms) {
		if (on_ms < relay->config.max_on_ms) {
			left_ms = relay->config.max_on_ms - on_ms;
		} else {
			ret = write_line(relay, false, err);
			if (ret)
				return ret;
			relay->counters.forced_off++;
		}
	}
	*ret_left_ms = left_ms;
	return 0;
}

struct relay_counters relay_counters(const struct relay *relay)
{
	return relay->counters;
}
