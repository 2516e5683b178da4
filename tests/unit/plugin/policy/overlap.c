#include "plugin/policy/overlap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define USUAL_BUS 1

/* "4 5 | 0x77": the lines and the addresses that two permission files cannot both have. */
static void assert_overlap(const char *a, const char *b, const char *expected)
{
	struct permission first, second;
	struct overlap overlap;
	char text[4096] = "";
	size_t used = 0;

	assert_int_equal(permission_parse(a, strlen(a), "a", &first, NULL), 0);
	assert_int_equal(permission_parse(b, strlen(b), "b", &second, NULL), 0);
	overlap_find(&first, &second, USUAL_BUS, &overlap);
	for (size_t i = 0; i < overlap.gpio_count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%u ", overlap.gpio[i]);
	used += (size_t)snprintf(text + used, sizeof(text) - used, "|");
	for (size_t i = 0; i < overlap.i2c_count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, " 0x%02X",
					 overlap.i2c[i]);
	assert_string_equal(text, expected);
}

static void test_all_that_both_have_is_found(void **state)
{
	(void)state;
	assert_overlap("", "", "|");
	assert_overlap("allow_gpio = [4]", "allow_gpio = [5]", "|");
	assert_overlap("allow_gpio = [3, 4, 5]\nallow_i2c = [0x3C, 0x76, 0x77]",
		       "allow_gpio_in = [5]\nallow_gpio_out = [4]\nallow_i2c = [0x77, 0x76]",
		       "4 5 | 0x76 0x77");
}

static void test_what_both_share_is_not(void **state)
{
	(void)state;
	assert_overlap("allow_gpio = [4, 5, 6]\nshare_gpio = [4, 5]",
		       "allow_gpio = [4, 5, 6]\nshare_gpio = [4, 6]", "5 6 |");
	assert_overlap("allow_i2c = [0x23, 0x76, 0x77]\nshare_i2c = [0x23, 0x76]",
		       "allow_i2c = [0x23, 0x76, 0x77]\nshare_i2c = [0x23, 0x77]", "| 0x76 0x77");
}

static void test_addresses_of_different_buses_are_not(void **state)
{
	(void)state;
	assert_overlap("allow_i2c = [0x77]", "allow_i2c = [0x77]\ni2c_bus = [3]", "|");
	assert_overlap("allow_i2c = [0x77]", "allow_i2c = [0x77]\ni2c_bus = [3, 1]", "| 0x77");
	assert_overlap("allow_i2c = [0x77]\ni2c_bus = [0, 3]", "allow_i2c = [0x77]\ni2c_bus = [3]",
		       "| 0x77");
	assert_overlap("allow_i2c = [0x77]\ni2c_bus = [0, 3]", "allow_i2c = [0x77]", "|");
}

static void test_everything_fits(void **state)
{
	struct permission all;
	struct overlap overlap;

	(void)state;
	permission_init_all(&all);
	all.share_gpio_count = 0;
	all.share_i2c_count = 0;
	overlap_find(&all, &all, USUAL_BUS, &overlap);
	assert_int_equal(overlap.gpio_count, PERMISSION_GPIO_MAX);
	assert_int_equal(overlap.i2c_count, PERMISSION_I2C_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_that_both_have_is_found),
		cmocka_unit_test(test_what_both_share_is_not),
		cmocka_unit_test(test_addresses_of_different_buses_are_not),
		cmocka_unit_test(test_everything_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
