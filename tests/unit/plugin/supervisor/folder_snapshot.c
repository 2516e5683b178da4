#include "plugin/supervisor/folder_snapshot.h"

#include "folder.h"
#include "plugin/policy/approvals.h"
#include "plugin/policy/disabled_plugins.h"

struct fixture {
	struct folder *folder;
	struct approvals *approvals;
	struct disabled_plugins *disabled;
	struct folder_snapshot snapshot;
	char plugins[128];
};

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){0};
	if (folder_setup((void **)&f.folder))
		return -1;
	*state = &f;
	make_folder(f.folder, "plugins");
	make_file(f.folder, "plugins/one.py", "");
	snprintf(f.plugins, sizeof(f.plugins), "%s", at(f.folder, "plugins"));
	assert_int_equal(approvals_create(at(f.folder, "data"), &f.approvals, NULL), 0);
	return disabled_plugins_create(at(f.folder, "data"), &f.disabled, NULL);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	folder_snapshot_finish(&f->snapshot);
	approvals_destroy(f->approvals);
	disabled_plugins_destroy(f->disabled);
	return folder_teardown((void **)&f->folder);
}

static const struct plugin_rules *snapshot(struct fixture *f)
{
	folder_snapshot_finish(&f->snapshot);
	f->snapshot = (struct folder_snapshot){
		.plugins_folder = f->plugins,
		.approvals = f->approvals,
		.disabled = f->disabled,
	};
	folder_snapshot_run(&f->snapshot);
	assert_int_equal(f->snapshot.ret, 0);
	assert_int_equal(f->snapshot.count, 1);
	assert_string_equal(f->snapshot.items[0].mark.name, "one");
	return f->snapshot.items[0].rules;
}

static void asks_for_nothing(void **state)
{
	const struct plugin_rules *rules = snapshot(*state);

	assert_null(rules->request_problems);
	assert_int_equal(rules->not_approved.code, ERROR_NOT_FOUND);
	assert_false(rules->request.leds || rules->is_off);
}

static void what_was_said(void **state)
{
	struct fixture *f = *state;
	const struct plugin_rules *rules;

	make_file(f->folder, "plugins/one.permission.toml", "allow_leds = true\n");
	rules = snapshot(f);
	assert_true(rules->request.leds);
	assert_int_equal(approvals_add(f->approvals, "one", &rules->request, NULL), 0);
	assert_int_equal(disabled_plugins_set(f->disabled, "one", true, NULL), 0);
	rules = snapshot(f);
	assert_int_equal(rules->not_approved.code, 0);
	assert_true(rules->approved.leds && rules->is_off);
}

static void problems_with_their_places(void **state)
{
	struct fixture *f = *state;
	const struct plugin_rules *rules;

	make_file(f->folder, "plugins/one.permission.toml", "allow_led = true\nallow_fan = 3\n");
	rules = snapshot(f);
	assert_non_null(strstr(rules->request_problems, "toml:1:1: unknown key allow_led"));
	assert_non_null(strstr(rules->request_problems, "\n"));
	assert_non_null(strstr(rules->request_problems, "toml:2:13: allow_fan"));
	assert_false(rules->request.leds);
}

/* As many as there is room for; the plugin is not lost over it. */
static void too_many_problems(void **state)
{
	struct fixture *f = *state;
	char text[40000] = "";
	const struct plugin_rules *rules;
	size_t used = 0;

	for (int i = 0; i < 2000; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "wrong_%d = 1\n", i);
	make_file(f->folder, "plugins/one.permission.toml", text);
	rules = snapshot(f);
	assert_non_null(strstr(rules->request_problems, "toml:1:1: unknown key wrong_0"));
	assert_true(strlen(rules->request_problems) < 65536);
}

static void known_marks(void **state)
{
	struct fixture *f = *state;
	struct folder_snapshot_mark mark;

	snapshot(f);
	mark = f->snapshot.items[0].mark;
	folder_snapshot_finish(&f->snapshot);
	f->snapshot = (struct folder_snapshot){
		.plugins_folder = f->plugins,
		.approvals = f->approvals,
		.disabled = f->disabled,
		.known = malloc(sizeof(mark)),
		.known_count = 1,
	};
	*f->snapshot.known = mark;
	folder_snapshot_run(&f->snapshot);
	assert_int_equal(f->snapshot.count, 1);
	assert_null(f->snapshot.items[0].rules);
	assert_non_null(f->snapshot.items[0].source.path);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(asks_for_nothing),	 TEST(what_was_said), TEST(problems_with_their_places),
		TEST(too_many_problems), TEST(known_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
