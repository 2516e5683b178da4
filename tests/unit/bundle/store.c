#include "bundle/store.h"

#include "fixture.h"

static int roll_back(const struct fixture *fixture, bool force, struct bundle_version *ret_version,
		     struct error *err)
{
	struct bundle_store *store = open_store(fixture);
	int ret = bundle_store_rollback(store, NAME, force, ret_version, err);

	bundle_store_close(store);
	return ret;
}

static void test_whether_it_exists(void **state)
{
	const struct fixture *fixture = *state;

	assert_false(bundle_store_exists(fixture->data));
	bundle_store_close(open_store(fixture));
	assert_true(bundle_store_exists(fixture->data));
	bundle_store_close(NULL);
}

/* To the last good version; from that, to the newest one that is not bad. */
static void test_back_and_forth(void **state)
{
	struct bundle_version version;
	struct error err;

	install_version(*state, 1);
	assert_int_equal(roll_back(*state, false, &version, &err), ERROR_NOT_FOUND);
	assert_non_null(strstr(err.text, "there is no other version of lamp"));
	end_probation(*state, NULL);
	install_version(*state, 2);
	install_version(*state, 3);
	assert_int_equal(roll_back(*state, false, &version, NULL), 0);
	assert_string_equal(version.version, "1");
	assert_int_equal(version_in(*state, "plugins/" NAME), 1);
	assert_int_equal(roll_back(*state, false, &version, NULL), 0);
	assert_string_equal(version.version, "3");
}

/* A failure on probation goes back to the good one; without one, or later, it changes nothing. */
static void test_failures(void **state)
{
	struct bundle_version version;

	install_version(*state, 1);
	end_probation(*state, "it died");
	assert_int_equal(version_in(*state, "plugins/" NAME), 1);
	end_probation(*state, NULL);
	end_probation(*state, "it died later");
	assert_int_equal(version_in(*state, "plugins/" NAME), 1);
	install_version(*state, 2);
	end_probation(*state, "line\none \x01");
	assert_int_equal(version_in(*state, "plugins/" NAME), 1);
	assert_string_equal(get_record(*state).versions[1].bad, "");
	assert_null(strpbrk(get_record(*state).versions[0].bad, "\n\x01"));
	assert_true(*get_record(*state).versions[0].bad);
	assert_int_equal(roll_back(*state, false, &version, NULL), ERROR_NOT_FOUND);
}

static void test_undo_of_this_version_only(void **state)
{
	const struct fixture *fixture = *state;
	struct bundle_version version;
	struct bundle_store *store;
	char first[BUNDLE_DIGEST_SIZE], second[BUNDLE_DIGEST_SIZE];

	install_version(*state, 1);
	memcpy(first, get_record(fixture).current, sizeof(first));
	end_probation(*state, NULL);
	install_version(*state, 2);
	memcpy(second, get_record(fixture).current, sizeof(second));
	store = open_store(fixture);
	assert_int_equal(bundle_store_undo(store, NAME, first, &version, NULL), 0);
	assert_string_equal(version.digest, "");
	assert_int_equal(bundle_store_undo(store, NAME, second, &version, NULL), 0);
	assert_string_equal(version.version, "1");
	bundle_store_close(store);
	assert_int_equal(version_in(fixture, "plugins/" NAME), 1);
}

/* The counters stay, so that what was removed does not come back older. */
static void test_removed(void **state)
{
	struct fixture *fixture = *state;
	struct bundle_store *store = open_store(fixture);
	struct error err;
	int fd;

	assert_int_equal(bundle_store_remove(store, NAME, false, &err), ERROR_NOT_FOUND);
	assert_non_null(strstr(err.text, "no bundle of lamp is installed"));
	bundle_store_close(store);
	install_version(fixture, 2);
	make_file(&fixture->folder, "plugins/" NAME "/plugin.py", "mine");
	store = open_store(fixture);
	assert_int_equal(bundle_store_remove(store, NAME, false, NULL), ERROR_EXISTS);
	assert_int_equal(bundle_store_remove(store, NAME, true, NULL), 0);
	assert_int_equal(bundle_store_remove(store, NAME, true, &err), ERROR_NOT_FOUND);
	bundle_store_close(store);
	assert_false(exists(&fixture->folder, "plugins/" NAME));
	fd = make_bundle(fixture, 1, "");
	assert_int_equal(install(fixture, fd, false, NULL), ERROR_NOT_GRANTED);
	close(fd);
}

static void test_shown(void **state)
{
	const struct fixture *fixture = *state;
	struct bundle_store *store;
	json_t *json;

	install_version(*state, 1);
	store = open_store(fixture);
	assert_int_equal(bundle_store_show(store, NAME, &json, NULL), 0);
	assert_true(json_is_null(json_object_get(json, "changed_here")));
	json_decref(json);
	make_file(&fixture->folder, "plugins/" NAME "/lib/part.py", "mine");
	assert_int_equal(bundle_store_show(store, NAME, &json, NULL), 0);
	assert_string_equal(json_string_value(json_object_get(json, "changed_here")),
			    "lib/part.py");
	json_decref(json);
	assert_int_equal(bundle_store_show(store, "door", &json, NULL), ERROR_NOT_FOUND);
	bundle_store_close(store);
}

static void on_found(void *arg, const char *name)
{
	++*(unsigned *)arg;
	assert_string_equal(name, NAME);
}

/* Other files of the folder are no records. */
static void test_listed(void **state)
{
	const struct fixture *fixture = *state;
	struct bundle_store *store;
	unsigned count = 0;

	install_version(*state, 1);
	make_file(&fixture->folder, "data/bundles/.json", "{}");
	make_file(&fixture->folder, "data/bundles/door.txt", "{}");
	make_file(&fixture->folder, "data/bundles/no name.json", "{}");
	store = open_store(fixture);
	assert_int_equal(bundle_store_list(store, on_found, &count, NULL), 0);
	assert_int_equal(count, 1);
	bundle_store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whether_it_exists),
		TEST(test_back_and_forth),
		TEST(test_failures),
		TEST(test_undo_of_this_version_only),
		TEST(test_removed),
		TEST(test_shown),
		TEST(test_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
