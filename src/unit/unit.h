/*
 * The units in which readings are measured and shown, and the conversion between two units of the
 * same dimension. Any thread; all texts are in static memory.
 *
 * The names are those of Home Assistant, so that a reading means the same there:
 * https://developers.home-assistant.io/docs/core/entity/sensor/#available-device-classes
 */
#ifndef HARVESTER_UNIT_UNIT_H
#define HARVESTER_UNIT_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/* What a unit measures. Each dimension has a base unit, which is the one that Prometheus wants:
 * https://prometheus.io/docs/practices/naming/#base-units */
#define UNIT_DIMENSIONS(X)                                                                         \
	X(TEMPERATURE, "celsius")                                                                  \
	X(PRESSURE, "pascals")                                                                     \
	X(SPEED, "meters_per_second")                                                              \
	X(RATIO, "ratio")                                                                          \
	X(PARTS, "parts_per_million")                                                              \
	X(DENSITY, "grams_per_cubic_meter")                                                        \
	X(LENGTH, "meters")                                                                        \
	X(AREA, "square_meters")                                                                   \
	X(VOLUME, "cubic_meters")                                                                  \
	X(VOLUME_FLOW, "cubic_meters_per_second")                                                  \
	X(MASS, "grams")                                                                           \
	X(ENERGY, "joules")                                                                        \
	X(POWER, "watts")                                                                          \
	X(APPARENT_POWER, "volt_amperes")                                                          \
	X(REACTIVE_POWER, "volt_amperes_reactive")                                                 \
	X(VOLTAGE, "volts")                                                                        \
	X(CURRENT, "amperes")                                                                      \
	X(RESISTANCE, "ohms")                                                                      \
	X(CONDUCTIVITY, "siemens_per_meter")                                                       \
	X(FREQUENCY, "hertz")                                                                      \
	X(ROTATION, "revolutions_per_minute")                                                      \
	X(DURATION, "seconds")                                                                     \
	X(DATA_SIZE, "bytes")                                                                      \
	X(DATA_RATE, "bytes_per_second")                                                           \
	X(ILLUMINANCE, "lux")                                                                      \
	X(IRRADIANCE, "watts_per_square_meter")                                                    \
	X(LEVEL, "decibels")                                                                       \
	X(SOUND, "a_weighted_decibels")                                                            \
	X(SIGNAL, "decibel_milliwatts")                                                            \
	X(ANGLE, "degrees")                                                                        \
	X(ULTRAVIOLET, "uv_index")

enum unit_dimension {
#define X(name, base) UNIT_##name,
	UNIT_DIMENSIONS(X)
#undef X
		UNIT_DIMENSIONS_COUNT
};

/* The denominator is above 0. */
struct unit_fraction {
	int64_t numerator, denominator;
};

struct unit {
	const char *name; /* "°C" */
	enum unit_dimension dimension;
	struct unit_fraction factor, offset; /* base unit = factor * this unit + offset */
};

#define UNIT_NAME_MAX 16 /* bytes of the longest name */

/* A conversion: to = factor * from + offset. */
struct unit_conversion {
	double factor, offset;
};

/* The unit of this name; NULL if there is none. Names are case-sensitive: "mW" is not "MW". */
const struct unit *unit_find(const char *name);

/* All units by index, from 0; NULL after the last. */
const struct unit *unit_at(size_t index);

/* The name of the dimension's base unit in a metric: "celsius". */
const char *unit_base_name(enum unit_dimension dimension);

/* True if a value can be converted from one unit to the other. */
bool unit_is_convertible(const struct unit *from, const struct unit *to);

/* The conversion between two units of one dimension. Where the units are defined by few digits, so
 * are its numbers: °C to °F is 1.8 and 32. */
struct unit_conversion unit_conversion(const struct unit *from, const struct unit *to);

/* The conversion of a unit to the base unit of its dimension. */
struct unit_conversion unit_to_base(const struct unit *unit);

/* Find a unit by its name. ERROR_INVALID if there is none. */
int unit_parse(const char *name, const struct unit **ret_unit, struct error *err);

#endif
