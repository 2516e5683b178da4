#include "reading/units.h"

#include <string.h>

#define MB 1048576.0 /* the kernel's kB / 1024 */

/* Prometheus requires base units, and 0..1 instead of %:
 * https://prometheus.io/docs/practices/naming/ */
static const struct reading_unit units[] = {
	{"temperature", "°C", "temperature_celsius", 1},
	{"humidity", "%", "humidity_ratio", 0.01},
	{"pressure", "hPa", "pressure_pascals", 100},
	{"gas_resistance", "kΩ", "gas_resistance_ohms", 1000},
	{"illuminance", "lx", "illuminance_lux", 1},
	{"cpu_temp", "°C", "cpu_temperature_celsius", 1},
	{"cpu_usage", "%", "cpu_usage_ratio", 0.01},
	{"memory_used_mb", "MB", "memory_used_bytes", MB},
	{"memory_total_mb", "MB", "memory_size_bytes", MB},
	{"uptime_seconds", "s", "uptime_seconds", 1},
};

#define UNITS_COUNT (sizeof(units) / sizeof(*units))

const struct reading_unit *reading_unit_at(size_t index)
{
	return index < UNITS_COUNT ? &units[index] : NULL;
}

const struct reading_unit *reading_unit_find(const char *field)
{
	for (size_t i = 0; i < UNITS_COUNT; i++) {
		if (!strcmp(units[i].field, field))
			return &units[i];
	}
	return NULL;
}

json_t *reading_units(const json_t *data)
{
	json_t *json = json_object(), *value;
	const char *field;

	json_object_foreach((json_t *)data, field, value)
	{
		const struct reading_unit *unit = reading_unit_find(field);

		if (unit && json_object_set_new(json, field, json_string(unit->unit))) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}
