/*
 * What the owner says. There is no Python runtime here, so no plugin gets further than its pause;
 * what versions do is tested from outside (tests/system/test_reload*.py).
 */
#include "plugin/supervisor/supervisor.h"

#include "../capability/fixture.h"
#include "../emulated.h"
#include "base/log.h"
#include "folder.h"
#include "plugin/policy/approvals.h"
#include "plugin/policy/disabled_plugins.h"

struct node {
	struct fixture *host;
	struct folder *folder;
	char plugins[128], data[128], cache[128];
	struct supervisor *supervisor;
	unsigned failures, removals, closed;
	char why[64];
};

static void take_failure(void *arg, const char *name, const char *text, bool simulated)
{
	(void)name;
	(void)text;
	(void)simulated;
	((struct node *)arg)->failures++;
}

static void take_removal(void *arg, const char *name, const char *why)
{
	struct node *node = arg;

	(void)name;
	node->removals++;
	snprintf(node->why, sizeof(node->why), "%s", why);
}

static const char *end_cycle(void *arg, bool is_wanted, size_t *ret_size)
{
	(void)arg;
	(void)is_wanted;
	(void)ret_size;
	return NULL;
}

static const struct supervisor_events events = {
	.plugin = {.on_failed = take_failure},
	.on_removed = take_removal,
	.on_cycle_ended = end_cycle,
};

static void start(struct node *node)
{
	const struct supervisor_config config = {
		.loop = &node->host->loop,
		.clock = &node->host->clock.base,
		.config = &node->host->config,
		.host = node->host->host,
		.plugins_folder = node->plugins,
		.data_folder = node->data,
		.cache_folder = node->cache,
		.guest_program = "/nonexistent",
		.events = &events,
		.events_arg = node,
	};
	struct error err;

	if (supervisor_create(&config, &node->supervisor, &err) ||
	    supervisor_start(node->supervisor, &err))
		fail_msg("%s", err.text);
}

static void closed(void *arg)
{
	((struct node *)arg)->closed++;
}

static void stop(struct node *node)
{
	node->closed = 0;
	supervisor_close(node->supervisor, closed, node);
	while (!node->closed)
		uv_run(&node->host->loop, UV_RUN_ONCE);
}

static int set_up(void **state)
{
	static struct node node;

	node = (struct node){0};
	if (folder_setup((void **)&node.folder) || fixture_setup((void **)&node.host))
		return -1;
	node.host->config.dashboard.plugin = (char *)"dashboard";
	node.host->config.polling.interval_seconds = 1;
	node.host->config.polling.deadline_seconds = 1;
	permission_rules_init(&node.host->config.permissions.rules);
	permission_rules_init(&node.host->plugin.grant);
	node.host->plugin.enabled = true;
	snprintf(node.plugins, sizeof(node.plugins), "%s", at(node.folder, "plugins"));
	snprintf(node.data, sizeof(node.data), "%s", at(node.folder, "data"));
	snprintf(node.cache, sizeof(node.cache), "%s", at(node.folder, "data/cache"));
	make_folder(node.folder, "plugins");
	make_folder(node.folder, "data");
	make_file(node.folder, "plugins/quiet.py", "");
	make_file(node.folder, "plugins/wants.py", "");
	make_file(node.folder, "plugins/wants.permission.toml", "allow_leds = true\n");
	make_file(node.folder, "plugins/bad.py", "");
	make_file(node.folder, "plugins/bad.permission.toml", "allow_led = true\n");
	make_file(node.folder, "plugins/test.py", ""); /* the configuration knows it */
	*state = &node;
	return 0;
}

static int tear_down(void **state)
{
	struct node *node = *state;

	fixture_teardown((void **)&node->host);
	return folder_teardown((void **)&node->folder);
}

static void assert_state(const struct node *node, const char *name, const char *state)
{
	json_t *list = supervisor_to_json(node->supervisor), *plugin;
	const char *found = NULL;
	size_t i;

	json_array_foreach(list, i, plugin)
	{
		if (!strcmp(json_string_value(json_object_get(plugin, "name")), name))
			found = json_string_value(json_object_get(plugin, "state"));
	}
	assert_non_null(found);
	assert_string_equal(found, state);
	json_decref(list);
}

/* The digest of what its files ask for, as the owner sees it. */
static const char *digest_of(const struct node *node, const char *name)
{
	static char digest[APPROVAL_DIGEST_SIZE];
	json_t *list = supervisor_to_json(node->supervisor), *plugin;
	size_t i;

	digest[0] = '\0';

	json_array_foreach(list, i, plugin)
	{
		const json_t *request = json_object_get(plugin, "request");

		if (!strcmp(json_string_value(json_object_get(plugin, "name")), name))
			snprintf(digest, sizeof(digest), "%s",
				 json_string_value(json_object_get(request, "digest")));
	}
	json_decref(list);
	return digest;
}

static void approve(void **state)
{
	struct node *node = *state;
	struct error err;

	start(node);
	assert_state(node, "wants", "needs approval");
	assert_int_equal(supervisor_reload(node->supervisor, "wants", &err), ERROR_NOT_GRANTED);
	assert_string_equal(err.text,
			    "waiting for approval of LEDs; approve it on the page or with "
			    "`harvester plugin approve wants`");
	assert_int_equal(
		supervisor_approve(node->supervisor, "wants", digest_of(node, "wants"), &err), 0);
	assert_state(node, "wants", "backoff");
	assert_int_equal(supervisor_approve(node->supervisor, "bad", digest_of(node, "bad"), &err),
			 ERROR_INVALID);
	assert_non_null(strstr(err.text, "bad.permission.toml:1:1: unknown key allow_led"));
	assert_int_equal(supervisor_approve(node->supervisor, "other", "", &err), ERROR_NOT_FOUND);
	assert_string_equal(err.text,
			    "there is no plugin other: GET /api/v1/plugins lists the plugins");
	stop(node);
	start(node); /* it was kept */
	assert_state(node, "wants", "backoff");
	stop(node);
}

/* The permission file changes between the owner's look and his word: the wider request waits. */
static void approval_is_of_what_was_seen(void **state)
{
	struct node *node = *state;
	char seen[APPROVAL_DIGEST_SIZE];
	struct error err;

	start(node);
	snprintf(seen, sizeof(seen), "%s", digest_of(node, "wants"));
	make_file(node->folder, "plugins/wants.permission.toml",
		  "allow_leds = true\nallow_buzzer = true\n");
	while (!strcmp(digest_of(node, "wants"), seen))
		uv_run(&node->host->loop, UV_RUN_ONCE);
	assert_int_equal(supervisor_approve(node->supervisor, "wants", seen, &err), ERROR_INVALID);
	assert_string_equal(err.text,
			    "wants has changed its request since this digest was shown: look at "
			    "the request again, and approve that");
	assert_state(node, "wants", "needs approval");
	assert_int_equal(
		supervisor_approve(node->supervisor, "wants", digest_of(node, "wants"), &err), 0);
	assert_state(node, "wants", "backoff");
	stop(node);
}

static void revoked_approval(void **state)
{
	struct node *node = *state;
	struct approvals *approvals;

	start(node);
	assert_int_equal(
		supervisor_approve(node->supervisor, "wants", digest_of(node, "wants"), NULL), 0);
	stop(node);
	start(node);
	assert_state(node, "wants", "backoff");
	node->failures = 0;
	assert_int_equal(approvals_create(node->data, &approvals, NULL), 0);
	assert_int_equal(approvals_remove(approvals, "wants", NULL), 0);
	approvals_destroy(approvals);
	while (!node->failures)
		uv_run(&node->host->loop, UV_RUN_ONCE);
	assert_state(node, "wants", "needs approval");
	stop(node);
}

static void disable(void **state)
{
	struct node *node = *state;
	struct error err;

	start(node);
	assert_int_equal(supervisor_set_enabled(node->supervisor, "quiet", false, &err), 0);
	assert_state(node, "quiet", "disabled");
	assert_int_equal(node->removals, 1);
	assert_string_equal(node->why, "its plugin is disabled");
	assert_int_equal(supervisor_reload(node->supervisor, "quiet", &err), ERROR_INVALID);
	assert_string_equal(err.text, "quiet is disabled; enable it first");
	assert_int_equal(supervisor_set_enabled(node->supervisor, "other", false, &err),
			 ERROR_NOT_FOUND);
	stop(node);
	node->removals = 0;
	start(node);
	assert_state(node, "quiet", "disabled");
	assert_int_equal(node->removals, 0); /* it was not there */
	assert_int_equal(supervisor_set_enabled(node->supervisor, "quiet", true, &err), 0);
	assert_state(node, "quiet", "backoff");
	stop(node);
	start(node);
	assert_state(node, "quiet", "backoff");
	stop(node);
}

static void disabled_by_the_configuration(void **state)
{
	struct node *node = *state;
	struct error err;

	node->host->plugin.enabled = false;
	start(node);
	assert_state(node, "test", "disabled");
	assert_int_equal(supervisor_set_enabled(node->supervisor, "test", true, &err),
			 ERROR_INVALID);
	assert_non_null(strstr(err.text, "disabled by the configuration: remove `enabled = false` "
					 "from [plugins.test]"));
	assert_state(node, "test", "disabled");
	stop(node);
}

static void reload_ends_a_pause(void **state)
{
	struct node *node = *state;
	unsigned failures;

	start(node);
	assert_state(node, "quiet", "backoff");
	failures = node->failures;
	assert_int_equal(supervisor_reload(node->supervisor, "quiet", NULL), 0);
	assert_int_equal(node->failures, failures + 1); /* tried again: there is no runtime */
	assert_int_equal(supervisor_reload(node->supervisor, "other", NULL), ERROR_NOT_FOUND);
	stop(node);
}

/* What is written late is what counts last. */
static void changes_of_mind(void **state)
{
	struct node *node = *state;
	struct disabled_plugins *disabled;

	start(node);
	for (int i = 0; i < 9; i++)
		assert_int_equal(supervisor_set_enabled(node->supervisor, "quiet", i % 2, NULL), 0);
	for (int i = 0; i < 20; i++)
		uv_run(&node->host->loop, UV_RUN_NOWAIT);
	assert_state(node, "quiet", "disabled");
	assert_int_equal(disabled_plugins_create(node->data, &disabled, NULL), 0);
	stop(node); /* what waits to be written is, before the end */
	assert_true(disabled_plugins_is_off(disabled, "quiet"));
	disabled_plugins_destroy(disabled);
}

static void nothing_is_taken_while_closing(void **state)
{
	struct node *node = *state;
	struct error err;

	start(node);
	node->closed = 0;
	supervisor_close(node->supervisor, closed, node);
	assert_int_equal(supervisor_reload(node->supervisor, "quiet", NULL), ERROR_CLOSED);
	assert_int_equal(
		supervisor_approve(node->supervisor, "wants", digest_of(node, "wants"), NULL),
		ERROR_CLOSED);
	assert_int_equal(supervisor_set_enabled(node->supervisor, "quiet", true, &err),
			 ERROR_CLOSED);
	assert_string_equal(err.text, "the node is stopping: try again after it has started");
	while (!node->closed)
		uv_run(&node->host->loop, UV_RUN_ONCE);
}

static void count_bad_names(void *arg, const struct log_record *record)
{
	*(unsigned *)arg += strstr(record->text, "bad name.py") != NULL;
}

static void look_again(struct node *node, const char *name)
{
	char file[64];

	snprintf(file, sizeof(file), "plugins/%s.py", name);
	make_file(node->folder, file, "");
	while (!*digest_of(node, name))
		uv_run(&node->host->loop, UV_RUN_ONCE);
}

/* Each change of any file is a new look at the folder. */
static void a_bad_name_is_warned_of_once(void **state)
{
	struct node *node = *state;
	unsigned warnings = 0;

	log_add_sink(count_bad_names, &warnings);
	make_file(node->folder, "plugins/bad name.py", "");
	start(node);
	assert_int_equal(warnings, 1);
	look_again(node, "one");
	look_again(node, "two");
	assert_int_equal(warnings, 1);
	unlink(at(node->folder, "plugins/bad name.py"));
	look_again(node, "three");
	make_file(node->folder, "plugins/bad name.py", "");
	look_again(node, "four");
	assert_int_equal(warnings, 2); /* it is another one */
	stop(node);
	log_remove_sink(count_bad_names, &warnings);
}

static void note_found(void *context, const char *name, bool is_failed)
{
	char *names = context;

	assert_false(is_failed);
	snprintf(names + strlen(names), 64 - strlen(names), "%s ", name);
}

static void each(void **state)
{
	struct node *node = *state;
	char names[64] = "";

	start(node);
	supervisor_each(node->supervisor, note_found, names);
	assert_string_equal(names, "bad quiet test wants "); /* those without a version, too */
	stop(node);
}

#undef TEST
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(approve),
		TEST(approval_is_of_what_was_seen),
		TEST(revoked_approval),
		TEST(disable),
		TEST(disabled_by_the_configuration),
		TEST(reload_ends_a_pause),
		TEST(changes_of_mind),
		TEST(a_bad_name_is_warned_of_once),
		TEST(nothing_is_taken_while_closing),
		TEST(each),
	};

	if (emulated_lacks_subreaper())
		return EMULATED_SKIP;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
