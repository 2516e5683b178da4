/*
 * What a plugin may do: its request, narrowed by its owner. Pure functions; any thread.
 */
#ifndef HARVESTER_PLUGIN_POLICY_GRANT_H
#define HARVESTER_PLUGIN_POLICY_GRANT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "config/permission.h"

struct config;

/*
 * The effective grant of plugin `name`: what stands in the request, in [plugins.NAME.grant] and in
 * [permissions], less what either denies. deadline_seconds and poll_interval_seconds are those to
 * use: from [plugins.NAME] where that says so, else from the request, else from [polling]; and then
 * the grant and the policy bound them. Without a bus left there is no i2c address either. A request
 * for all GPIO lines ("*") is one for all but the host's own.
 */
void grant_resolve(const struct permission *request, const struct config *config, const char *name,
		   struct permission *ret_grant);

/*
 * For machines: {"i2c": ["0x77"], "i2c_bus": [1], "share_i2c": [], "gpio": [4], "gpio_in": [],
 * "gpio_out": [], "share_gpio": [], "spi": ["spi0.0"], "uart": [], "w1": [], "leds", "buzzer",
 * "fan": bool, "memory_mb", "state_kb", "host_calls_per_poll": n, "deadline_seconds",
 * "poll_interval_seconds": n or null where none was asked}. "gpio" holds all lines; "gpio_in" and
 * "gpio_out" those of one direction only. New; NULL without memory.
 */
json_t *grant_to_json(const struct permission *permission);

/*
 * What `request` has and `grant` has not, as plain texts: ["i2c 0x40", "GPIO4 as output", "LEDs",
 * "128 MB of memory instead of 64 MB"]. grant NULL: all that is asked for. New; NULL without
 * memory.
 */
json_t *grant_difference(const struct permission *request, const struct permission *grant);

/* The texts of grant_difference() in one line, cut where too long; "nothing" for none. */
void grant_join(const json_t *texts, char *ret_line, size_t size);

/* Does `wide` allow all that `narrow` does? */
bool grant_covers(const struct permission *wide, const struct permission *narrow);

/*
 * For refusing a component at load: the line of permission.toml that it lacks to import `interface`
 * (without package: "led-controller"), or NULL where it may. Capital words stand for what only the
 * plugin's author knows: "allow_i2c = [ADDRESS]". Static memory.
 */
const char *grant_missing_line(const struct permission *grant, const char *interface);

/*
 * A GPIO line that the host itself drives is never a plugin's: which of its devices hangs there
 * ("buzzer"), and the line that grants the device. NULL for any other line. Static memory.
 */
struct grant_host_line {
	const char *device;
	const char *key; /* "allow_buzzer" */
};
const struct grant_host_line *grant_find_host_line(const struct config *config, unsigned line);

#endif
