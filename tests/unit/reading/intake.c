#include "reading/intake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "reading/reading.h"

static void a_plugin_is_told_once_a_minute(void **state)
{
	const struct reading_notes notes = {.left_out = 2, .moved = 1}, none = {.left_out = 0};
	struct reading_intake *intake = reading_intake_create();

	(void)state;
	assert_false(reading_intake_note(intake, "calm", &none, 5));
	assert_null(reading_intake_at(intake, 0));
	assert_true(reading_intake_note(intake, "loud", &notes, 5));
	assert_false(reading_intake_note(intake, "loud", &notes, 4 + INTAKE_TELL_MS));
	assert_true(reading_intake_note(intake, "other", &notes, 4 + INTAKE_TELL_MS));
	assert_true(reading_intake_note(intake, "loud", &notes, 5 + INTAKE_TELL_MS));
	reading_intake_refuse(intake, "loud");
	assert_string_equal(reading_intake_at(intake, 0)->plugin, "loud");
	assert_int_equal(reading_intake_at(intake, 0)->left_out, 6);
	assert_int_equal(reading_intake_at(intake, 0)->moved, 3);
	assert_int_equal(reading_intake_at(intake, 0)->refused, 1);
	assert_int_equal(reading_intake_at(intake, 1)->refused, 0);
	assert_null(reading_intake_at(intake, 2));
	reading_intake_destroy(intake);
}

static void the_quietest_plugin_gives_way(void **state)
{
	struct reading_intake *intake = reading_intake_create();
	char name[16];

	(void)state;
	for (unsigned i = 0; i < INTAKE_PLUGINS_MAX; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		reading_intake_refuse(intake, name);
	}
	reading_intake_refuse(intake, "p0");
	reading_intake_refuse(intake, "new");
	assert_string_equal(reading_intake_at(intake, 0)->plugin, "p0");
	assert_string_equal(reading_intake_at(intake, 1)->plugin, "new");
	assert_null(reading_intake_at(intake, INTAKE_PLUGINS_MAX));
	reading_intake_destroy(intake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plugin_is_told_once_a_minute),
		cmocka_unit_test(the_quietest_plugin_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
