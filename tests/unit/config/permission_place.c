#include "config/permission_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char path[64];
};

static int setup(void **state)
{
	static struct fixture fixture;

	snprintf(fixture.path, sizeof(fixture.path), "/tmp/harvester-test-XXXXXX");
	*state = &fixture;
	return close(mkstemp(fixture.path));
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	return 0;
}

static void write_file(const struct fixture *f, const char *text)
{
	FILE *file = fopen(f->path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* `line` 0: it is not asked for. */
static void assert_gpio(const struct fixture *f, unsigned gpio, unsigned line, unsigned column)
{
	struct permission_place place = {0};

	assert_int_equal(permission_place_gpio(f->path, gpio, &place), line > 0);
	assert_int_equal(place.line, line);
	assert_int_equal(place.column, column);
}

static void assert_i2c(const struct fixture *f, uint16_t address, unsigned line, unsigned column)
{
	struct permission_place place = {0};

	assert_int_equal(permission_place_i2c(f->path, address, &place), line > 0);
	assert_int_equal(place.line, line);
	assert_int_equal(place.column, column);
}

static void test_the_item_of_a_list(void **state)
{
	write_file(*state, "allow_i2c = [0x3C, \"0x77\"]\n"
			   "allow_gpio_out = [7]\n"
			   "allow_gpio = [\n\t4,\n\t17,\n]\n"
			   "allow_gpio_in = [17, 255]\n"
			   "share_gpio = [17]\n");
	assert_i2c(*state, 0x3c, 1, 14);
	assert_i2c(*state, 0x77, 1, 20);
	assert_i2c(*state, 0x76, 0, 0);
	assert_gpio(*state, 7, 2, 19);
	assert_gpio(*state, 4, 4, 2);
	assert_gpio(*state, 17, 5, 2);
	assert_gpio(*state, 255, 7, 22);
	assert_gpio(*state, 5, 0, 0);
}

static void test_all(void **state)
{
	write_file(*state, "allow_i2c = \"*\"\nallow_gpio_in = [3]\nallow_gpio_out = \"*\"\n");
	assert_i2c(*state, 0x08, 1, 13);
	assert_gpio(*state, 3, 2, 18);
	assert_gpio(*state, 0, 3, 18);
}

static void test_a_file_that_says_nothing(void **state)
{
	struct fixture *f = *state;

	write_file(f, "");
	assert_gpio(f, 4, 0, 0);
	write_file(f, "allow_gpio = [4");
	assert_gpio(f, 4, 0, 0);
	write_file(f, "allow_gpio = true\nallow_i2c = 4\n");
	assert_gpio(f, 4, 0, 0);
	assert_i2c(f, 0x08, 0, 0);
	unlink(f->path);
	assert_gpio(f, 4, 0, 0);
}

int main(void)
{
#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		PLACE_TEST(test_the_item_of_a_list),
		PLACE_TEST(test_all),
		PLACE_TEST(test_a_file_that_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
