#include "cli/package_list.h"

#include "../plugin/folder.h"
#include "base/error.h"

static void test_names(void **state)
{
	static const char *const cases[][2] = {
		{"RPi.GPIO", "rpi-gpio"},
		{"RPi.GPIO>=0.7; extra == 'x'", "rpi-gpio"},
		{"adafruit_circuitpython__bme280[typing] (>1)", "adafruit-circuitpython-bme280"},
		{"a", "a"},
	};
	char name[PACKAGE_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(package_name(cases[i][0], name, NULL), 0);
		assert_string_equal(name, cases[i][1]);
	}
}

static void test_what_is_no_name(void **state)
{
	static const char *const cases[] = {
		"",	   "-r",	  "--index-url=x",
		"./a.whl", "/etc/passwd", "a @ https://example.com/a.whl",
		"[x]"};
	char name[PACKAGE_NAME_SIZE], longest[PACKAGE_NAME_SIZE + 1];
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(package_name(cases[i], name, &err), ERROR_INVALID);
	assert_string_equal(
		err.text, "[x] is not a package's name: give one such as smbus2 or smbus2==0.4.3");
	memset(longest, 'a', sizeof(longest));
	longest[PACKAGE_NAME_SIZE - 2] = '\0';
	assert_int_equal(package_name(longest, name, NULL), 0);
	longest[PACKAGE_NAME_SIZE - 2] = 'a';
	longest[PACKAGE_NAME_SIZE - 1] = '\0';
	assert_int_equal(package_name(longest, name, NULL), ERROR_INVALID);
}

static void test_left_out(void **state)
{
	(void)state;
	assert_true(package_is_left_out("smbus2"));
	assert_true(package_is_left_out("adafruit-blinka"));
	assert_false(package_is_left_out("bme680"));
}

static void test_limit(void **state)
{
	struct package_list list = {0};
	char text[32];

	(void)state;
	for (int i = 0; i < PACKAGES_MAX; i++) {
		snprintf(text, sizeof(text), "p%d", i);
		assert_int_equal(package_list_add(&list, text, NULL), 0);
		assert_int_equal(package_list_add(&list, text, NULL), 0);
	}
	assert_int_equal(list.count, PACKAGES_MAX);
	assert_int_equal(package_list_add(&list, "one more", NULL), ERROR_TOO_LARGE);
	package_list_finish(&list);
	assert_int_equal(list.count, 0);
}

static void test_read(void **state)
{
	const struct folder *folder = *state;
	struct package_list names = {0}, needs = {0};

	make_folder(folder, "RPi.bme280-0.2.4.dist-info");
	make_file(folder, "RPi.bme280-0.2.4.dist-info/METADATA",
		  "Name: RPi.bme280\r\nRequires-Dist: smbus2\r\n"
		  "Requires-Dist: pytest; extra == \"test\"\r\n"
		  "Requires-Dist: pytz>=2020\r\n\r\nRequires-Dist: of the text\r\n");
	make_folder(folder, "other");
	make_file(folder, "other/METADATA", "Requires-Dist: nothing\n");
	assert_int_equal(package_list_read(folder->path, &names, &needs, NULL), 0);
	assert_int_equal(names.count, 1);
	assert_string_equal(names.items[0], "rpi-bme280");
	assert_int_equal(needs.count, 2);
	assert_string_equal(needs.items[0], "smbus2");
	assert_string_equal(needs.items[1], "pytz>=2020");
	package_list_finish(&names);
	package_list_finish(&needs);
	assert_int_equal(package_list_read("/nonexistent", &names, NULL, NULL), 0);
	assert_int_equal(names.count, 0);
	unlink(at(folder, "RPi.bme280-0.2.4.dist-info/METADATA"));
	assert_int_equal(package_list_read(folder->path, &names, &needs, NULL), ERROR_NOT_FOUND);
	package_list_finish(&names);
	package_list_finish(&needs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_what_is_no_name),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_limit),
		cmocka_unit_test_setup_teardown(test_read, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
