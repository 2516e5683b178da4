#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "reading/units.h"

static void test_find(void **state)
{
	(void)state;
	assert_string_equal(reading_unit_find("pressure")->unit, "hPa");
	assert_null(reading_unit_find("pressures"));
	assert_null(reading_unit_find(""));
}

/* Two fields with one metric would be two samples that nobody can tell apart. */
static void test_metrics_are_unique_names(void **state)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
	const struct reading_unit *unit, *other;

	(void)state;
	for (size_t i = 0; (unit = reading_unit_at(i)); i++) {
		assert_ptr_equal(reading_unit_find(unit->field), unit);
		assert_int_equal(strspn(unit->metric, letters), strlen(unit->metric));
		for (size_t k = 0; k < i && (other = reading_unit_at(k)); k++)
			assert_string_not_equal(unit->metric, other->metric);
	}
}

static void test_units_of_data(void **state)
{
	json_t *data = json_pack("{s:n, s:f, s:i}", "temperature", "humidity", 1.0, "x", 1);
	json_t *units = reading_units(data);

	(void)state;
	assert_int_equal(json_object_size(units), 2);
	assert_string_equal(json_string_value(json_object_get(units, "humidity")), "%");
	json_decref(units);
	json_decref(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_metrics_are_unique_names),
		cmocka_unit_test(test_units_of_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
