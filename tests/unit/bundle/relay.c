#include "bundle/relay.h"

#include <dirent.h>

#include "fixture.h"

/* A folder that a hub has for them, with one bundle. */
static int take(struct fixture *fixture, int fd, struct bundle_relayed *ret_relayed,
		struct error *err)
{
	int ret = bundle_relay_take(fixture->data, &fixture->config, fd, NULL, ret_relayed, err);

	close(fd);
	return ret;
}

static unsigned count_files(const struct fixture *fixture)
{
	DIR *entries = opendir(at(&fixture->folder, "data/" BUNDLE_RELAY_FOLDER));
	unsigned count = 0;

	for (struct dirent *entry; (entry = readdir(entries));)
		count += entry->d_name[0] != '.';
	closedir(entries);
	return count;
}

static void test_taken_found_and_dropped(void **state)
{
	struct fixture *fixture = *state;
	struct bundle_relayed relayed, found;
	struct error err = {0};

	if (take(fixture, make_bundle(fixture, 4, ""), &relayed, &err))
		fail_msg("%s", err.text);
	assert_string_equal(relayed.name, NAME);
	assert_string_equal(relayed.version, "4");
	assert_null(relayed.signature);
	assert_int_equal(count_files(fixture), 1);
	assert_int_equal(
		bundle_relay_find(fixture->data, &fixture->config, relayed.digest, &found, NULL),
		0);
	assert_memory_equal(&found, &relayed, sizeof(found));
	bundle_relay_drop(fixture->data, relayed.digest);
	assert_int_equal(count_files(fixture), 0);
	assert_int_equal(
		bundle_relay_find(fixture->data, &fixture->config, relayed.digest, &found, NULL),
		ERROR_NOT_FOUND);
}

/* Nodes ask for any place, also one behind the end. */
static void test_parts(void **state)
{
	struct fixture *fixture = *state;
	int fd = make_bundle(fixture, 4, "");
	struct bundle_relayed relayed;
	char part[1000], expected[1000];
	size_t count = 77;

	assert_int_equal(pread(fd, expected, sizeof(expected), 512), sizeof(expected));
	assert_int_equal(take(fixture, fd, &relayed, NULL), 0);
	assert_int_equal(bundle_relay_read(fixture->data, relayed.digest, 512, part, sizeof(part),
					   &count, NULL),
			 0);
	assert_int_equal(count, sizeof(part));
	assert_memory_equal(part, expected, sizeof(part));
	assert_int_equal(bundle_relay_read(fixture->data, relayed.digest, relayed.size - 7, part,
					   sizeof(part), &count, NULL),
			 0);
	assert_int_equal(count, 7);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(bundle_relay_read(fixture->data, relayed.digest,
						   i ? UINT64_MAX : relayed.size, part,
						   sizeof(part), &count, NULL),
				 0);
		assert_int_equal(count, 0);
	}
	bundle_relay_drop(fixture->data, relayed.digest);
	assert_int_equal(bundle_relay_read(fixture->data, relayed.digest, 0, part, sizeof(part),
					   &count, NULL),
			 ERROR_NOT_FOUND);
}

/* What the hub's own keys refuse, or what is no bundle, leaves nothing. */
static void test_refused(void **state)
{
	struct fixture *fixture = *state;
	struct bundle_relayed relayed;
	struct error err;
	int fd;

	fixture->config.updates.require_signature = true;
	assert_int_equal(take(fixture, make_bundle(fixture, 4, ""), &relayed, &err),
			 ERROR_NOT_GRANTED);
	assert_non_null(strstr(err.text, "has no signature"));
	assert_int_equal(count_files(fixture), 0);
	fixture->config.updates.require_signature = false;
	make_file(&fixture->folder, "text", "no bundle");
	fd = open(at(&fixture->folder, "text"), O_RDONLY | O_CLOEXEC);
	assert_int_equal(take(fixture, fd, &relayed, NULL), ERROR_MALFORMED);
	assert_int_equal(count_files(fixture), 0);
}

static void test_changed_on_the_disk(void **state)
{
	struct fixture *fixture = *state;
	struct bundle_relayed relayed, found;
	char path[160];

	assert_int_equal(take(fixture, make_bundle(fixture, 4, ""), &relayed, NULL), 0);
	snprintf(path, sizeof(path), "data/" BUNDLE_RELAY_FOLDER "/%s.bundle", relayed.digest);
	make_file(&fixture->folder, path, "another");
	assert_int_equal(
		bundle_relay_find(fixture->data, &fixture->config, relayed.digest, &found, NULL),
		ERROR_CHECKSUM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_taken_found_and_dropped),
		TEST(test_parts),
		TEST(test_refused),
		TEST(test_changed_on_the_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
