#include "unit/unit.h"

#include <string.h>

#include "base/error.h"

#define KIBI 1024.0
#define LINE (1.0 / 12)	      /* of a foot */
#define FOOT 0.3048	      /* metres, by definition; so are the next four */
#define MILE 1609.344	      /* metres */
#define KNOT (1852.0 / 3600)  /* metres a second */
#define POUND 453.59237	      /* grams */
#define GALLON 0.003785411784 /* of the United States, in cubic metres */
#define MMHG 133.322387415    /* pascals; of mercury, conventional */
#define PSI 6894.757293168361 /* pascals: a pound-force on a square inch */
#define INHG 3386.388640341   /* pascals */
#define INH2O 249.08891	      /* pascals, at 4 °C */
#define HOUR 3600.0
#define DAY 86400.0
#define CALORIE 4.184 /* joules, thermochemical */

/* clang-format off */
static const struct unit units[] = {
	{"°C", UNIT_TEMPERATURE, 1, 0},
	{"°F", UNIT_TEMPERATURE, 5.0 / 9, -160.0 / 9},
	{"K", UNIT_TEMPERATURE, 1, -273.15},

	{"Pa", UNIT_PRESSURE, 1, 0},
	{"hPa", UNIT_PRESSURE, 100, 0},
	{"kPa", UNIT_PRESSURE, 1000, 0},
	{"mPa", UNIT_PRESSURE, 0.001, 0},
	{"mbar", UNIT_PRESSURE, 100, 0},
	{"cbar", UNIT_PRESSURE, 1000, 0},
	{"bar", UNIT_PRESSURE, 100000, 0},
	{"mmHg", UNIT_PRESSURE, MMHG, 0},
	{"inHg", UNIT_PRESSURE, INHG, 0},
	{"inH₂O", UNIT_PRESSURE, INH2O, 0},
	{"psi", UNIT_PRESSURE, PSI, 0},

	{"m/s", UNIT_SPEED, 1, 0},
	{"km/h", UNIT_SPEED, 1 / 3.6, 0},
	{"mph", UNIT_SPEED, MILE / HOUR, 0},
	{"kn", UNIT_SPEED, KNOT, 0},
	{"ft/s", UNIT_SPEED, FOOT, 0},
	{"mm/s", UNIT_SPEED, 0.001, 0},
	{"in/s", UNIT_SPEED, FOOT * LINE, 0},
	{"mm/h", UNIT_SPEED, 0.001 / HOUR, 0},
	{"in/h", UNIT_SPEED, FOOT * LINE / HOUR, 0},
	{"mm/d", UNIT_SPEED, 0.001 / DAY, 0},
	{"in/d", UNIT_SPEED, FOOT * LINE / DAY, 0},

	{"%", UNIT_RATIO, 0.01, 0},

	{"ppm", UNIT_PARTS, 1, 0},
	{"ppb", UNIT_PARTS, 0.001, 0},

	{"g/m³", UNIT_DENSITY, 1, 0},
	{"mg/m³", UNIT_DENSITY, 1e-3, 0},
	{"µg/m³", UNIT_DENSITY, 1e-6, 0},

	{"m", UNIT_LENGTH, 1, 0},
	{"mm", UNIT_LENGTH, 0.001, 0},
	{"cm", UNIT_LENGTH, 0.01, 0},
	{"km", UNIT_LENGTH, 1000, 0},
	{"in", UNIT_LENGTH, FOOT * LINE, 0},
	{"ft", UNIT_LENGTH, FOOT, 0},
	{"yd", UNIT_LENGTH, 3 * FOOT, 0},
	{"mi", UNIT_LENGTH, MILE, 0},
	{"nmi", UNIT_LENGTH, 1852, 0},

	{"m²", UNIT_AREA, 1, 0},
	{"cm²", UNIT_AREA, 1e-4, 0},
	{"mm²", UNIT_AREA, 1e-6, 0},
	{"km²", UNIT_AREA, 1e6, 0},
	{"ha", UNIT_AREA, 1e4, 0},
	{"ft²", UNIT_AREA, FOOT * FOOT, 0},

	{"m³", UNIT_VOLUME, 1, 0},
	{"L", UNIT_VOLUME, 0.001, 0},
	{"mL", UNIT_VOLUME, 1e-6, 0},
	{"ft³", UNIT_VOLUME, FOOT * FOOT * FOOT, 0},
	{"gal", UNIT_VOLUME, GALLON, 0},

	{"m³/s", UNIT_VOLUME_FLOW, 1, 0},
	{"m³/min", UNIT_VOLUME_FLOW, 1.0 / 60, 0},
	{"m³/h", UNIT_VOLUME_FLOW, 1 / HOUR, 0},
	{"L/s", UNIT_VOLUME_FLOW, 0.001, 0},
	{"L/min", UNIT_VOLUME_FLOW, 0.001 / 60, 0},
	{"L/h", UNIT_VOLUME_FLOW, 0.001 / HOUR, 0},
	{"mL/s", UNIT_VOLUME_FLOW, 1e-6, 0},
	{"gal/min", UNIT_VOLUME_FLOW, GALLON / 60, 0},
	{"ft³/min", UNIT_VOLUME_FLOW, FOOT * FOOT * FOOT / 60, 0},

	{"g", UNIT_MASS, 1, 0},
	{"kg", UNIT_MASS, 1000, 0},
	{"mg", UNIT_MASS, 1e-3, 0},
	{"µg", UNIT_MASS, 1e-6, 0},
	{"t", UNIT_MASS, 1e6, 0},
	{"oz", UNIT_MASS, POUND / 16, 0},
	{"lb", UNIT_MASS, POUND, 0},

	{"J", UNIT_ENERGY, 1, 0},
	{"kJ", UNIT_ENERGY, 1e3, 0},
	{"MJ", UNIT_ENERGY, 1e6, 0},
	{"GJ", UNIT_ENERGY, 1e9, 0},
	{"mWh", UNIT_ENERGY, 3.6, 0},
	{"Wh", UNIT_ENERGY, HOUR, 0},
	{"kWh", UNIT_ENERGY, 1e3 * HOUR, 0},
	{"MWh", UNIT_ENERGY, 1e6 * HOUR, 0},
	{"GWh", UNIT_ENERGY, 1e9 * HOUR, 0},
	{"cal", UNIT_ENERGY, CALORIE, 0},
	{"kcal", UNIT_ENERGY, 1e3 * CALORIE, 0},

	{"W", UNIT_POWER, 1, 0},
	{"mW", UNIT_POWER, 1e-3, 0},
	{"kW", UNIT_POWER, 1e3, 0},
	{"MW", UNIT_POWER, 1e6, 0},
	{"GW", UNIT_POWER, 1e9, 0},
	{"BTU/h", UNIT_POWER, 0.29307107017222, 0},

	{"VA", UNIT_APPARENT_POWER, 1, 0},
	{"mVA", UNIT_APPARENT_POWER, 1e-3, 0},
	{"kVA", UNIT_APPARENT_POWER, 1e3, 0},

	{"var", UNIT_REACTIVE_POWER, 1, 0},
	{"mvar", UNIT_REACTIVE_POWER, 1e-3, 0},
	{"kvar", UNIT_REACTIVE_POWER, 1e3, 0},

	{"V", UNIT_VOLTAGE, 1, 0},
	{"µV", UNIT_VOLTAGE, 1e-6, 0},
	{"mV", UNIT_VOLTAGE, 1e-3, 0},
	{"kV", UNIT_VOLTAGE, 1e3, 0},

	{"A", UNIT_CURRENT, 1, 0},
	{"mA", UNIT_CURRENT, 1e-3, 0},
	{"µA", UNIT_CURRENT, 1e-6, 0},

	{"Ω", UNIT_RESISTANCE, 1, 0},
	{"kΩ", UNIT_RESISTANCE, 1e3, 0},
	{"MΩ", UNIT_RESISTANCE, 1e6, 0},

	{"S/cm", UNIT_CONDUCTIVITY, 100, 0},
	{"mS/cm", UNIT_CONDUCTIVITY, 0.1, 0},
	{"µS/cm", UNIT_CONDUCTIVITY, 1e-4, 0},

	{"Hz", UNIT_FREQUENCY, 1, 0},
	{"kHz", UNIT_FREQUENCY, 1e3, 0},
	{"MHz", UNIT_FREQUENCY, 1e6, 0},
	{"GHz", UNIT_FREQUENCY, 1e9, 0},

	{"rpm", UNIT_ROTATION, 1, 0},

	{"s", UNIT_DURATION, 1, 0},
	{"ms", UNIT_DURATION, 1e-3, 0},
	{"µs", UNIT_DURATION, 1e-6, 0},
	{"min", UNIT_DURATION, 60, 0},
	{"h", UNIT_DURATION, HOUR, 0},
	{"d", UNIT_DURATION, DAY, 0},

	{"B", UNIT_DATA_SIZE, 1, 0},
	{"bit", UNIT_DATA_SIZE, 0.125, 0},
	{"kbit", UNIT_DATA_SIZE, 125, 0},
	{"Mbit", UNIT_DATA_SIZE, 125e3, 0},
	{"kB", UNIT_DATA_SIZE, 1e3, 0},
	{"MB", UNIT_DATA_SIZE, 1e6, 0},
	{"GB", UNIT_DATA_SIZE, 1e9, 0},
	{"TB", UNIT_DATA_SIZE, 1e12, 0},
	{"KiB", UNIT_DATA_SIZE, KIBI, 0},
	{"MiB", UNIT_DATA_SIZE, KIBI * KIBI, 0},
	{"GiB", UNIT_DATA_SIZE, KIBI * KIBI * KIBI, 0},
	{"TiB", UNIT_DATA_SIZE, KIBI * KIBI * KIBI * KIBI, 0},

	{"B/s", UNIT_DATA_RATE, 1, 0},
	{"bit/s", UNIT_DATA_RATE, 0.125, 0},
	{"kbit/s", UNIT_DATA_RATE, 125, 0},
	{"Mbit/s", UNIT_DATA_RATE, 125e3, 0},
	{"Gbit/s", UNIT_DATA_RATE, 125e6, 0},
	{"kB/s", UNIT_DATA_RATE, 1e3, 0},
	{"MB/s", UNIT_DATA_RATE, 1e6, 0},
	{"KiB/s", UNIT_DATA_RATE, KIBI, 0},
	{"MiB/s", UNIT_DATA_RATE, KIBI * KIBI, 0},

	{"lx", UNIT_ILLUMINANCE, 1, 0},
	{"W/m²", UNIT_IRRADIANCE, 1, 0},
	{"dB", UNIT_LEVEL, 1, 0},
	{"dBA", UNIT_SOUND, 1, 0},
	{"dBm", UNIT_SIGNAL, 1, 0},
	{"°", UNIT_ANGLE, 1, 0},
	{"UV index", UNIT_ULTRAVIOLET, 1, 0},
};
/* clang-format on */

#define UNITS_COUNT (sizeof(units) / sizeof(*units))

static const char *const base_names[] = {
#define X(name, base) [UNIT_##name] = base,
	UNIT_DIMENSIONS(X)
#undef X
};

const struct unit *unit_at(size_t index)
{
	return index < UNITS_COUNT ? &units[index] : NULL;
}

/* Unicode has two characters each for micro and ohm, which look the same: the second of each. */
static const struct {
	const char *other, *usual;
} twins[] = {{"\u03bc", "µ"}, {"\u2126", "Ω"}};

/* Copy the name with the usual characters; cut, since a longer one is unknown anyway. */
static void make_usual(char ret_name[UNIT_NAME_MAX + 1], const char *name)
{
	size_t used = 0;

	while (*name && used < UNIT_NAME_MAX) {
		const char *from = name;
		size_t size = 1;

		for (size_t i = 0; i < sizeof(twins) / sizeof(*twins); i++) {
			if (strncmp(name, twins[i].other, strlen(twins[i].other)))
				continue;
			from = twins[i].usual;
			name += strlen(twins[i].other) - 1;
			size = strlen(from);
		}
		for (size_t i = 0; i < size && used < UNIT_NAME_MAX; i++)
			ret_name[used++] = from[i];
		name++;
	}
	ret_name[used] = '\0';
}

const struct unit *unit_find(const char *name)
{
	char usual[UNIT_NAME_MAX + 1];

	if (!name || strlen(name) > UNIT_NAME_MAX)
		return NULL;
	make_usual(usual, name);
	for (size_t i = 0; i < UNITS_COUNT; i++) {
		if (!strcmp(units[i].name, usual))
			return &units[i];
	}
	return NULL;
}

const char *unit_base_name(enum unit_dimension dimension)
{
	return base_names[dimension];
}

bool unit_is_convertible(const struct unit *from, const struct unit *to)
{
	return from->dimension == to->dimension;
}

struct unit_conversion unit_conversion(const struct unit *from, const struct unit *to)
{
	return (struct unit_conversion){
		.factor = from->factor / to->factor,
		.offset = (from->offset - to->offset) / to->factor,
	};
}

struct unit_conversion unit_to_base(const struct unit *unit)
{
	return (struct unit_conversion){.factor = unit->factor, .offset = unit->offset};
}

int unit_parse(const char *name, const struct unit **ret_unit, struct error *err)
{
	const struct unit *unit = unit_find(name);

	if (!unit)
		return error_set(err, ERROR_INVALID,
				 "unknown unit \"%.*s\": docs/UNITS.md lists the units, such as "
				 "\"°C\", \"hPa\" and \"%%\"",
				 2 * UNIT_NAME_MAX, name);
	*ret_unit = unit;
	return 0;
}
