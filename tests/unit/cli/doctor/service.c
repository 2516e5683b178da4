/* What `harvester doctor` says of the service; systemctl is a program in the test's folder. */
#include "cli/doctor/service.h"

#include "../../plugin/folder.h"

static void make_systemd(const struct folder *folder)
{
	make_folder(folder, "run");
	make_folder(folder, "run/systemd");
	make_folder(folder, "run/systemd/system");
}

/* From now on, systemctl answers so. */
static void answer(const struct folder *folder, const char *text, int status)
{
	char script[1024];

	snprintf(script, sizeof(script),
		 "#!/bin/sh\n[ \"$1 $2\" = 'show harvester.service' ] || exit 9\ncat <<'END'\n"
		 "%s\nEND\nexit %d\n",
		 text, status);
	make_file(folder, "systemctl", script);
	assert_int_equal(chmod(at(folder, "systemctl"), 0700), 0);
}

static struct doctor_list list;
static struct doctor_service service;

static const struct doctor_check *look(const struct folder *folder)
{
	char before[4096], path[4200];

	snprintf(before, sizeof(before), "%s", getenv("PATH"));
	snprintf(path, sizeof(path), "%s:%s", folder->path, before);
	setenv("PATH", path, 1);
	doctor_find_service(folder->path, &service);
	setenv("PATH", before, 1);
	list = (struct doctor_list){0};
	doctor_check_service(&list, &service);
	return list.count ? &list.checks[0] : NULL;
}

static void test_no_systemd(void **state)
{
	assert_null(look(*state));
}

static void test_states(void **state)
{
	static const struct {
		const char *answer;
		enum doctor_state state;
		const char *text, *advice;
	} cases[] = {
		{"LoadState=not-found\nUnitFileState=\nActiveState=inactive", DOCTOR_OK,
		 "harvester.service is not installed", ""},
		{"User=harvester\nLoadState=loaded\nUnitFileState=enabled\nActiveState=active",
		 DOCTOR_OK, "harvester.service: loaded, enabled, active", ""},
		{"LoadState=loaded\nUnitFileState=enabled\nActiveState=activating", DOCTOR_OK,
		 "harvester.service: loaded, enabled, activating", ""},
		{"LoadState=loaded\nUnitFileState=disabled\nActiveState=active", DOCTOR_WARNING,
		 "harvester.service: loaded, disabled, active",
		 "`sudo systemctl enable --now harvester` starts it, now and at each boot"},
		{"LoadState=loaded\nUnitFileState=enabled\nActiveState=inactive", DOCTOR_WARNING,
		 "harvester.service: loaded, enabled, inactive",
		 "`sudo systemctl enable --now harvester` starts it, now and at each boot"},
		{"LoadState=loaded\nUnitFileState=enabled\nActiveState=failed", DOCTOR_WARNING,
		 "harvester.service: loaded, enabled, failed",
		 "`sudo journalctl -u harvester` says why; correct that, then `sudo systemctl "
		 "restart harvester`"},
		{"LoadState=masked\nUnitFileState=masked\nActiveState=inactive", DOCTOR_WARNING,
		 "harvester.service: masked, masked, inactive",
		 "`sudo systemctl unmask harvester`, then `sudo systemctl enable --now harvester`"},
		{"LoadState=bad-setting\nUnitFileState=\nActiveState=inactive", DOCTOR_WARNING,
		 "harvester.service: bad-setting, not enabled, inactive",
		 "`systemctl status harvester` says what is wrong with the unit; installing the "
		 "package again restores it"},
	};

	make_systemd(*state);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct doctor_check *check;

		answer(*state, cases[i].answer, 0);
		check = look(*state);
		assert_non_null(check);
		assert_string_equal(check->text, cases[i].text);
		assert_string_equal(check->advice, cases[i].advice);
		assert_int_equal(check->state, cases[i].state);
	}
}

/* In the order in which systemd answers, which is its own. */
static void test_control_group(void **state)
{
	make_systemd(*state);
	answer(*state, "User=harvester\nControlGroup=/system.slice/harvester.service\nDelegate=yes",
	       0);
	look(*state);
	assert_string_equal(service.delegate, "yes");
	assert_string_equal(service.group, "/system.slice/harvester.service");
}

static void test_no_answer(void **state)
{
	const struct doctor_check *check;

	make_systemd(*state);
	answer(*state, "Failed to connect to bus\nmore", 1);
	check = look(*state);
	assert_string_equal(
		check->text,
		"systemd did not say whether harvester.service runs: `systemctl "
		"show harvester.service` failed with status 1: Failed to connect to bus");
	assert_int_equal(check->state, DOCTOR_WARNING);
	assert_string_equal(check->advice, "run `systemctl status harvester`");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_systemd, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_states, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_control_group, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_no_answer, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
