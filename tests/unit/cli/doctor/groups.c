/* Whose groups count, and what the doctor says of them. */
#include "cli/doctor/groups.h"

#include <grp.h>

#include "../../plugin/folder.h"
#include "cli/doctor/service.h"

#define IN                                                                                         \
	{                                                                                          \
		.exists = true, .is_member = true, .is_in_force = true                             \
	}

static const char *fix = "harvester doctor --fix";

/* "i2c", "spi", … get their names here, so that tests give only the states. */
static const struct doctor_check *check(struct doctor_groups groups)
{
	static const char *const names[] = {"i2c", "spi", "gpio", "dialout"};
	static struct doctor_list list;

	for (size_t i = 0; i < DOCTOR_GROUPS; i++)
		groups.items[i].name = names[i];
	list = (struct doctor_list){0};
	doctor_check_groups(&list, &groups, fix);
	assert_int_equal(list.count, 1);
	return &list.checks[0];
}

static void test_check(void **state)
{
	const struct doctor_check *found;

	(void)state;
	found = check((struct doctor_groups){.user = "ada", .is_known = true, .items = {IN, IN}});
	assert_string_equal(found->text, "ada is a member of: i2c, spi; not a member of: none; not "
					 "on this machine: gpio, dialout");
	assert_int_equal(found->state, DOCTOR_OK);
	assert_string_equal(found->advice, "");

	found = check((struct doctor_groups){
		.user = "ada", .is_known = true, .items = {IN, {.exists = true}, IN, IN}});
	assert_string_equal(found->text, "ada is a member of: i2c, gpio, dialout; not a member of: "
					 "spi; not on this machine: none");
	assert_int_equal(found->state, DOCTOR_WARNING);
	assert_string_equal(
		found->advice,
		"`sudo harvester doctor --fix` adds ada to the groups; then log in again");

	found = check(
		(struct doctor_groups){.user = "ada",
				       .is_known = true,
				       .items = {IN, {.exists = true, .is_member = true}, IN, IN}});
	assert_non_null(strstr(found->text, "; this login is older than a membership"));
	assert_int_equal(found->state, DOCTOR_WARNING);
	assert_string_equal(found->advice, "log in again");
}

static void test_root(void **state)
{
	struct doctor_groups groups;

	(void)state;
	doctor_find_groups("root", &groups);
	assert_true(groups.is_root);
	for (size_t i = 0; i < DOCTOR_GROUPS; i++)
		assert_false(doctor_group_is_missing(&groups, i));
	assert_string_equal(check(groups)->text,
			    "the user of the node is root, who needs no group");
}

/* usermod could not add such a user to anything. */
static void test_unknown_user(void **state)
{
	struct doctor_groups groups;

	(void)state;
	doctor_find_groups("4294900000", &groups);
	assert_false(groups.is_known);
	for (size_t i = 0; i < DOCTOR_GROUPS; i++)
		assert_false(doctor_group_is_missing(&groups, i));
}

static void test_this_machine(void **state)
{
	struct doctor_groups groups;

	(void)state;
	doctor_find_groups("nobody", &groups);
	assert_true(groups.is_known);
	for (size_t i = 0; i < DOCTOR_GROUPS; i++)
		assert_int_equal(groups.items[i].exists, !!getgrnam(groups.items[i].name));
}

static void test_user_of_the_node(void **state)
{
	const struct doctor_service none = {.load = "not-found"};
	const struct doctor_service service = {.load = "loaded", .user = "nobody"};
	const struct doctor_service stranger = {.load = "loaded", .user = "no-such-user"};
	char own[64], user[64];

	(void)state;
	unsetenv("SUDO_USER");
	doctor_user_name(own, sizeof(own));
	doctor_find_user(getpid(), &service, user, sizeof(user));
	assert_string_equal(user, own);
	doctor_find_user(0, &service, user, sizeof(user));
	assert_string_equal(user, "nobody");
	doctor_find_user(0, &stranger, user, sizeof(user));
	assert_string_equal(user, own);
	doctor_find_user(0, &none, user, sizeof(user));
	assert_string_equal(user, own);
	setenv("SUDO_USER", "nobody", 1);
	doctor_find_user(0, &none, user, sizeof(user));
	assert_string_equal(user, geteuid() ? own : "nobody");
	setenv("SUDO_USER", "no-such-user", 1);
	doctor_find_user(0, &none, user, sizeof(user));
	assert_string_equal(user, own);
	unsetenv("SUDO_USER");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_unknown_user),
		cmocka_unit_test(test_this_machine),
		cmocka_unit_test(test_user_of_the_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
