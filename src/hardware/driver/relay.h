/*
 * A relay on a GPIO output, with the limits that protect what hangs on it.
 *
 * Off when created and off when destroyed. One thread at a time (the loop's: a gpio write is
 * quick).
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
	uint64_t min_off_ms; /* 0: no limit; also counts from relay_create() */
};

struct relay_counters {
	uint64_t switched_on;
	uint64_t refused;    /* within the minimum off-time */
	uint64_t forced_off; /* by the maximum on-time */
	uint64_t failed;     /* writes to the line */
};

/* Holds the line. chip and clock are borrowed. The line's codes, ERROR_NO_MEMORY. */
int relay_create(struct gpio_chip *chip, const struct relay_config *config, struct clock *clock,
		 struct relay **ret_relay, struct error *err);
void relay_destroy(struct relay *relay); /* NULL is allowed */

/*
 * ERROR_BUSY within the minimum off-time, or the line's code. Switching on what is on changes
 * nothing, the on-time neither; switching off is never refused.
 */
int relay_set(struct relay *relay, bool on, struct error *err);

/* As last written. */
bool relay_is_on(const struct relay *relay);

/*
 * Switch off if the maximum on-time is over. A relay has no timer: its owner calls this from its
 * own. *ret_left_ms: when to call again; UINT64_MAX: not before the next relay_set().
 */
int relay_check(struct relay *relay, uint64_t *ret_left_ms, struct error *err);

struct relay_counters relay_counters(const struct relay *relay);

#endif
