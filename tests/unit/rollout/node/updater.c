#include "rollout/node/updater.h"

#include "scene.h"

static void test_a_version_comes_and_is_good(void **state)
{
	struct scene *scene = *state;

	offer(scene, 10, 10, "install", CONTENT_DIGEST);
	assert_int_equal(scene->hub.parts, 1);
	far_hub_answer(&scene->hub, &scene->hub.part, 200, CONTENT, strlen(CONTENT));
	far_hub_run(&scene->hub);
	assert_string_equal(scene->hub.store.installed, CONTENT_DIGEST);
	assert_string_equal(reported(scene), "downloaded");
	scene->hub.store.progress = BUNDLE_CANDIDATE;
	far_hub_installed(&scene->hub, 0, NULL);
	assert_string_equal(reported(scene), "candidate");
	change(scene, BUNDLE_ON_PROBATION);
	assert_string_equal(reported(scene), "probation");
	change(scene, BUNDLE_GOOD);
	assert_string_equal(reported(scene), "good");
	/* It is final. */
	change(scene, BUNDLE_ABSENT);
	answer(scene, "{}");
	assert_int_equal(scene->hub.store.installs, 1);
}

/* Each write of the file replaces it. */
static ino_t file_of(const struct scene *scene)
{
	struct stat status;

	assert_int_equal(stat(at(&scene->folder, "updates/desired.json"), &status), 0);
	return status.st_ino;
}

static void test_the_disk_is_written_only_for_news(void **state)
{
	struct scene *scene = *state;
	ino_t file;

	offer(scene, 10, 10, "install", CONTENT_DIGEST);
	/* A link keeps the number from being given again. */
	assert_int_equal(
		link(at(&scene->folder, "updates/desired.json"), at(&scene->folder, "first")), 0);
	file = file_of(scene);
	far_hub_answer(&scene->hub, &scene->hub.part, 200, CONTENT, strlen(CONTENT));
	far_hub_run(&scene->hub);
	rollout_updater_ask(scene->hub.updater);
	offer(scene, 10, 10, "install", CONTENT_DIGEST);
	assert_true(file_of(scene) == file);
	far_hub_installed(&scene->hub, 0, NULL);
	far_hub_run(&scene->hub);
	assert_false(file_of(scene) == file);
}

static void test_an_old_state_is_refused(void **state)
{
	struct scene *scene = *state;

	offer(scene, 10, 10, "install", CONTENT_DIGEST);
	answer(scene, "{}");
	rollout_updater_ask(scene->hub.updater);
	offer(scene, 9, 9, "install", OTHER_DIGEST);
	assert_string_equal(reported(scene), "refused");
	assert_int_equal(rollout_updater_refused(scene->hub.updater), 1);
	/* Also after a restart, and although the state of all is new. */
	reopen(scene, "hub");
	rollout_updater_greet(scene->hub.updater, true, true);
	offer(scene, 11, 9, "install", OTHER_DIGEST);
	assert_string_equal(reported(scene), "refused");
	/* At another hub the numbers begin again. */
	reopen(scene, "another");
	rollout_updater_greet(scene->hub.updater, true, true);
	offer(scene, 5, 5, "install", OTHER_DIGEST);
	assert_int_equal(rollout_updater_refused(scene->hub.updater), 0);
	assert_non_null(strstr(scene->hub.part.path, OTHER_DIGEST));
}

static void test_an_old_state_is_refused_of_all_plugins(void **state)
{
	struct scene *scene = *state;

	offer(scene, 10, 10, "install", CONTENT_DIGEST);
	offer_of(scene, "door", 9, 9, "install", OTHER_DIGEST);
	assert_string_equal(reported(scene), "refused");
	assert_int_equal(scene->hub.parts, 1);
}

static void test_a_state_of_the_future_is_refused(void **state)
{
	struct scene *scene = *state;

	offer(scene, BUNDLE_COUNTER_MAX, BUNDLE_COUNTER_MAX, "install", CONTENT_DIGEST);
	assert_string_equal(reported(scene), "refused");
	assert_int_equal(scene->hub.parts, 0);
}

static void test_the_owner_keeps_the_hub_out(void **state)
{
	struct scene *scene = *state;

	scene->hub.config.updates.from_hub = false;
	offer(scene, 10, 10, "install", CONTENT_DIGEST);
	assert_string_equal(reported(scene), "refused");
	assert_non_null(strstr(scene->hub.question.body, "from_hub"));
	assert_int_equal(scene->hub.parts, 0);
}

static void test_undo(void **state)
{
	struct scene *scene = *state;

	/* What the hub has not rolled out it cannot take back. */
	offer(scene, 10, 10, "undo", CONTENT_DIGEST);
	assert_string_equal(reported(scene), "refused");
	answer(scene, "{}");
	rollout_updater_ask(scene->hub.updater);
	scene->hub.store.progress = BUNDLE_GOOD;
	offer(scene, 11, 11, "install", CONTENT_DIGEST);
	assert_string_equal(reported(scene), "good");
	answer(scene, "{}");
	rollout_updater_ask(scene->hub.updater);
	offer(scene, 12, 12, "undo", CONTENT_DIGEST);
	assert_int_equal(scene->hub.store.undos, 1);
	far_hub_undone(&scene->hub, 0, "1.0");
	assert_string_equal(reported(scene), "undone");
}

static void test_a_wider_request_waits(void **state)
{
	struct scene *scene = *state;

	offer(scene, 10, 10, "install", CONTENT_DIGEST);
	far_hub_answer(&scene->hub, &scene->hub.part, 200, CONTENT, strlen(CONTENT));
	far_hub_run(&scene->hub);
	scene->hub.store.progress = BUNDLE_WAITING;
	far_hub_installed(&scene->hub, 0, "the gpio line 4");
	assert_string_equal(reported(scene), "waiting");
	assert_non_null(strstr(scene->hub.question.body, "the gpio line 4"));
	change(scene, BUNDLE_CANDIDATE);
	change(scene, BUNDLE_ON_PROBATION);
	assert_string_equal(reported(scene), "probation");
}

static void test_what_the_store_refuses_is_reported(void **state)
{
	struct scene *scene = *state;

	offer(scene, 10, 10, "install", CONTENT_DIGEST);
	far_hub_answer(&scene->hub, &scene->hub.part, 200, CONTENT, strlen(CONTENT));
	far_hub_run(&scene->hub);
	far_hub_installed(&scene->hub, ERROR_CHECKSUM, NULL);
	assert_string_equal(reported(scene), "refused");
	assert_non_null(strstr(scene->hub.question.body, "the store says no"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_version_comes_and_is_good),
		TEST(test_the_disk_is_written_only_for_news),
		TEST(test_an_old_state_is_refused),
		TEST(test_an_old_state_is_refused_of_all_plugins),
		TEST(test_a_state_of_the_future_is_refused),
		TEST(test_the_owner_keeps_the_hub_out),
		TEST(test_undo),
		TEST(test_a_wider_request_waits),
		TEST(test_what_the_store_refuses_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
