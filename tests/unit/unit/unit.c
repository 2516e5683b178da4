#include "unit/unit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

static void assert_converts(double value, const char *from, double expected, const char *to)
{
	struct unit_conversion conversion = unit_conversion(unit_find(from), unit_find(to));
	double found = conversion.factor * value + conversion.offset;

	if (fabs(found - expected) > 1e-6 * (1 + fabs(expected)))
		fail_msg("%.12g %s is %.12g %s, not %.12g", value, from, found, to, expected);
}

/* Vectors of NIST SP 811, appendix B.8, and of definitions. */
static void test_conversions(void **state)
{
	(void)state;
	assert_converts(0, "°C", 32, "°F");
	assert_converts(100, "°C", 212, "°F");
	assert_converts(-40, "°F", -40, "°C");
	assert_converts(0, "K", -273.15, "°C");
	assert_converts(21.5, "°C", 294.65, "K");
	assert_converts(1013.25, "hPa", 101325, "Pa");
	assert_converts(1013.25, "hPa", 759.99989, "mmHg");
	assert_converts(1013.25, "hPa", 29.921252, "inHg");
	assert_converts(1, "psi", 6.894757, "kPa");
	assert_converts(36, "km/h", 10, "m/s");
	assert_converts(10, "m/s", 22.369363, "mph");
	assert_converts(1, "kn", 1.852, "km/h");
	assert_converts(1, "gal", 3.785411784, "L");
	assert_converts(1, "kWh", 3.6, "MJ");
	assert_converts(1, "MiB", 1024, "KiB");
	assert_converts(1, "lb", 453.59237, "g");
	assert_converts(400, "ppm", 400000, "ppb");
	assert_converts(1, "in", 25.4, "mm");
	assert_converts(90, "min", 1.5, "h");
}

static void assert_exact(const char *from, const char *to, double factor, double offset)
{
	struct unit_conversion found = unit_conversion(unit_find(from), unit_find(to));

	if (found.factor < factor || found.factor > factor || found.offset < offset ||
	    found.offset > offset)
		fail_msg("%s to %s is %.17g and %.17g, not %.17g and %.17g", from, to, found.factor,
			 found.offset, factor, offset);
}

/* What has few digits by definition has few digits here. */
static void test_exact(void **state)
{
	(void)state;
	assert_exact("°C", "°F", 1.8, 32);
	assert_exact("K", "°F", 1.8, -459.67);
	assert_exact("°C", "K", 1, 273.15);
	assert_exact("K", "°C", 1, -273.15);
	assert_exact("m/s", "km/h", 3.6, 0);
	assert_exact("kn", "km/h", 1.852, 0);
	assert_exact("mph", "km/h", 1.609344, 0);
	assert_exact("in", "mm", 25.4, 0);
	assert_exact("mi", "km", 1.609344, 0);
	assert_exact("yd", "ft", 3, 0);
	assert_exact("ft³", "L", 28.316846592, 0);
	assert_exact("gal", "L", 3.785411784, 0);
	assert_exact("inHg", "hPa", 33.86388640341, 0);
	assert_exact("mmHg", "hPa", 1.33322387415, 0);
	assert_exact("inHg", "mmHg", 25.4, 0);
	assert_exact("lb", "kg", 0.45359237, 0);
	assert_exact("kWh", "MJ", 3.6, 0);
	assert_exact("mWh", "J", 3.6, 0);
	assert_exact("kcal", "kJ", 4.184, 0);
	assert_exact("mm/h", "mm/d", 24, 0);
	assert_exact("Mbit/s", "kB/s", 125, 0);
	assert_exact("ppm", "ppb", 1000, 0);
}

/* Of each two units: there and back is where it began, to one part in 10^14, and one direction is
 * the inverse of the other. An overflow of the fractions would show here, too. */
static void check_pair(const struct unit *from, const struct unit *to)
{
	static const double values[] = {-40, 0, 0.1, 12.5, 21.3, 1013.25, 1e9};
	struct unit_conversion there = unit_conversion(from, to), back = unit_conversion(to, from);
	struct unit_conversion base = unit_to_base(from), other = unit_to_base(to);

	assert_true(there.factor > 0);
	assert_true(fabs(there.factor * back.factor - 1) < 4e-16);
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		double shown = there.factor * values[i] + there.offset;
		double again = back.factor * shown + back.offset;
		double scale = fabs(values[i]) + fabs(back.offset);

		assert_true(fabs(again - values[i]) <= 1e-14 * scale);
		assert_true(fabs(other.factor * shown + other.offset -
				 (base.factor * values[i] + base.offset)) <=
			    1e-14 * (base.factor * fabs(values[i]) + fabs(base.offset) +
				     fabs(other.offset)));
	}
}

static void test_every_pair(void **state)
{
	const struct unit *from, *to;
	size_t pairs = 0;

	(void)state;
	for (size_t i = 0; (from = unit_at(i)); i++) {
		for (size_t k = 0; (to = unit_at(k)); k++) {
			if (!unit_is_convertible(from, to))
				continue;
			check_pair(from, to);
			pairs++;
		}
	}
	assert_true(pairs > 900);
}

/* Names are unique, fit their limit, and each value comes back from the base unit. */
static void test_table(void **state)
{
	const struct unit *unit;
	size_t i;

	(void)state;
	for (i = 0; (unit = unit_at(i)); i++) {
		struct unit_conversion base = unit_to_base(unit);

		assert_ptr_equal(unit_find(unit->name), unit);
		assert_true(strlen(unit->name) <= UNIT_NAME_MAX);
		assert_true(base.factor > 0);
		assert_converts(12.5, unit->name, 12.5, unit->name);
	}
	assert_true(i > 100);
	for (int dimension = 0; dimension < UNIT_DIMENSIONS_COUNT; dimension++) {
		const char *base = unit_base_name((enum unit_dimension)dimension);

		assert_int_equal(strspn(base, "abcdefghijklmnopqrstuvwxyz_"), strlen(base));
	}
	assert_false(unit_is_convertible(unit_find("°C"), unit_find("hPa")));
}

/* Both of Unicode's characters for micro and for ohm. */
static void test_twins(void **state)
{
	(void)state;
	assert_ptr_equal(unit_find("\u03bcg/m³"), unit_find("µg/m³"));
	assert_ptr_equal(unit_find("k\u2126"), unit_find("kΩ"));
	assert_non_null(unit_find("k\u2126"));
}

static void test_unknown(void **state)
{
	const struct unit *unit = NULL;
	char longest[10241];
	struct error err;

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_null(unit_find(""));
	assert_null(unit_find(NULL));
	assert_null(unit_find(longest));
	assert_int_equal(unit_parse("C", &unit, &err), ERROR_INVALID);
	assert_null(unit);
	assert_string_equal(err.text, "unknown unit \"C\": docs/UNITS.md lists the units, such as "
				      "\"°C\", \"hPa\" and \"%\"");
	assert_int_equal(unit_parse("°C", &unit, &err), 0);
	assert_string_equal(unit->name, "°C");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conversions), cmocka_unit_test(test_exact),
		cmocka_unit_test(test_every_pair),  cmocka_unit_test(test_table),
		cmocka_unit_test(test_twins),	    cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
