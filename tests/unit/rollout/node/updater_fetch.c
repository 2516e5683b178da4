/* How the node fetches a bundle from the hub. */
#include "rollout/node/updater.h"

#include "scene.h"

static void give_part(struct scene *scene, size_t from, size_t to)
{
	char part[64];

	memcpy(part, &CONTENT[from], to - from);
	part[to - from] = '\0';
	far_hub_answer(&scene->hub, &scene->hub.part, 200, part, to - from);
	far_hub_run(&scene->hub);
}

static void test_part_by_part(void **state)
{
	struct scene *scene = *state;

	offer(scene, 10, 10, "install", CONTENT_DIGEST);
	assert_non_null(strstr(scene->hub.part.path, "offset=0"));
	give_part(scene, 0, 5);
	assert_non_null(strstr(scene->hub.part.path, "offset=5"));
	give_part(scene, 5, strlen(CONTENT));
	assert_string_equal(scene->hub.store.installed, CONTENT_DIGEST);
	far_hub_installed(&scene->hub, 0, NULL);
	far_hub_run(&scene->hub);
	/* What was installed is not kept twice. */
	assert_int_equal(access(at(&scene->folder, "updates/" CONTENT_DIGEST ".part"), F_OK), -1);
}

static void test_it_goes_on_where_it_stopped(void **state)
{
	struct scene *scene = *state;

	offer(scene, 10, 10, "install", CONTENT_DIGEST);
	give_part(scene, 0, 5);
	far_hub_fail(&scene->hub, &scene->hub.part);
	assert_non_null(strstr(scene->hub.noted, "did not answer"));
	/* Not at once: the next hello tries again. */
	offer(scene, 10, 10, "install", CONTENT_DIGEST);
	assert_int_equal(scene->hub.parts, 2);
	rollout_updater_greet(scene->hub.updater, false, false);
	far_hub_run(&scene->hub);
	assert_non_null(strstr(scene->hub.part.path, "offset=5"));
	/* Also after a restart. */
	reopen(scene, "hub");
	rollout_updater_greet(scene->hub.updater, true, false);
	offer(scene, 10, 10, "install", CONTENT_DIGEST);
	assert_non_null(strstr(scene->hub.part.path, "offset=5"));
	give_part(scene, 5, strlen(CONTENT));
	assert_int_equal(scene->hub.store.installs, 1);
}

static void refuse_content(struct scene *scene, const char *content)
{
	far_hub_answer(&scene->hub, &scene->hub.part, 200, content, strlen(content));
	far_hub_run(&scene->hub);
	assert_string_equal(reported(scene), "refused");
	assert_non_null(strstr(scene->hub.question.body, "SHA-256"));
	assert_int_equal(scene->hub.store.installs, 0);
	assert_int_equal(access(at(&scene->folder, "updates/" CONTENT_DIGEST ".part"), F_OK), -1);
}

static void test_another_bundle_is_refused(void **state)
{
	offer(*state, 10, 10, "install", CONTENT_DIGEST);
	refuse_content(*state, "this is the bandle");
}

static void test_a_longer_bundle_is_refused(void **state)
{
	offer(*state, 10, 10, "install", CONTENT_DIGEST);
	refuse_content(*state, CONTENT " and more");
}

static void test_a_hub_that_is_busy(void **state)
{
	struct scene *scene = *state;
	uv_timer_t *again = &scene->hub.updater->again;

	offer(scene, 10, 10, "install", CONTENT_DIGEST);
	far_hub_answer(&scene->hub, &scene->hub.part, 503, "", 0);
	assert_true(uv_is_active((uv_handle_t *)again));
	assert_int_equal(scene->hub.parts, 1);
	/* The pause is over. */
	uv_timer_start(again, again->timer_cb, 0, 0);
	far_hub_run(&scene->hub);
	assert_int_equal(scene->hub.parts, 2);
}

static void test_a_roll_out_that_has_ended(void **state)
{
	struct scene *scene = *state;

	offer(scene, 10, 10, "install", CONTENT_DIGEST);
	far_hub_answer(&scene->hub, &scene->hub.part, 403, "no", 2);
	assert_non_null(strstr(scene->hub.noted, "403"));
	/* The hub, asked again, does not want it any more. */
	assert_non_null(scene->hub.question.done);
	answer(scene, "{\"number\": 10, \"desired\": []}");
	rollout_updater_greet(scene->hub.updater, false, false);
	far_hub_run(&scene->hub);
	assert_int_equal(scene->hub.parts, 1);
}

static void test_a_newer_version_takes_the_place(void **state)
{
	struct scene *scene = *state;

	offer(scene, 10, 10, "install", OTHER_DIGEST);
	offer(scene, 11, 11, "install", CONTENT_DIGEST);
	/* The part of the old one comes too late. */
	far_hub_answer(&scene->hub, &scene->hub.part, 200, "another", 7);
	far_hub_run(&scene->hub);
	assert_non_null(strstr(scene->hub.part.path, CONTENT_DIGEST "&offset=0"));
	assert_int_equal(access(at(&scene->folder, "updates/" OTHER_DIGEST ".part"), F_OK), -1);
	give_part(scene, 0, strlen(CONTENT));
	assert_int_equal(scene->hub.store.installs, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_part_by_part),
		TEST(test_it_goes_on_where_it_stopped),
		TEST(test_another_bundle_is_refused),
		TEST(test_a_longer_bundle_is_refused),
		TEST(test_a_hub_that_is_busy),
		TEST(test_a_roll_out_that_has_ended),
		TEST(test_a_newer_version_takes_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
