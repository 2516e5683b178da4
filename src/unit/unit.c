#include "unit/unit.h"

#include <string.h>

#include "base/error.h"

/*
 * Factors are fractions of integers, since most units are defined by such, and their quotients are
 * then exact: 9/5, not 1 / (5 / 9).
 */
#define KIBI INT64_C(1024)
#define KILO INT64_C(1000)
#define MEGA INT64_C(1000000)
#define GIGA INT64_C(1000000000)
#define TERA INT64_C(1000000000000)
#define HOUR INT64_C(3600)	     /* seconds */
#define DAY INT64_C(86400)	     /* seconds */
#define INCH INT64_C(254)	     /* 0.1 mm, by definition; so are the next three */
#define FOOT (12 * INCH)	     /* 0.1 mm */
#define YARD (3 * FOOT)		     /* 0.1 mm */
#define MILE (1760 * YARD)	     /* 0.1 mm */
#define TENTHS (10 * KILO)	     /* 0.1 mm in a metre */
#define NAUTICAL_MILE 1852	     /* metres */
#define POUND INT64_C(45359237)	     /* 0.01 mg, by definition */
#define GALLON INT64_C(3785411784)   /* 0.001 mm³; of the United States */
#define MMHG INT64_C(133322387415)   /* nanopascals; of mercury, conventional */
#define PSI INT64_C(44482216152605)  /* a pound-force, in 1e-13 newtons, ... */
#define PSI_AREA INT64_C(6451600000) /* ... on a square inch, in 1e-13 square metres */
#define INH2O INT64_C(24908891)	     /* 0.01 mPa, at 4 °C */
#define CALORIE 4184		     /* mJ, thermochemical */
#define BTU INT64_C(105505585262)    /* 1e-8 joules, of the International Table */

/* clang-format off */
static const struct unit units[] = {
	{"°C", UNIT_TEMPERATURE, {1, 1}, {0, 1}},
	{"°F", UNIT_TEMPERATURE, {5, 9}, {-160, 9}},
	{"K", UNIT_TEMPERATURE, {1, 1}, {-27315, 100}},

	{"Pa", UNIT_PRESSURE, {1, 1}, {0, 1}},
	{"hPa", UNIT_PRESSURE, {100, 1}, {0, 1}},
	{"kPa", UNIT_PRESSURE, {KILO, 1}, {0, 1}},
	{"mPa", UNIT_PRESSURE, {1, KILO}, {0, 1}},
	{"mbar", UNIT_PRESSURE, {100, 1}, {0, 1}},
	{"cbar", UNIT_PRESSURE, {KILO, 1}, {0, 1}},
	{"bar", UNIT_PRESSURE, {100 * KILO, 1}, {0, 1}},
	{"mmHg", UNIT_PRESSURE, {MMHG, GIGA}, {0, 1}},
	{"inHg", UNIT_PRESSURE, {MMHG * INCH, 10 * GIGA}, {0, 1}},
	{"inH₂O", UNIT_PRESSURE, {INH2O, 100 * KILO}, {0, 1}},
	{"psi", UNIT_PRESSURE, {PSI, PSI_AREA}, {0, 1}},

	{"m/s", UNIT_SPEED, {1, 1}, {0, 1}},
	{"km/h", UNIT_SPEED, {KILO, HOUR}, {0, 1}},
	{"mph", UNIT_SPEED, {MILE, TENTHS * HOUR}, {0, 1}},
	{"kn", UNIT_SPEED, {NAUTICAL_MILE, HOUR}, {0, 1}},
	{"ft/s", UNIT_SPEED, {FOOT, TENTHS}, {0, 1}},
	{"mm/s", UNIT_SPEED, {1, KILO}, {0, 1}},
	{"in/s", UNIT_SPEED, {INCH, TENTHS}, {0, 1}},
	{"mm/h", UNIT_SPEED, {1, KILO * HOUR}, {0, 1}},
	{"in/h", UNIT_SPEED, {INCH, TENTHS * HOUR}, {0, 1}},
	{"mm/d", UNIT_SPEED, {1, KILO * DAY}, {0, 1}},
	{"in/d", UNIT_SPEED, {INCH, TENTHS * DAY}, {0, 1}},

	{"%", UNIT_RATIO, {1, 100}, {0, 1}},

	{"ppm", UNIT_PARTS, {1, 1}, {0, 1}},
	{"ppb", UNIT_PARTS, {1, KILO}, {0, 1}},

	{"g/m³", UNIT_DENSITY, {1, 1}, {0, 1}},
	{"mg/m³", UNIT_DENSITY, {1, KILO}, {0, 1}},
	{"µg/m³", UNIT_DENSITY, {1, MEGA}, {0, 1}},

	{"m", UNIT_LENGTH, {1, 1}, {0, 1}},
	{"mm", UNIT_LENGTH, {1, KILO}, {0, 1}},
	{"cm", UNIT_LENGTH, {1, 100}, {0, 1}},
	{"km", UNIT_LENGTH, {KILO, 1}, {0, 1}},
	{"in", UNIT_LENGTH, {INCH, TENTHS}, {0, 1}},
	{"ft", UNIT_LENGTH, {FOOT, TENTHS}, {0, 1}},
	{"yd", UNIT_LENGTH, {YARD, TENTHS}, {0, 1}},
	{"mi", UNIT_LENGTH, {MILE, TENTHS}, {0, 1}},
	{"nmi", UNIT_LENGTH, {NAUTICAL_MILE, 1}, {0, 1}},

	{"m²", UNIT_AREA, {1, 1}, {0, 1}},
	{"cm²", UNIT_AREA, {1, 10 * KILO}, {0, 1}},
	{"mm²", UNIT_AREA, {1, MEGA}, {0, 1}},
	{"km²", UNIT_AREA, {MEGA, 1}, {0, 1}},
	{"ha", UNIT_AREA, {10 * KILO, 1}, {0, 1}},
	{"ft²", UNIT_AREA, {FOOT * FOOT, TENTHS * TENTHS}, {0, 1}},

	{"m³", UNIT_VOLUME, {1, 1}, {0, 1}},
	{"L", UNIT_VOLUME, {1, KILO}, {0, 1}},
	{"mL", UNIT_VOLUME, {1, MEGA}, {0, 1}},
	{"ft³", UNIT_VOLUME, {FOOT * FOOT * FOOT, TENTHS * TENTHS * TENTHS}, {0, 1}},
	{"gal", UNIT_VOLUME, {GALLON, TERA}, {0, 1}},

	{"m³/s", UNIT_VOLUME_FLOW, {1, 1}, {0, 1}},
	{"m³/min", UNIT_VOLUME_FLOW, {1, 60}, {0, 1}},
	{"m³/h", UNIT_VOLUME_FLOW, {1, HOUR}, {0, 1}},
	{"L/s", UNIT_VOLUME_FLOW, {1, KILO}, {0, 1}},
	{"L/min", UNIT_VOLUME_FLOW, {1, 60 * KILO}, {0, 1}},
	{"L/h", UNIT_VOLUME_FLOW, {1, KILO * HOUR}, {0, 1}},
	{"mL/s", UNIT_VOLUME_FLOW, {1, MEGA}, {0, 1}},
	{"gal/min", UNIT_VOLUME_FLOW, {GALLON, 60 * TERA}, {0, 1}},
	{"ft³/min", UNIT_VOLUME_FLOW, {FOOT * FOOT * FOOT, 60 * TENTHS * TENTHS * TENTHS}, {0, 1}},

	{"g", UNIT_MASS, {1, 1}, {0, 1}},
	{"kg", UNIT_MASS, {KILO, 1}, {0, 1}},
	{"mg", UNIT_MASS, {1, KILO}, {0, 1}},
	{"µg", UNIT_MASS, {1, MEGA}, {0, 1}},
	{"t", UNIT_MASS, {MEGA, 1}, {0, 1}},
	{"oz", UNIT_MASS, {POUND, 16 * 100 * KILO}, {0, 1}},
	{"lb", UNIT_MASS, {POUND, 100 * KILO}, {0, 1}},

	{"J", UNIT_ENERGY, {1, 1}, {0, 1}},
	{"kJ", UNIT_ENERGY, {KILO, 1}, {0, 1}},
	{"MJ", UNIT_ENERGY, {MEGA, 1}, {0, 1}},
	{"GJ", UNIT_ENERGY, {GIGA, 1}, {0, 1}},
	{"mWh", UNIT_ENERGY, {HOUR, KILO}, {0, 1}},
	{"Wh", UNIT_ENERGY, {HOUR, 1}, {0, 1}},
	{"kWh", UNIT_ENERGY, {HOUR * KILO, 1}, {0, 1}},
	{"MWh", UNIT_ENERGY, {HOUR * MEGA, 1}, {0, 1}},
	{"GWh", UNIT_ENERGY, {HOUR * GIGA, 1}, {0, 1}},
	{"cal", UNIT_ENERGY, {CALORIE, KILO}, {0, 1}},
	{"kcal", UNIT_ENERGY, {CALORIE, 1}, {0, 1}},

	{"W", UNIT_POWER, {1, 1}, {0, 1}},
	{"mW", UNIT_POWER, {1, KILO}, {0, 1}},
	{"kW", UNIT_POWER, {KILO, 1}, {0, 1}},
	{"MW", UNIT_POWER, {MEGA, 1}, {0, 1}},
	{"GW", UNIT_POWER, {GIGA, 1}, {0, 1}},
	{"BTU/h", UNIT_POWER, {BTU, 100 * MEGA * HOUR}, {0, 1}},

	{"VA", UNIT_APPARENT_POWER, {1, 1}, {0, 1}},
	{"mVA", UNIT_APPARENT_POWER, {1, KILO}, {0, 1}},
	{"kVA", UNIT_APPARENT_POWER, {KILO, 1}, {0, 1}},

	{"var", UNIT_REACTIVE_POWER, {1, 1}, {0, 1}},
	{"mvar", UNIT_REACTIVE_POWER, {1, KILO}, {0, 1}},
	{"kvar", UNIT_REACTIVE_POWER, {KILO, 1}, {0, 1}},

	{"V", UNIT_VOLTAGE, {1, 1}, {0, 1}},
	{"µV", UNIT_VOLTAGE, {1, MEGA}, {0, 1}},
	{"mV", UNIT_VOLTAGE, {1, KILO}, {0, 1}},
	{"kV", UNIT_VOLTAGE, {KILO, 1}, {0, 1}},

	{"A", UNIT_CURRENT, {1, 1}, {0, 1}},
	{"mA", UNIT_CURRENT, {1, KILO}, {0, 1}},
	{"µA", UNIT_CURRENT, {1, MEGA}, {0, 1}},

	{"Ω", UNIT_RESISTANCE, {1, 1}, {0, 1}},
	{"kΩ", UNIT_RESISTANCE, {KILO, 1}, {0, 1}},
	{"MΩ", UNIT_RESISTANCE, {MEGA, 1}, {0, 1}},

	{"S/cm", UNIT_CONDUCTIVITY, {100, 1}, {0, 1}},
	{"mS/cm", UNIT_CONDUCTIVITY, {1, 10}, {0, 1}},
	{"µS/cm", UNIT_CONDUCTIVITY, {1, 10 * KILO}, {0, 1}},

	{"Hz", UNIT_FREQUENCY, {1, 1}, {0, 1}},
	{"kHz", UNIT_FREQUENCY, {KILO, 1}, {0, 1}},
	{"MHz", UNIT_FREQUENCY, {MEGA, 1}, {0, 1}},
	{"GHz", UNIT_FREQUENCY, {GIGA, 1}, {0, 1}},

	{"rpm", UNIT_ROTATION, {1, 1}, {0, 1}},

	{"s", UNIT_DURATION, {1, 1}, {0, 1}},
	{"ms", UNIT_DURATION, {1, KILO}, {0, 1}},
	{"µs", UNIT_DURATION, {1, MEGA}, {0, 1}},
	{"min", UNIT_DURATION, {60, 1}, {0, 1}},
	{"h", UNIT_DURATION, {HOUR, 1}, {0, 1}},
	{"d", UNIT_DURATION, {DAY, 1}, {0, 1}},

	{"B", UNIT_DATA_SIZE, {1, 1}, {0, 1}},
	{"bit", UNIT_DATA_SIZE, {1, 8}, {0, 1}},
	{"kbit", UNIT_DATA_SIZE, {KILO, 8}, {0, 1}},
	{"Mbit", UNIT_DATA_SIZE, {MEGA, 8}, {0, 1}},
	{"kB", UNIT_DATA_SIZE, {KILO, 1}, {0, 1}},
	{"MB", UNIT_DATA_SIZE, {MEGA, 1}, {0, 1}},
	{"GB", UNIT_DATA_SIZE, {GIGA, 1}, {0, 1}},
	{"TB", UNIT_DATA_SIZE, {TERA, 1}, {0, 1}},
	{"KiB", UNIT_DATA_SIZE, {KIBI, 1}, {0, 1}},
	{"MiB", UNIT_DATA_SIZE, {KIBI * KIBI, 1}, {0, 1}},
	{"GiB", UNIT_DATA_SIZE, {KIBI * KIBI * KIBI, 1}, {0, 1}},
	{"TiB", UNIT_DATA_SIZE, {KIBI * KIBI * KIBI * KIBI, 1}, {0, 1}},

	{"B/s", UNIT_DATA_RATE, {1, 1}, {0, 1}},
	{"bit/s", UNIT_DATA_RATE, {1, 8}, {0, 1}},
	{"kbit/s", UNIT_DATA_RATE, {KILO, 8}, {0, 1}},
	{"Mbit/s", UNIT_DATA_RATE, {MEGA, 8}, {0, 1}},
	{"Gbit/s", UNIT_DATA_RATE, {GIGA, 8}, {0, 1}},
	{"kB/s", UNIT_DATA_RATE, {KILO, 1}, {0, 1}},
	{"MB/s", UNIT_DATA_RATE, {MEGA, 1}, {0, 1}},
	{"KiB/s", UNIT_DATA_RATE, {KIBI, 1}, {0, 1}},
	{"MiB/s", UNIT_DATA_RATE, {KIBI * KIBI, 1}, {0, 1}},

	{"lx", UNIT_ILLUMINANCE, {1, 1}, {0, 1}},
	{"W/m²", UNIT_IRRADIANCE, {1, 1}, {0, 1}},
	{"dB", UNIT_LEVEL, {1, 1}, {0, 1}},
	{"dBA", UNIT_SOUND, {1, 1}, {0, 1}},
	{"dBm", UNIT_SIGNAL, {1, 1}, {0, 1}},
	{"°", UNIT_ANGLE, {1, 1}, {0, 1}},
	{"UV index", UNIT_ULTRAVIOLET, {1, 1}, {0, 1}},
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

static int64_t greatest_divisor(int64_t a, int64_t b)
{
	while (b) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a < 0 ? -a : a;
}

static struct unit_fraction reduce(int64_t numerator, int64_t denominator)
{
	int64_t divisor = greatest_divisor(numerator, denominator);

	return (struct unit_fraction){numerator / divisor, denominator / divisor};
}

/* a / b. Reduced, so that the result is rounded once for all units that are in use together. */
static double divide(struct unit_fraction a, struct unit_fraction b)
{
	const struct unit_fraction one = reduce(a.numerator, a.denominator);
	const struct unit_fraction other = reduce(b.numerator, b.denominator);
	const struct unit_fraction over = reduce(one.numerator, other.numerator);
	const struct unit_fraction under = reduce(one.denominator, other.denominator);

	return (double)over.numerator * (double)under.denominator /
	       ((double)over.denominator * (double)under.numerator);
}

static struct unit_fraction subtract(struct unit_fraction a, struct unit_fraction b)
{
	return (struct unit_fraction){
		.numerator = a.numerator * b.denominator - b.numerator * a.denominator,
		.denominator = a.denominator * b.denominator,
	};
}

struct unit_conversion unit_conversion(const struct unit *from, const struct unit *to)
{
	return (struct unit_conversion){
		.factor = divide(from->factor, to->factor),
		.offset = divide(subtract(from->offset, to->offset), to->factor),
	};
}

struct unit_conversion unit_to_base(const struct unit *unit)
{
	const struct unit_fraction one = {1, 1};

	return (struct unit_conversion){divide(unit->factor, one), divide(unit->offset, one)};
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
