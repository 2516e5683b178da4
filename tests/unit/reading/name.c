#include "reading/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "reading/create.h"

static void a_name_has_a_length_and_certain_characters(void **state)
{
	char name[READING_NAME_MAX + 2];
	struct error err = {0};

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(reading_name_check(name, &err), ERROR_MALFORMED);
	name[READING_NAME_MAX] = '\0';
	assert_int_equal(reading_name_check(name, NULL), 0);
	assert_int_equal(reading_name_check("Ab9-_.:", NULL), 0);
	assert_int_equal(reading_name_check("", &err), ERROR_MALFORMED);
	assert_int_equal(reading_name_check("a b", &err), ERROR_MALFORMED);
	assert_int_equal(reading_name_check("a\xc3\xa9", &err), ERROR_MALFORMED);
	assert_string_equal(err.text,
			    "the name of a sensor must have 1 to 64 letters, digits and \"-_.:\"");
}

static void the_hosts_names_are_refused(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(reading_name_check("_log", &err), ERROR_MALFORMED);
	assert_string_equal(err.text, "the name _log is reserved, like all names that begin with "
				      "\"_\"; rename the sensor");
	assert_int_equal(reading_name_check("Broker", &err), ERROR_MALFORMED);
	assert_non_null(strstr(err.text, "the name Broker is reserved for this program itself"));
	assert_int_equal(reading_name_check("network", &err), 0);
}

/* What cleaning makes of a name must not be one of the host's. */
static void a_cleaned_name_does_not_begin_with_an_underscore(void **state)
{
	char name[READING_NAME_MAX + 1];

	(void)state;
	reading_clean_name(name, "/log");
	assert_string_equal(name, "-log");
	reading_clean_name(name, "\xff/x y");
	assert_string_equal(name, "-_x_y");
	reading_clean_name(name, "_log"); /* this one asks for it, and is refused */
	assert_int_equal(reading_name_check(name, NULL), ERROR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_has_a_length_and_certain_characters),
		cmocka_unit_test(the_hosts_names_are_refused),
		cmocka_unit_test(a_cleaned_name_does_not_begin_with_an_underscore),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
