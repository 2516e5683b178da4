/*
 * Finds the line and column where a permission file requests a device, for error messages. Reads
 * the file again, since struct permission does not store places. Blocks on the disk; any thread.
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
 * Find an i2c address (in allow_i2c) or a GPIO line (in allow_gpio, allow_gpio_in or
 * allow_gpio_out) in the file `path`: the place of the number, or of the "*" that includes it.
 * Returns false, with *ret_place unchanged, if the file does not request it or cannot be read.
 */
bool permission_place_i2c(const char *path, uint16_t address, struct permission_place *ret_place);
bool permission_place_gpio(const char *path, unsigned line, struct permission_place *ret_place);

#endif
