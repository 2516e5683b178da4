#include "unit/quantity.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

#define BIT(dimension) (UINT32_C(1) << UNIT_##dimension)
#define NUMBER(name, dimensions)                                                                   \
	{                                                                                          \
		name, dimensions, false, false                                                     \
	}
#define OPTIONAL(name, dimensions)                                                                 \
	{                                                                                          \
		name, dimensions, true, false                                                      \
	}
#define PLAIN(name)                                                                                \
	{                                                                                          \
		name, 0, true, false                                                               \
	}
#define SWITCH(name)                                                                               \
	{                                                                                          \
		name, 0, true, true                                                                \
	}

_Static_assert(UNIT_DIMENSIONS_COUNT <= 32, "quantity.dimensions has a bit for each");

static const struct quantity quantities[] = {
	NUMBER("absolute_humidity", BIT(DENSITY)),
	NUMBER("apparent_power", BIT(APPARENT_POWER)),
	PLAIN("aqi"),
	NUMBER("area", BIT(AREA)),
	NUMBER("atmospheric_pressure", BIT(PRESSURE)),
	NUMBER("battery", BIT(RATIO)),
	NUMBER("carbon_dioxide", BIT(PARTS)),
	NUMBER("carbon_monoxide", BIT(PARTS) | BIT(DENSITY)),
	NUMBER("conductivity", BIT(CONDUCTIVITY)),
	NUMBER("current", BIT(CURRENT)),
	NUMBER("data_rate", BIT(DATA_RATE)),
	NUMBER("data_size", BIT(DATA_SIZE)),
	NUMBER("distance", BIT(LENGTH)),
	NUMBER("duration", BIT(DURATION)),
	NUMBER("energy", BIT(ENERGY)),
	NUMBER("energy_storage", BIT(ENERGY)),
	PLAIN("enum"),
	NUMBER("frequency", BIT(FREQUENCY)),
	NUMBER("gas", BIT(VOLUME)),
	NUMBER("humidity", BIT(RATIO)),
	NUMBER("illuminance", BIT(ILLUMINANCE)),
	NUMBER("irradiance", BIT(IRRADIANCE)),
	NUMBER("moisture", BIT(RATIO)),
	NUMBER("nitrogen_dioxide", BIT(PARTS) | BIT(DENSITY)),
	NUMBER("nitrogen_monoxide", BIT(PARTS) | BIT(DENSITY)),
	NUMBER("nitrous_oxide", BIT(DENSITY)),
	NUMBER("ozone", BIT(PARTS) | BIT(DENSITY)),
	PLAIN("ph"),
	NUMBER("pm1", BIT(DENSITY)),
	NUMBER("pm10", BIT(DENSITY)),
	NUMBER("pm25", BIT(DENSITY)),
	NUMBER("pm4", BIT(DENSITY)),
	NUMBER("power", BIT(POWER)),
	OPTIONAL("power_factor", BIT(RATIO)),
	NUMBER("precipitation", BIT(LENGTH)),
	NUMBER("precipitation_intensity", BIT(SPEED)),
	NUMBER("pressure", BIT(PRESSURE)),
	NUMBER("reactive_power", BIT(REACTIVE_POWER)),
	NUMBER("signal_strength", BIT(LEVEL) | BIT(SIGNAL)),
	NUMBER("sound_pressure", BIT(LEVEL) | BIT(SOUND)),
	NUMBER("speed", BIT(SPEED)),
	NUMBER("sulphur_dioxide", BIT(PARTS) | BIT(DENSITY)),
	NUMBER("temperature", BIT(TEMPERATURE)),
	NUMBER("volatile_organic_compounds", BIT(DENSITY)),
	NUMBER("volatile_organic_compounds_parts", BIT(PARTS)),
	NUMBER("voltage", BIT(VOLTAGE)),
	NUMBER("volume", BIT(VOLUME)),
	NUMBER("volume_flow_rate", BIT(VOLUME_FLOW)),
	NUMBER("volume_storage", BIT(VOLUME)),
	NUMBER("water", BIT(VOLUME)),
	NUMBER("weight", BIT(MASS)),
	NUMBER("wind_direction", BIT(ANGLE)),
	NUMBER("wind_speed", BIT(SPEED)),

	SWITCH("battery_charging"),
	SWITCH("cold"),
	SWITCH("connectivity"),
	SWITCH("door"),
	SWITCH("garage_door"),
	SWITCH("heat"),
	SWITCH("light"),
	SWITCH("lock"),
	SWITCH("motion"),
	SWITCH("moving"),
	SWITCH("occupancy"),
	SWITCH("opening"),
	SWITCH("plug"),
	SWITCH("presence"),
	SWITCH("problem"),
	SWITCH("running"),
	SWITCH("safety"),
	SWITCH("smoke"),
	SWITCH("sound"),
	SWITCH("tamper"),
	SWITCH("update"),
	SWITCH("vibration"),
	SWITCH("window"),
};

#define QUANTITIES_COUNT (sizeof(quantities) / sizeof(*quantities))

const struct quantity *quantity_at(size_t index)
{
	return index < QUANTITIES_COUNT ? &quantities[index] : NULL;
}

const struct quantity *quantity_find(const char *name)
{
	for (size_t i = 0; name && i < QUANTITIES_COUNT; i++) {
		if (!strcmp(quantities[i].name, name))
			return &quantities[i];
	}
	return NULL;
}

bool quantity_kind_find(const char *name, enum quantity_kind *ret_kind)
{
	static const char *const names[KINDS] = {
		[KIND_MEASUREMENT] = "measurement",
		[KIND_COUNTER] = "counter",
		[KIND_SWITCH] = "switch",
		[KIND_TEXT] = "text",
	};

	for (int i = 0; name && i < KINDS; i++) {
		if (!strcmp(names[i], name)) {
			*ret_kind = (enum quantity_kind)i;
			return true;
		}
	}
	return false;
}

static bool has_dimension(const struct quantity *quantity, const struct unit *unit)
{
	return quantity->dimensions >> unit->dimension & 1;
}

/* "°C", "°F", "K" */
static void list_units(const struct quantity *quantity, char *ret_text, size_t size)
{
	const struct unit *unit;
	size_t used = 0;

	*ret_text = '\0';
	for (size_t i = 0; (unit = unit_at(i)) && used < size; i++) {
		if (has_dimension(quantity, unit))
			used += (size_t)snprintf(ret_text + used, size - used, "%s\"%s\"",
						 used ? ", " : "", unit->name);
	}
}

int quantity_check(const struct quantity *quantity, const struct unit *unit, struct error *err)
{
	char list[256];

	if (!quantity || (unit && has_dimension(quantity, unit)) ||
	    (!unit && quantity->is_optional))
		return 0;
	list_units(quantity, list, sizeof(list));
	if (!quantity->dimensions)
		return error_set(err, ERROR_INVALID,
				 "the quantity %s has no unit: leave \"%s\" out", quantity->name,
				 unit->name);
	if (!unit)
		return error_set(err, ERROR_INVALID, "the quantity %s needs a unit: %s",
				 quantity->name, list);
	return error_set(err, ERROR_INVALID, "\"%s\" is no unit of the quantity %s: use %s",
			 unit->name, quantity->name, list);
}
