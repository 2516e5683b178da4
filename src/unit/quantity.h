/*
 * The quantities that a field can have, such as "temperature" and "carbon_dioxide": the device
 * classes of Home Assistant (of its sensors, and of its binary sensors for switches). A quantity
 * limits which units the field can have. Any thread; all texts are in static memory.
 *
 * https://developers.home-assistant.io/docs/core/entity/sensor/#available-device-classes
 * https://developers.home-assistant.io/docs/core/entity/binary-sensor/#available-device-classes
 */
#ifndef HARVESTER_UNIT_QUANTITY_H
#define HARVESTER_UNIT_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unit/unit.h"

struct error;

/* What a field is, with Home Assistant's state_class where there is one. */
enum quantity_kind {
	KIND_MEASUREMENT, /* "measurement": a number that goes up and down; state_class measurement
			   */
	KIND_COUNTER,	  /* "counter": only grows, or begins again at 0; total_increasing */
	KIND_SWITCH,	  /* "switch": true or false; a binary sensor */
	KIND_TEXT,	  /* "text": words */
	KINDS
};

#define QUANTITY_NAME_MAX 40 /* bytes of the longest name */

struct quantity {
	const char *name;
	uint32_t dimensions; /* a bit for each dimension that its units may have; 0: no unit */
	bool is_optional;    /* a field of this quantity may go without a unit */
	bool is_switch;	     /* of a field of the kind "switch" */
};

/* The quantity of this name; NULL if there is none. */
const struct quantity *quantity_find(const char *name);

/* All quantities by index, from 0; NULL after the last. */
const struct quantity *quantity_at(size_t index);

/* The kind of this name in *ret_kind; false if there is none. */
bool quantity_kind_find(const char *name, enum quantity_kind *ret_kind);

/*
 * Check that a field of this quantity can have this unit (NULL: none). `quantity` NULL: any unit is
 * right. ERROR_INVALID, with the units that the quantity has.
 */
int quantity_check(const struct quantity *quantity, const struct unit *unit, struct error *err);

#endif
