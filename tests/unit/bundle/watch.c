#include "bundle/watch.h"

#include "fixture.h"

static struct bundle_news load(const struct fixture *fixture)
{
	struct bundle_store *store = open_store(fixture);
	struct bundle_news news;
	struct error err = {0};

	if (bundle_watch_load(store, fixture->data, NAME, &news, &err))
		fail_msg("%s", err.text);
	bundle_store_close(store);
	return news;
}

static void test_nothing_by_a_bundle(void **state)
{
	struct bundle_news news = load(*state);

	assert_string_equal(news.version, "");
	assert_string_equal(news.digest, "");
	assert_false(news.is_on_probation);
	assert_string_equal(news.changed_here, "");
	assert_null(news.waiting_new);
}

static void test_on_probation_then_good(void **state)
{
	struct bundle_news news;

	install_version(*state, 1);
	news = load(*state);
	assert_string_equal(news.version, "1");
	assert_true(news.is_on_probation);
	end_probation(*state, NULL);
	assert_false(load(*state).is_on_probation);
}

/* The newest bad version, and only while an older one runs. */
static void test_gone_back(void **state)
{
	struct bundle_news news;

	install_version(*state, 1);
	end_probation(*state, NULL);
	install_version(*state, 2);
	assert_string_equal(load(*state).bad_version, "");
	end_probation(*state, "it died");
	news = load(*state);
	assert_string_equal(news.version, "1");
	assert_string_equal(news.bad_version, "2");
	assert_string_equal(news.bad_reason, "it died");
	install_version(*state, 3);
	news = load(*state);
	assert_string_equal(news.version, "3");
	assert_string_equal(news.bad_version, "");
}

static void test_changed_here(void **state)
{
	const struct fixture *fixture = *state;

	install_version(*state, 1);
	make_file(&fixture->folder, "plugins/" NAME "/lib/part.py", "mine");
	assert_string_equal(load(fixture).changed_here, "lib/part.py");
}

/* Install a version that requests a bus, while nothing is approved. */
static void install_wider(struct fixture *fixture, struct approvals *approvals)
{
	struct bundle_installed installed = {0};
	struct bundle_store *store = open_store(fixture);
	struct error err = {0};
	int fd;

	make_file(&fixture->folder, "src/" NAME "/permission.toml", "allow_i2c = [0x27]\n");
	fd = make_bundle(fixture, 2, "");
	const struct bundle_install install = {.config = &fixture->config,
					       .approvals = approvals,
					       .time = {1000, true},
					       .fd = fd,
					       .shown = "the bundle"};

	if (bundle_store_install(store, &install, &installed, &err))
		fail_msg("%s", err.text);
	assert_true(installed.is_waiting);
	json_decref(installed.news);
	bundle_store_close(store);
	close(fd);
}

static void test_waiting_and_approved(void **state)
{
	struct fixture *fixture = *state;
	struct approvals *approvals;
	struct bundle_store *store;
	struct bundle_news news;
	struct error err = {0};

	install_version(fixture, 1);
	fixture->config.permissions.auto_approve = false;
	assert_int_equal(approvals_create(fixture->data, &approvals, NULL), 0);
	install_wider(fixture, approvals);
	approvals_destroy(approvals);
	news = load(fixture);
	assert_string_equal(news.version, "1");
	assert_string_equal(news.waiting_version, "2");
	assert_int_equal(json_array_size(news.waiting_new), 1);
	assert_non_null(strstr(json_string_value(json_array_get(news.waiting_new, 0)), "0x27"));
	bundle_news_finish(&news);
	store = open_store(fixture);
	if (bundle_watch_approve(store, fixture->data, NAME, &err))
		fail_msg("%s", err.text);
	assert_int_equal(bundle_watch_approve(store, fixture->data, NAME, NULL), ERROR_NOT_FOUND);
	bundle_store_close(store);
	news = load(fixture);
	assert_string_equal(news.version, "2");
	assert_null(news.waiting_new);
	assert_int_equal(version_in(fixture, "plugins/" NAME), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_by_a_bundle),
		TEST(test_on_probation_then_good),
		TEST(test_gone_back),
		TEST(test_changed_here),
		TEST(test_waiting_and_approved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
