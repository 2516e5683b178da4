/*
 * Finds the conflicts of two grants: the GPIO lines, and the i2c addresses on a common bus, that
 * are in both grants and that not both share. Pure; any thread.
 */
#ifndef HARVESTER_PLUGIN_POLICY_OVERLAP_H
#define HARVESTER_PLUGIN_POLICY_OVERLAP_H

#include <stddef.h>
#include <stdint.h>

#include "config/permission.h"

struct overlap {
	uint16_t gpio[PERMISSION_GPIO_MAX]; /* in the order of the second grant */
	size_t gpio_count;
	uint16_t i2c[PERMISSION_I2C_MAX]; /* in the order of the second grant */
	size_t i2c_count;
};

/* `usual_bus`: the bus of a grant that names none, [hardware] i2c_bus. */
void overlap_find(const struct permission *a, const struct permission *b, unsigned usual_bus,
		  struct overlap *ret_overlap);

#endif
