/* The list of checks, and the buses of a machine that is a folder. */
#include "cli/doctor/devices.h"

#include "../plugin/folder.h"

static void add_file(const struct folder *folder, const char *name, mode_t mode)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void test_state_decides(void **state)
{
	struct doctor_list list = {0};
	json_t *json;

	(void)state;
	assert_true(doctor_is_well(&list));
	doctor_add(&list, "a", DOCTOR_OK, "there");
	doctor_advise(doctor_add(&list, "b", DOCTOR_WARNING, "%d of %d", 1, 2), "buy %s", "one");
	assert_true(doctor_is_well(&list));
	doctor_add(&list, "c", DOCTOR_MISSING, "gone");
	assert_false(doctor_is_well(&list));
	json = doctor_to_json(&list);
	assert_true(json_is_false(json_object_get(json, "ok")));
	json_t *expected = json_loads(
		"[{\"name\": \"a\", \"state\": \"ok\", \"text\": \"there\", \"advice\": null},"
		"{\"name\": \"b\", \"state\": \"warning\", \"text\": \"1 of 2\","
		" \"advice\": \"buy one\"},"
		"{\"name\": \"c\", \"state\": \"missing\", \"text\": \"gone\", \"advice\": null}]",
		0, NULL);
	assert_true(json_equal(json_object_get(json, "checks"), expected));
	json_decref(expected);
	json_decref(json);
}

static void test_text_too_long(void **state)
{
	struct doctor_list list = {0};
	const struct doctor_check *check = doctor_add(&list, "a", DOCTOR_OK, "%2000d", 7);

	(void)state;
	assert_int_equal(strlen(check->text), sizeof(check->text) - 1);
}

static void test_too_many(void **state)
{
	struct doctor_list list = {0};

	(void)state;
	for (int i = 0; i < DOCTOR_CHECKS_MAX + 1; i++)
		doctor_add(&list, "a", DOCTOR_OK, "%d", i);
	assert_int_equal(list.count, DOCTOR_CHECKS_MAX);
	assert_string_equal(list.checks[DOCTOR_CHECKS_MAX - 1].text, "32");
}

static const struct doctor_check *find(const struct doctor_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->checks[i].name, name))
			return &list->checks[i];
	fail_msg("no check %s", name);
	return NULL;
}

static void test_buses(void **state)
{
	const struct folder *folder = *state;
	struct doctor_list list = {0};
	char expected[256];

	add_file(folder, "i2c-1", 0660);
	add_file(folder, "i2c-10", 0660);
	add_file(folder, "i2c-stub", 0660); /* no bus */
	add_file(folder, "ttyUSB0", 0660);
	add_file(folder, "serial0", 0660);
	doctor_check_buses(&list, folder->path);
	assert_int_equal(list.count, 4);
	assert_true(doctor_is_well(&list));
	snprintf(expected, sizeof(expected), "usable: %s/i2c-1, %s/i2c-10", folder->path,
		 folder->path);
	assert_string_equal(find(&list, "i2c")->text, expected);
	assert_int_equal(find(&list, "i2c")->state, DOCTOR_OK);
	snprintf(expected, sizeof(expected), "usable: %s/ttyUSB0, %s/serial0", folder->path,
		 folder->path);
	assert_string_equal(find(&list, "serial")->text, expected);
	assert_string_equal(find(&list, "spi")->text, "usable: none");
	assert_int_equal(find(&list, "spi")->state, DOCTOR_WARNING);
	assert_true(find(&list, "spi")->advice[0]);
}

/* Root may use everything, so this needs another user. */
static void test_closed_bus(void **state)
{
	const struct folder *folder = *state;
	struct doctor_list list = {0};
	char expected[256];

	if (!geteuid())
		skip();
	add_file(folder, "i2c-1", 0600);
	add_file(folder, "i2c-2", 0000);
	doctor_check_buses(&list, folder->path);
	snprintf(expected, sizeof(expected), "usable: %s/i2c-1; this user may not use: %s/i2c-2",
		 folder->path, folder->path);
	assert_string_equal(find(&list, "i2c")->text, expected);
	assert_int_equal(find(&list, "i2c")->state, DOCTOR_WARNING);
	assert_non_null(strstr(find(&list, "i2c")->advice, "usermod -aG i2c "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_decides),
		cmocka_unit_test(test_text_too_long),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test_setup_teardown(test_buses, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_closed_bus, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
