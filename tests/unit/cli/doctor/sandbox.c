/* Whose control group and user `harvester doctor` speaks of: the service's, if there is one. */
#include "cli/doctor/sandbox.h"

#include "../../plugin/folder.h"

static struct doctor_list list;

static const struct doctor_check *look(const struct doctor_service *service, const char *name)
{
	list = (struct doctor_list){0};
	doctor_check_sandbox(&list, service);
	for (size_t i = 0; i < list.count; i++) {
		if (!strcmp(list.checks[i].name, name))
			return &list.checks[i];
	}
	fail_msg("there is no check %s", name);
	return NULL;
}

/* As in a root shell beside the service: the shell's own group is not delegated. */
static void test_service(void **state)
{
	const struct doctor_service service = {.has_systemd = true,
					       .load = "loaded",
					       .user = "harvester",
					       .delegate = "yes",
					       .group = "/system.slice/harvester.service"};
	const struct doctor_check *check = look(&service, "cgroup");

	(void)state;
	assert_int_equal(check->state, DOCTOR_OK);
	assert_string_equal(check->text,
			    "systemd gives harvester.service /system.slice/harvester.service, "
			    "so each plugin gets a cgroup");
	assert_string_equal(check->advice, "");
	check = look(&service, "user");
	assert_int_equal(check->state, DOCTOR_OK);
	assert_string_equal(check->text, "harvester: harvester.service and its guests run as this "
					 "user, the guests locked down");
}

static void test_service_without_delegation(void **state)
{
	const struct doctor_service service = {
		.has_systemd = true, .load = "loaded", .user = "harvester", .delegate = "no"};
	const struct doctor_check *check = look(&service, "cgroup");

	(void)state;
	assert_int_equal(check->state, DOCTOR_WARNING);
	assert_non_null(strstr(check->text, "does not delegate a cgroup to harvester.service"));
	assert_string_equal(check->advice,
			    "`sudo systemctl edit harvester`, write `[Service]` and below it "
			    "`Delegate=cpu memory pids`, then `sudo systemctl restart harvester`");
}

/* The service's group is there only while it runs. */
static void test_service_stopped(void **state)
{
	const struct doctor_service service = {
		.has_systemd = true, .load = "loaded", .delegate = "yes"};

	(void)state;
	assert_string_equal(
		look(&service, "cgroup")->text,
		"systemd gives harvester.service one when it starts, so each plugin gets "
		"a cgroup");
}

static void test_no_service(void **state)
{
	const struct doctor_service service = {.has_systemd = true, .load = "not-found"};

	(void)state;
	assert_null(strstr(look(&service, "cgroup")->text, "harvester.service"));
	assert_null(strstr(look(&service, "user")->text, "harvester.service"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_service),
		cmocka_unit_test(test_service_without_delegation),
		cmocka_unit_test(test_service_stopped),
		cmocka_unit_test(test_no_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
