#include "bundle/index.h"
#include "fixture.h"

/* Install version N, as `install` says. */
static int install_as(struct fixture *fixture, unsigned n, const struct bundle_install *how,
		      struct bundle_installed *ret_installed, struct error *err)
{
	struct bundle_store *store = open_store(fixture);
	struct bundle_install install = *how;
	int ret;

	install.config = &fixture->config;
	install.time = (struct bundle_time){1000, true};
	install.shown = "the bundle";
	install.fd = make_bundle(fixture, n, "");
	*ret_installed = (struct bundle_installed){0};
	ret = bundle_store_install(store, &install, ret_installed, err);
	json_decref(ret_installed->news);
	close(install.fd);
	bundle_store_close(store);
	return ret;
}

static void test_the_same_again(void **state)
{
	struct bundle_installed installed;

	install_version(*state, 1);
	assert_int_equal(install_as(*state, 1, &(struct bundle_install){0}, &installed, NULL), 0);
	assert_true(installed.is_same);
	assert_int_equal(get_record(*state).versions_count, 1);
	assert_int_equal(install_as(*state, 2, &(struct bundle_install){0}, &installed, NULL), 0);
	assert_false(installed.is_same);
	assert_int_equal(version_in(*state, "plugins/" NAME), 2);
}

static void test_an_older_one(void **state)
{
	struct bundle_installed installed;

	install_version(*state, 2);
	assert_int_equal(
		install_as(*state, 1, &(struct bundle_install){.force = true}, &installed, NULL),
		ERROR_NOT_GRANTED);
	assert_int_equal(version_in(*state, "plugins/" NAME), 2);
}

static void test_of_another_plugin(void **state)
{
	const struct bundle_install how = {.name = "door"};
	struct bundle_installed installed;
	struct error err;

	assert_int_equal(install_as(*state, 1, &how, &installed, &err), ERROR_NOT_GRANTED);
	assert_string_equal(err.text, "the bundle is of the plugin lamp, not of door, for which it "
				      "was sent");
	assert_int_equal(version_in(*state, "plugins/" NAME), 0);
}

/* The owner's edit is not lost unless the owner says so. */
static void test_changed_here(void **state)
{
	const struct fixture *fixture = *state;
	struct bundle_installed installed;

	install_version(*state, 1);
	make_file(&fixture->folder, "plugins/" NAME "/plugin.py", "mine");
	assert_int_equal(install_as(*state, 2, &(struct bundle_install){0}, &installed, NULL),
			 ERROR_EXISTS);
	assert_string_equal(text_of(fixture, "plugins/" NAME "/plugin.py"), "mine");
	assert_int_equal(
		install_as(*state, 2, &(struct bundle_install){.force = true}, &installed, NULL),
		0);
	assert_int_equal(version_in(fixture, "plugins/" NAME), 2);
	assert_string_equal(text_of(fixture, "plugins/." NAME ".changed-here/plugin.py"), "mine");
}

static void test_quarantined(void **state)
{
	struct bundle_installed installed;
	struct error err;

	install_version(*state, 1);
	end_probation(*state, NULL);
	install_version(*state, 2);
	end_probation(*state, "it died");
	assert_int_equal(install_as(*state, 2, &(struct bundle_install){0}, &installed, &err),
			 ERROR_NOT_GRANTED);
	assert_non_null(strstr(err.text, "since it failed here: it died; --force"));
	assert_int_equal(
		install_as(*state, 2, &(struct bundle_install){.force = true}, &installed, NULL),
		0);
	assert_int_equal(version_in(*state, "plugins/" NAME), 2);
}

/* The index names the file by its digest, and says what is in it. */
static void test_not_what_the_index_lists(void **state)
{
	struct bundle_index_entry listed = {.name = NAME, .version = "2", .counter = 1};
	const struct bundle_install how = {.listed = &listed};
	struct bundle_installed installed;
	struct error err;

	install_version(*state, 1);
	assert_int_equal(install_as(*state, 2, &how, &installed, &err), ERROR_CHECKSUM);
	assert_non_null(strstr(err.text, "is not the bundle that the index lists"));
	assert_int_equal(version_in(*state, "plugins/" NAME), 1);
	memcpy(listed.digest, get_record(*state).current, sizeof(listed.digest));
	assert_int_equal(install_as(*state, 1, &how, &installed, &err), ERROR_MALFORMED);
	assert_string_equal(err.text, "the index calls this bundle lamp 2, but it is lamp 1: ask "
				      "the index's author to make the index again");
	snprintf(listed.version, sizeof(listed.version), "1");
	listed.counter = 1;
	assert_int_equal(install_as(*state, 1, &how, &installed, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_same_again),    TEST(test_an_older_one),
		TEST(test_of_another_plugin), TEST(test_changed_here),
		TEST(test_quarantined),	      TEST(test_not_what_the_index_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
