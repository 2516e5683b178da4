/*
 * The grant, what a plugin may do: made from its request and the owner's configuration, compared,
 * and shown as text or JSON. Pure functions; any thread.
 */
#ifndef HARVESTER_PLUGIN_POLICY_GRANT_H
#define HARVESTER_PLUGIN_POLICY_GRANT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "config/permission.h"

struct config;

/*
 * Make the grant of plugin `name`: what its request has and both [plugins.NAME.grant] and
 * [permissions] allow, without what one of them denies. deadline_seconds and poll_interval_seconds
 * come from [plugins.NAME] if it sets them, else from the request, else from [polling]; they are
 * then limited by [plugins.NAME.grant] and [permissions]. If no i2c bus remains, no i2c address is
 * granted. A request for all GPIO lines ("*") means all but those that the host itself drives.
 */
void grant_resolve(const struct permission *request, const struct config *config, const char *name,
		   struct permission *ret_grant);

/*
 * A request or a grant as JSON: {"i2c": ["0x77"], "i2c_bus": [1], "share_i2c": [], "gpio": [4],
 * "gpio_in": [], "gpio_out": [], "share_gpio": [], "safe_low": [], "safe_high": [], "spi":
 * ["spi0.0"], "uart": [], "w1": [], "leds", "buzzer", "fan", "safe_fan": bool, "memory_mb",
 * "state_kb", "host_calls_per_poll": n, "deadline_seconds", "poll_interval_seconds": n or null if
 * not requested}. "gpio" has all lines; "gpio_in" and "gpio_out" those of one direction only. The
 * caller owns it; NULL if out of memory.
 */
json_t *grant_to_json(const struct permission *permission);

/*
 * What `request` has and `grant` lacks, as texts for people: ["i2c 0x40", "GPIO4 as output",
 * "LEDs", "128 MB of memory instead of 64 MB"]. If `grant` is NULL, all that is requested. The
 * caller owns it; NULL if out of memory.
 */
json_t *grant_difference(const struct permission *request, const struct permission *grant);

/* Join the texts of grant_difference() with ", ", cut at `size`; "nothing" if there are no texts.
 */
void grant_join(const json_t *texts, char *ret_line, size_t size);

/* Whether `wide` allows all that `narrow` does. */
bool grant_covers(const struct permission *wide, const struct permission *narrow);

/*
 * The line that permission.toml needs for calls of `interface` (without its package:
 * "led-controller"), or NULL if `grant` allows them. A word in capitals stands for what only the
 * plugin's author knows: "allow_i2c = [ADDRESS]". Static memory.
 */
const char *grant_missing_line(const struct permission *grant, const char *interface);

/* A GPIO line that the host itself drives, and that is therefore never granted to a plugin. */
struct grant_host_line {
	const char *device; /* connected to the line: "buzzer" */
	const char *key;    /* requests the device: "allow_buzzer" */
};

/* NULL if the host does not drive `line`. Static memory. */
const struct grant_host_line *grant_find_host_line(const struct config *config, unsigned line);

#endif
