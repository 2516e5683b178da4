/*
 * A fan on a relay. It runs while at least one of four reasons holds: the CPU is hot (a hysteresis
 * between two temperatures), a plugin or a person switched it on (fan_set()), an alert demands it
 * (fan_demand()), or a timed test runs.
 * So no plugin can stop a fan that the machine needs.
 *
 * Loop thread. A function that cannot switch the relay returns the code of relay_set(), remembers
 * the wanted state, and the next call of any of them tries again.
 */
#ifndef HARVESTER_HARDWARE_DRIVER_FAN_H
#define HARVESTER_HARDWARE_DRIVER_FAN_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct error;
struct fan;
struct relay;

#define FAN_TEST_MS_MAX 60000
#define FAN_CHANGES_MAX 8 /* by fan_set() between two fan_update() */

typedef void fan_closed(void *arg);

/*
 * Thresholds in °C. `loop` and `relay` are borrowed until the close callback. ERROR_INVALID unless
 * threshold_off < threshold_on, ERROR_NO_MEMORY.
 */
int fan_create(uv_loop_t *loop, struct relay *relay, double threshold_on, double threshold_off,
	       struct fan **ret_fan, struct error *err);

/* Call every few seconds with the CPU's temperature in °C; NaN (unknown) keeps the hysteresis as it
 * is. */
int fan_update(struct fan *fan, double temperature_c, struct error *err);

/*
 * Switch on or off for a plugin or a person. ERROR_BUSY after FAN_CHANGES_MAX changes, so that no
 * plugin wears out the relay; the next fan_update() then applies the last change.
 */
int fan_set(struct fan *fan, bool on, struct error *err);

/* Run in any case while an alert demands it; false: none does any more. */
int fan_demand(struct fan *fan, bool on, struct error *err);

/* Run for duration_ms (at most FAN_TEST_MS_MAX) in any case; replaces a running test. */
int fan_test(struct fan *fan, uint32_t duration_ms, struct error *err);

bool fan_is_on(const struct fan *fan);
bool fan_is_testing(const struct fan *fan);

/*
 * Switch the fan off and free it. Calls on_closed(arg) in a later turn of the loop, when the relay
 * is no longer used. `fan` and `on_closed` may be NULL.
 */
void fan_close(struct fan *fan, fan_closed *on_closed, void *arg);

#endif
