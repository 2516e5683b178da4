/*
 * A fan on a relay. It runs while any of three wants it: the host's own hysteresis on the CPU's
 * temperature, a plugin or a person (fan_set), or a timed test run. So nobody can stop a fan that
 * the machine needs.
 *
 * All functions run on the loop thread. Those that switch return the relay's codes; what is wanted
 * is kept then, and the next call of any of them tries again.
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
#define FAN_CHANGES_MAX 8 /* between two updates; ERROR_BUSY for further ones */

typedef void fan_closed(void *arg);

/* °C; threshold_off < threshold_on. relay is borrowed until the close callback. ERROR_INVALID,
 * ERROR_NO_MEMORY. */
int fan_create(uv_loop_t *loop, struct relay *relay, double threshold_on, double threshold_off,
	       struct fan **ret_fan, struct error *err);

/* The CPU's temperature in °C, now and then. NaN (not known) leaves the hysteresis as it is. */
int fan_update(struct fan *fan, double temperature_c, struct error *err);

/* After FAN_CHANGES_MAX changes the next one waits for fan_update(): nobody wears out the relay. */
int fan_set(struct fan *fan, bool on, struct error *err);

/* Run for this long (at most FAN_TEST_MS_MAX), whatever else; a running test is replaced. */
int fan_test(struct fan *fan, uint32_t duration_ms, struct error *err);

bool fan_is_on(const struct fan *fan);
bool fan_is_testing(const struct fan *fan);

/* Switches off; the memory ends after closed(arg), in a later turn of the loop. Both may be NULL.
 */
void fan_close(struct fan *fan, fan_closed *closed, void *arg);

#endif
