/*
 * Where a permission file asks for a thing: for messages that name line and column. A permission
 * itself keeps no places, since most of its users never show one. Any thread; blocks on the disk.
 */
#ifndef HARVESTER_CONFIG_PERMISSION_PLACE_H
#define HARVESTER_CONFIG_PERMISSION_PLACE_H

#include <stdbool.h>
#include <stdint.h>

/* Both count from 1. */
struct permission_place {
	unsigned line, column;
};

/*
 * The place in the file at `path` of an i2c address (in allow_i2c) or of a GPIO line (in
 * allow_gpio, allow_gpio_in or allow_gpio_out): that of its item, or of the "*" that stands for
 * all. False where the file does not ask for it or cannot be read; *ret_place is untouched then.
 */
bool permission_place_i2c(const char *path, uint16_t address, struct permission_place *ret_place);
bool permission_place_gpio(const char *path, unsigned line, struct permission_place *ret_place);

#endif
