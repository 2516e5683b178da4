#include "bundle/probation.h"

#include "fixture.h"

#define POLLS 3
#define FAILURES 2 /* polls that fail the probation */

/* A running node's view of its bundles. */
struct scene {
	struct fixture *fixture;
	uv_loop_t loop;
	struct bundle_probation *probation;
	char noted[512];  /* the last line about the plugin */
	unsigned changes; /* how often what is known of it may have changed */
	bool is_closed;
	int code; /* of the last bundle that came, or that was undone */
	char text[ERROR_TEXT_SIZE];
};

static void on_noted(void *arg, enum log_level level, const char *name, const char *text)
{
	struct scene *scene = arg;

	(void)level;
	if (!strcmp(name, NAME))
		snprintf(scene->noted, sizeof(scene->noted), "%s", text);
}

static void on_changed(void *arg, const char *name)
{
	struct scene *scene = arg;

	assert_string_equal(name, NAME);
	scene->changes++;
}

static void on_closed(void *arg)
{
	((struct scene *)arg)->is_closed = true;
}

/* Returns when the store has done one more job for the plugin. */
static void wait_for_change(struct scene *scene)
{
	const unsigned before = scene->changes;

	while (scene->changes == before)
		uv_run(&scene->loop, UV_RUN_ONCE);
}

static void begin(struct scene *scene, void **state)
{
	struct error err = {0};

	*scene = (struct scene){.fixture = *state};
	scene->fixture->config.updates.probation_polls = POLLS;
	scene->fixture->config.updates.probation_failures = FAILURES;
	uv_loop_init(&scene->loop);
	const struct bundle_probation_config config = {
		.loop = &scene->loop,
		.config = &scene->fixture->config,
		.data_folder = scene->fixture->data,
		.plugins_folder = scene->fixture->plugins,
		.on_noted = on_noted,
		.on_changed = on_changed,
		.arg = scene,
	};

	if (bundle_probation_create(&config, &scene->probation, &err))
		fail_msg("%s", err.text);
}

static void end(struct scene *scene)
{
	bundle_probation_close(scene->probation, on_closed, scene);
	uv_run(&scene->loop, UV_RUN_DEFAULT);
	assert_true(scene->is_closed);
	assert_int_equal(uv_loop_close(&scene->loop), 0);
}

/* Version 1 is good, version 2 is installed, and the node starts. */
static void begin_with_two(struct scene *scene, void **state)
{
	install_version(*state, 1);
	end_probation(*state, NULL);
	install_version(*state, 2);
	begin(scene, state);
	wait_for_change(scene);
}

static void assert_progress(const struct scene *scene, enum bundle_progress progress,
			    const char *digest, const char *reason)
{
	const char *found;

	assert_int_equal(bundle_probation_find(scene->probation, NAME, digest, &found), progress);
	assert_string_equal(found, reason);
}

/* The digest of version n, by the record. */
static const char *digest_of(const struct fixture *fixture, unsigned n)
{
	static char digest[BUNDLE_DIGEST_SIZE];
	const struct bundle_record record = get_record(fixture);

	*digest = '\0';
	for (size_t i = 0; i < record.versions_count; i++)
		if (record.versions[i].counter == n)
			memcpy(digest, record.versions[i].digest, sizeof(digest));
	return digest;
}

static void poll_times(struct scene *scene, unsigned times, size_t readings)
{
	for (unsigned i = 0; i < times; i++)
		bundle_probation_note_poll(scene->probation, NAME, readings);
}

static void test_a_version_passes(void **state)
{
	struct scene scene;

	begin_with_two(&scene, state);
	assert_string_equal(scene.noted, "version 2 is on probation for 3 polls");
	assert_progress(&scene, BUNDLE_ON_PROBATION, digest_of(*state, 2), "");
	poll_times(&scene, POLLS - 1, 1);
	assert_progress(&scene, BUNDLE_ON_PROBATION, digest_of(*state, 2), "");
	poll_times(&scene, 1, 1);
	wait_for_change(&scene);
	assert_string_equal(scene.noted, "version 2 has passed its probation");
	assert_progress(&scene, BUNDLE_GOOD, digest_of(*state, 2), "");
	assert_progress(&scene, BUNDLE_ABSENT, digest_of(*state, 1), "");
	assert_string_equal(get_record(*state).good, digest_of(*state, 2));
	end(&scene);
}

static void assert_gone_back(struct scene *scene, void **state, const char *reason)
{
	wait_for_change(scene);
	assert_progress(scene, BUNDLE_ROLLED_BACK, digest_of(*state, 2), reason);
	assert_string_equal(get_record(*state).current, digest_of(*state, 1));
	assert_int_equal(version_in(*state, "plugins/" NAME), 1);
	assert_int_equal(bundle_probation_count(scene->probation).rolled_back, 1);
	assert_non_null(strstr(scene->noted, "back to version 1"));
}

/* One failed poll may be a disturbed bus; the next one is not. */
static void test_polls_that_fail(void **state)
{
	struct scene scene;

	begin_with_two(&scene, state);
	bundle_probation_note_failure(scene.probation, NAME, "no answer");
	assert_string_equal(scene.noted,
			    "1 of 1 polls that may fail while version 2 is on probation");
	assert_progress(&scene, BUNDLE_ON_PROBATION, digest_of(*state, 2), "");
	bundle_probation_note_poll(scene.probation, NAME, 1);
	bundle_probation_note_failure(scene.probation, NAME, "no answer again");
	assert_gone_back(&scene, state, "no answer again");
	end(&scene);
}

/* Once is enough; that the version before then dies, too, judges nothing. */
static void test_a_death(void **state)
{
	struct scene scene;

	begin_with_two(&scene, state);
	bundle_probation_note_death(scene.probation, NAME, "killed by signal 11");
	assert_gone_back(&scene, state, "killed by signal 11");
	bundle_probation_note_death(scene.probation, NAME, "and again");
	end(&scene);
	assert_string_equal(get_record(*state).current, digest_of(*state, 1));
}

static void test_readings_that_are_missing(void **state)
{
	struct scene scene;

	install_version(*state, 1);
	end_probation(*state, NULL);
	begin(&scene, state);
	wait_for_change(&scene);
	poll_times(&scene, 2, 4);
	install_version(*state, 2);
	bundle_probation_note_start(scene.probation, NAME);
	while (!strstr(scene.noted, "is on probation"))
		uv_run(&scene.loop, UV_RUN_ONCE);
	poll_times(&scene, POLLS, 0);
	while (!bundle_probation_count(scene.probation).rolled_back)
		wait_for_change(&scene);
	assert_progress(&scene, BUNDLE_ROLLED_BACK, digest_of(*state, 2),
			"it returned no readings, and the version before returned some");
	end(&scene);
}

/* A display returns no readings, and nobody expects any. */
static void test_readings_that_nobody_misses(void **state)
{
	struct scene scene;

	begin_with_two(&scene, state);
	poll_times(&scene, POLLS, 0);
	wait_for_change(&scene);
	assert_progress(&scene, BUNDLE_GOOD, digest_of(*state, 2), "");
	end(&scene);
}

/* The reason is the last line of the traceback. */
static void test_a_candidate_that_did_not_take_over(void **state)
{
	struct scene scene;

	begin_with_two(&scene, state);
	bundle_probation_note_rejection(scene.probation, NAME,
					"Traceback:\n  plugin.py:1\nValueError: no bus\n\n");
	assert_gone_back(&scene, state, "ValueError: no bus");
	end(&scene);
}

/* There is nothing to go back to: the version stays, and is not judged twice. */
static void test_the_first_version_fails(void **state)
{
	struct scene scene;

	install_version(*state, 1);
	begin(&scene, state);
	wait_for_change(&scene);
	bundle_probation_note_death(scene.probation, NAME, "it died");
	bundle_probation_note_death(scene.probation, NAME, "it died again");
	wait_for_change(&scene);
	assert_progress(&scene, BUNDLE_FAILED, digest_of(*state, 1), "it died");
	assert_int_equal(bundle_probation_count(scene.probation).rolled_back, 0);
	assert_int_equal(version_in(*state, "plugins/" NAME), 1);
	end(&scene);
}

/* The record on the disk says that a version is on probation; the polls begin again. */
static void test_the_probation_goes_on_after_a_restart(void **state)
{
	struct scene scene;

	begin_with_two(&scene, state);
	poll_times(&scene, POLLS - 1, 1);
	end(&scene);
	begin(&scene, state);
	wait_for_change(&scene);
	poll_times(&scene, POLLS - 1, 1);
	assert_progress(&scene, BUNDLE_ON_PROBATION, digest_of(*state, 2), "");
	poll_times(&scene, 1, 1);
	wait_for_change(&scene);
	assert_progress(&scene, BUNDLE_GOOD, digest_of(*state, 2), "");
	end(&scene);
}

/* What a command installs is seen, without a restart. */
static void test_a_command_installs(void **state)
{
	struct scene scene;

	install_version(*state, 1);
	end_probation(*state, NULL);
	begin(&scene, state);
	wait_for_change(&scene);
	install_version(*state, 2);
	while (scene.changes < 100) {
		const char *reason;

		wait_for_change(&scene);
		if (bundle_probation_find(scene.probation, NAME, digest_of(*state, 2), &reason) ==
		    BUNDLE_CANDIDATE)
			break;
	}
	assert_progress(&scene, BUNDLE_CANDIDATE, digest_of(*state, 2), "");
	end(&scene);
}

static void on_installed(void *arg, int code, const struct error *err, json_t *installed)
{
	struct scene *scene = arg;

	scene->code = code;
	snprintf(scene->text, sizeof(scene->text), "%s", code ? err->text : "installed");
	json_decref(installed);
}

static void send_file(struct scene *scene, int fd, const char *name)
{
	*scene->text = '\0';
	assert_int_equal(bundle_probation_install_file(scene->probation, fd, name, NULL,
						       on_installed, scene, NULL),
			 0);
	while (!*scene->text)
		uv_run(&scene->loop, UV_RUN_ONCE);
}

static void test_bundles_that_come(void **state)
{
	struct scene scene;
	struct bundle_counts counts;

	begin(&scene, state);
	send_file(&scene, make_bundle(*state, 1, ""), NAME);
	assert_int_equal(scene.code, 0);
	send_file(&scene, make_bundle(*state, 2, ""), "door");
	assert_int_not_equal(scene.code, 0);
	counts = bundle_probation_count(scene.probation);
	assert_int_equal(counts.installed, 1);
	assert_int_equal(counts.refused, 1);
	assert_int_equal(version_in(*state, "plugins/" NAME), 1);
	end(&scene);
}

static void on_undone(void *arg, int code, const struct error *err, const char *version)
{
	struct scene *scene = arg;

	(void)err;
	scene->code = code;
	snprintf(scene->text, sizeof(scene->text), "to %s", version);
}

static void undo(struct scene *scene, const char *digest, const char *expected)
{
	*scene->text = '\0';
	assert_int_equal(
		bundle_probation_undo(scene->probation, NAME, digest, on_undone, scene, NULL), 0);
	while (!*scene->text)
		uv_run(&scene->loop, UV_RUN_ONCE);
	assert_int_equal(scene->code, 0);
	assert_string_equal(scene->text, expected);
}

static void test_undo(void **state)
{
	struct scene scene;

	begin_with_two(&scene, state);
	undo(&scene, digest_of(*state, 1), "to "); /* it does not run */
	undo(&scene, digest_of(*state, 2), "to 1");
	assert_int_equal(version_in(*state, "plugins/" NAME), 1);
	end(&scene);
}

static void assert_shown(const struct scene *scene, const char *key, const char *expected)
{
	json_t *plugin = json_object();
	const json_t *value;
	char *text;

	bundle_probation_add_to_json(scene->probation, NAME, plugin);
	value = json_object_get(plugin, "bundle");
	text = json_dumps(key ? json_object_get(value, key) : value, JSON_ENCODE_ANY);
	assert_string_equal(text, expected);
	free(text);
	json_decref(plugin);
}

static void test_what_is_shown(void **state)
{
	struct scene scene;
	json_t *list;

	begin(&scene, state);
	assert_shown(&scene, NULL, "null");
	install_version(*state, 1);
	end_probation(*state, NULL);
	end(&scene);
	install_version(*state, 2);
	begin(&scene, state);
	wait_for_change(&scene);
	poll_times(&scene, 1, 1);
	assert_shown(&scene, "version", "\"2\"");
	assert_shown(&scene, "on_probation", "true");
	assert_shown(&scene, "polls_left", "2");
	assert_shown(&scene, "rolled_back", "null");
	list = bundle_probation_list(scene.probation, 1);
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
	list = bundle_probation_list(scene.probation, 0);
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	bundle_probation_note_death(scene.probation, NAME, "it died");
	wait_for_change(&scene);
	assert_shown(&scene, "rolled_back", "{\"version\": \"2\", \"reason\": \"it died\"}");
	assert_shown(&scene, "polls_left", "0");
	end(&scene);
}

static void test_the_owner_approves(void **state)
{
	struct fixture *fixture = *state;
	struct scene scene;
	json_t *plugin = json_object();
	const char *request;

	install_version(fixture, 1);
	end_probation(fixture, NULL);
	fixture->config.permissions.auto_approve = false;
	begin(&scene, state);
	wait_for_change(&scene);
	make_file(&fixture->folder, "src/" NAME "/permission.toml", "allow_i2c = [0x27]\n");
	send_file(&scene, make_bundle(fixture, 2, ""), NAME);
	for (;;) {
		bundle_probation_add_to_json(scene.probation, NAME, plugin);
		if (json_is_object(json_object_get(json_object_get(plugin, "bundle"), "waiting")))
			break;
		wait_for_change(&scene);
	}
	assert_progress(&scene, BUNDLE_WAITING, digest_of(fixture, 2), "");
	request = json_string_value(json_object_get(
		json_object_get(json_object_get(plugin, "bundle"), "waiting"), "request_digest"));
	assert_true(bundle_probation_waits(scene.probation, NAME, request));
	assert_false(bundle_probation_waits(scene.probation, NAME, digest_of(fixture, 2)));
	assert_int_equal(bundle_probation_approve(scene.probation, NAME, NULL), 0);
	while (bundle_probation_waits(scene.probation, NAME, request))
		wait_for_change(&scene);
	assert_int_equal(version_in(fixture, "plugins/" NAME), 2);
	json_decref(plugin);
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_version_passes),
		TEST(test_polls_that_fail),
		TEST(test_a_death),
		TEST(test_readings_that_are_missing),
		TEST(test_readings_that_nobody_misses),
		TEST(test_a_candidate_that_did_not_take_over),
		TEST(test_the_first_version_fails),
		TEST(test_the_probation_goes_on_after_a_restart),
		TEST(test_a_command_installs),
		TEST(test_bundles_that_come),
		TEST(test_undo),
		TEST(test_what_is_shown),
		TEST(test_the_owner_approves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
