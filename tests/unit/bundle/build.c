#include "bundle/build.h"

#include "fixture.h"

static int build(const struct fixture *fixture, const char *folder, uint64_t counter,
		 struct bundle_manifest *ret_manifest, struct error *err)
{
	int fd = open(at(&fixture->folder, "out"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int ret = bundle_build(at(&fixture->folder, folder), counter, fd, ret_manifest, err);

	close(fd);
	return ret;
}

static void test_the_same_bit_by_bit(void **state)
{
	const struct timespec old[] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};
	const struct fixture *fixture = *state;
	char one[16384], other[16384];
	int first = make_bundle(*state, 5, ""), second;
	ssize_t size = read(first, one, sizeof(one));

	close(first);
	assert_in_range(size, 1024, sizeof(one) - 1);
	assert_int_equal(chmod(at(&fixture->folder, "src/" NAME "/plugin.py"), 0600), 0);
	second = make_bundle(*state, 5, "");
	assert_int_equal(
		utimensat(AT_FDCWD, at(&fixture->folder, "src/" NAME "/plugin.py"), old, 0), 0);
	assert_int_equal(read(second, other, sizeof(other)), size);
	assert_memory_equal(one, other, (size_t)size);
	close(second);
}

static void test_what_the_label_says(void **state)
{
	static const char label[] = "version = \"1.2\"\ncounter = 7\nhost = \"0.1\"\nexpires = "
				    "\"2027-01-31\"\ndescription = \"a lamp\"\n";
	const struct fixture *fixture = *state;
	struct bundle_manifest manifest;
	struct error err = {0};

	make_file(&fixture->folder, "src/" NAME "/plugin.py", "def poll(): return {}\n");
	make_file(&fixture->folder, "src/" NAME "/" BUNDLE_LABEL, label);
	if (build(fixture, "src/" NAME, 0, &manifest, &err))
		fail_msg("%s", err.text);
	assert_string_equal(manifest.name, NAME);
	assert_string_equal(manifest.version, "1.2");
	assert_string_equal(manifest.host, "0.1");
	assert_string_equal(manifest.description, "a lamp");
	assert_int_equal(manifest.counter, 7);
	assert_int_equal(manifest.expires_ms, UINT64_C(1801353600000));
	bundle_manifest_finish(&manifest);
	assert_int_equal(build(fixture, "src/" NAME, 9, &manifest, NULL), 0);
	assert_int_equal(manifest.counter, 9);
	bundle_manifest_finish(&manifest);
}

/* Without a label, the counter is the time of the newest file. */
static void test_without_a_label(void **state)
{
	const struct timespec times[] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};
	const struct fixture *fixture = *state;
	struct bundle_manifest manifest;

	make_file(&fixture->folder, "src/" NAME "/plugin.py", "def poll(): return {}\n");
	assert_int_equal(
		utimensat(AT_FDCWD, at(&fixture->folder, "src/" NAME "/plugin.py"), times, 0), 0);
	assert_int_equal(build(fixture, "src/" NAME, 0, &manifest, NULL), 0);
	assert_string_equal(manifest.version, "0");
	assert_int_equal(manifest.counter, UINT64_C(1700000000000));
	bundle_manifest_finish(&manifest);
}

/* What a node would refuse is refused here, with the place. */
static void test_what_no_node_would_take(void **state)
{
	const struct fixture *fixture = *state;
	struct bundle_manifest manifest;
	struct error err;

	assert_int_equal(build(fixture, "src/none", 0, &manifest, &err), ERROR_NOT_FOUND);
	assert_int_equal(build(fixture, "src/" NAME, 0, &manifest, &err), ERROR_NOT_FOUND);
	make_file(&fixture->folder, "src/" NAME "/plugin.py", "def poll(): return {}\n");
	make_file(&fixture->folder, "src/" NAME "/" BUNDLE_LABEL, "version = \"no space\"\n");
	assert_int_not_equal(build(fixture, "src/" NAME, 0, &manifest, &err), 0);
	assert_non_null(strstr(err.text, BUNDLE_LABEL ":1:11"));
	make_file(&fixture->folder, "src/" NAME "/" BUNDLE_LABEL, "counter = 0\n");
	assert_int_not_equal(build(fixture, "src/" NAME, 0, &manifest, &err), 0);
	assert_int_equal(unlink(at(&fixture->folder, "src/" NAME "/" BUNDLE_LABEL)), 0);
	make_file(&fixture->folder, "src/" NAME "/permission.toml", "allow_everything = true\n");
	assert_int_not_equal(build(fixture, "src/" NAME, 0, &manifest, &err), 0);
	assert_non_null(strstr(err.text, "permission.toml:1:1"));
}

static void test_a_file_alone(void **state)
{
	const struct fixture *fixture = *state;
	struct bundle_manifest manifest;
	struct error err;

	make_file(&fixture->folder, "src/door.py", "def poll(): return {}\n");
	assert_int_equal(build(fixture, "src/door.py", 0, &manifest, &err), ERROR_INVALID);
	assert_non_null(strstr(err.text, "move it to door/plugin.py"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_same_bit_by_bit), TEST(test_what_the_label_says),
		TEST(test_without_a_label),	TEST(test_what_no_node_would_take),
		TEST(test_a_file_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
