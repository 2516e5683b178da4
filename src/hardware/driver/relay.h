/*
 * A relay on a GPIO output, with a minimum off-time and a maximum on-time that protect the device
 * it switches. It is off after relay_create() and after relay_destroy().
 *
 * Loop thread: writing a gpio line is quick.
 */
#ifndef HARVESTER_HARDWARE_DRIVER_RELAY_H
#define HARVESTER_HARDWARE_DRIVER_RELAY_H

#include <stdbool.h>
#include <stdint.h>

struct clock;
struct error;
struct gpio_chip;
struct relay;

struct relay_config {
	unsigned pin;
	bool active_low;     /* on means a low level */
	uint64_t max_on_ms;  /* 0: no limit */
	uint64_t min_off_ms; /* 0: no limit; relay_create() starts an off-time too */
};

struct relay_counters {
	uint64_t switched_on;
	uint64_t refused;    /* switched on within the minimum off-time */
	uint64_t forced_off; /* switched off by the maximum on-time */
	uint64_t failed;     /* failed writes to the line */
};

/*
 * Requests the line and holds it until relay_destroy(). `chip` and `clock` are borrowed.
 * ERROR_NO_MEMORY, or a code of gpio_chip_request().
 */
int relay_create(struct gpio_chip *chip, const struct relay_config *config, struct clock *clock,
		 struct relay **ret_relay, struct error *err);
void relay_destroy(struct relay *relay); /* NULL is allowed */

/*
 * Switch the relay. ERROR_BUSY if it has been off for less than the minimum off-time, or a code of
 * gpio_line_set(). Switching off is never refused. If the relay is in that state already, nothing
 * happens: switching on again does not extend the on-time.
 */
int relay_set(struct relay *relay, bool on, struct error *err);

/* The state last written. */
bool relay_is_on(const struct relay *relay);

/*
 * Switch off if the maximum on-time has passed. A relay has no timer of its own: the caller calls
 * this again after *ret_left_ms (UINT64_MAX: not before the next relay_set()). Codes of
 * gpio_line_set().
 */
int relay_check(struct relay *relay, uint64_t *ret_left_ms, struct error *err);

struct relay_counters relay_counters(const struct relay *relay);

#endif
