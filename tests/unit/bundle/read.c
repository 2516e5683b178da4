#include "bundle/read.h"

#include "fixture.h"

/* What came, as text: the events in order. */
struct seen {
	char text[256];
	size_t bytes;
	int fails_at; /* the event that refuses; 0: none */
	int events;
};

static int note(struct seen *seen, const char *what)
{
	size_t size = strlen(seen->text);

	snprintf(seen->text + size, sizeof(seen->text) - size, "%s ", what);
	return ++seen->events == seen->fails_at ? ERROR_SYSTEM : 0;
}

static int on_manifest(void *arg, const struct bundle_manifest *manifest, struct error *err)
{
	(void)err;
	return note(arg, manifest->version);
}

static int on_begun(void *arg, const struct bundle_file *file, struct error *err)
{
	(void)err;
	return note(arg, file->path);
}

static int on_data(void *arg, const void *data, size_t size, struct error *err)
{
	(void)data;
	(void)err;
	((struct seen *)arg)->bytes += size;
	return 0;
}

static int on_ended(void *arg, struct error *err)
{
	(void)err;
	return note(arg, "end");
}

static int read_to(struct seen *seen, int fd, struct error *err)
{
	const struct bundle_sink sink = {on_manifest, on_begun, on_data, on_ended, seen};
	struct bundle_manifest manifest;
	int ret = bundle_read(fd, &sink, &manifest, err);

	if (!ret)
		bundle_manifest_finish(&manifest);
	return ret;
}

static int check(int fd, struct error *err)
{
	struct bundle_manifest manifest;
	int ret = bundle_read(fd, NULL, &manifest, err);

	if (!ret)
		bundle_manifest_finish(&manifest);
	return ret;
}

static void test_each_file_in_order(void **state)
{
	struct seen seen = {0};
	int fd = make_bundle(*state, 3, "");

	assert_int_equal(lseek(fd, 100, SEEK_SET), 100); /* it begins at the beginning */
	assert_int_equal(read_to(&seen, fd, NULL), 0);
	assert_string_equal(seen.text, "3 bundle.toml end lib/part.py end plugin.py end ");
	assert_true(seen.bytes > 0);
	close(fd);
}

/* A sink that refuses ends the reading, wherever it does. */
static void test_a_sink_that_refuses(void **state)
{
	int fd = make_bundle(*state, 3, "");

	for (int i = 1; i <= 7; i++) {
		struct seen seen = {.fails_at = i};

		assert_int_equal(read_to(&seen, fd, NULL), ERROR_SYSTEM);
		assert_int_equal(seen.events, i);
	}
	close(fd);
}

/* Each beginning of a bundle is refused, and each end too many. */
static void test_cut_off_and_too_long(void **state)
{
	int fd = make_bundle(*state, 3, "");
	off_t size = lseek(fd, 0, SEEK_END);
	struct error err;

	assert_int_equal(check(fd, NULL), 0);
	for (off_t cut = 0; cut < size - 1024; cut += 256) {
		const struct fixture *fixture = *state;
		int part = open(at(&fixture->folder, "cut"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC,
				0600);
		char *content = malloc((size_t)size);

		assert_int_equal(pread(fd, content, (size_t)size, 0), size);
		assert_int_equal(write(part, content, (size_t)cut), cut);
		assert_int_not_equal(check(part, &err), 0);
		free(content);
		close(part);
	}
	close(fd);
}

/* Any other byte of a file's content is found by its digest. */
static void test_another_byte(void **state)
{
	int fd = make_bundle(*state, 3, "");
	char content[16384];
	ssize_t size = pread(fd, content, sizeof(content), 0);
	const char *found = memmem(content, (size_t)size, "VERSION = 3", 11);
	struct error err;

	assert_non_null(found);
	assert_int_equal(pwrite(fd, "v", 1, found - content), 1);
	assert_int_equal(check(fd, &err), ERROR_CHECKSUM);
	assert_non_null(strstr(err.text, "has another content than its manifest names"));
	close(fd);
}

/* tests/hostile/test_bundles.py has those whose request is another than the manifest's. */
static void test_with_a_request(void **state)
{
	const struct fixture *fixture = *state;
	struct bundle_manifest manifest;
	int fd;

	make_file(&fixture->folder, "src/" NAME "/permission.toml", "allow_i2c = [0x27]\n");
	fd = make_bundle(*state, 3, "");
	assert_int_equal(bundle_read_manifest(fd, &manifest, NULL), 0);
	assert_int_equal(manifest.files.count, 4);
	assert_int_equal(check(fd, NULL), 0);
	bundle_manifest_finish(&manifest);
	close(fd);
}

static void test_what_is_no_bundle(void **state)
{
	const struct fixture *fixture = *state;
	struct bundle_manifest manifest;
	struct error err;
	int fd;

	make_file(&fixture->folder, "text", "no bundle");
	fd = open(at(&fixture->folder, "text"), O_RDONLY | O_CLOEXEC);
	assert_int_equal(check(fd, &err), ERROR_MALFORMED);
	assert_non_null(strstr(err.text, "this file is not a bundle, or a damaged one"));
	assert_int_equal(bundle_read_manifest(fd, &manifest, NULL), ERROR_MALFORMED);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_file_in_order),	 TEST(test_a_sink_that_refuses),
		TEST(test_cut_off_and_too_long), TEST(test_another_byte),
		TEST(test_with_a_request),	 TEST(test_what_is_no_bundle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
