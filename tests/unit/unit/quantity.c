#include "unit/quantity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"

static int check(const char *quantity, const char *unit, struct error *err)
{
	return quantity_check(quantity_find(quantity), unit_find(unit), err);
}

static void test_units_of_quantities(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(check("temperature", "K", NULL), 0);
	assert_int_equal(check("carbon_monoxide", "ppm", NULL), 0);
	assert_int_equal(check("carbon_monoxide", "mg/m³", NULL), 0);
	assert_int_equal(check("power_factor", NULL, NULL), 0);
	assert_int_equal(check("power_factor", "%", NULL), 0);
	assert_int_equal(quantity_check(NULL, unit_find("kΩ"), NULL), 0);
	assert_int_equal(check("temperature", "hPa", &err), ERROR_INVALID);
	assert_string_equal(err.text, "\"hPa\" is no unit of the quantity temperature: use \"°C\", "
				      "\"°F\", \"K\"");
	assert_int_equal(check("humidity", NULL, &err), ERROR_INVALID);
	assert_string_equal(err.text, "the quantity humidity needs a unit: \"%\"");
	assert_int_equal(check("ph", "%", &err), ERROR_INVALID);
	assert_string_equal(err.text, "the quantity ph has no unit: leave \"%\" out");
}

static void test_table(void **state)
{
	const struct quantity *quantity;
	size_t i;

	(void)state;
	for (i = 0; (quantity = quantity_at(i)); i++) {
		assert_ptr_equal(quantity_find(quantity->name), quantity);
		assert_true(strlen(quantity->name) <= QUANTITY_NAME_MAX);
		assert_true(quantity->dimensions || quantity->is_optional);
	}
	assert_true(i > 60);
	assert_null(quantity_find("temperatur"));
	assert_null(quantity_find(NULL));
}

static void test_kinds(void **state)
{
	enum quantity_kind kind = KINDS;

	(void)state;
	assert_true(quantity_kind_find("counter", &kind));
	assert_int_equal(kind, KIND_COUNTER);
	assert_false(quantity_kind_find("number", &kind));
	assert_false(quantity_kind_find(NULL, &kind));
	assert_int_equal(kind, KIND_COUNTER);
}

/* docs/UNITS.md, which error messages name, lists each unit and each quantity. */
static void test_page(void **state)
{
	const struct quantity *quantity;
	const struct unit *unit;
	struct buffer page;
	char path[4096], cell[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/docs/UNITS.md", getenv("PROJECT_ROOT"));
	assert_int_equal(buffer_read_file(&page, path, 1 << 20, NULL), 0);
	for (size_t i = 0; (unit = unit_at(i)); i++) {
		snprintf(cell, sizeof(cell), "`%s`", unit->name);
		if (!strstr(page.data, cell))
			fail_msg("docs/UNITS.md lacks %s", cell);
	}
	for (size_t i = 0; (quantity = quantity_at(i)); i++) {
		snprintf(cell, sizeof(cell), "`%s`", quantity->name);
		if (!strstr(page.data, cell))
			fail_msg("docs/UNITS.md lacks %s", cell);
	}
	buffer_finish(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units_of_quantities),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
