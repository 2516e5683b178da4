#include "folder.h"

#include "base/error.h"
#include "plugin/artifact/store.h"

#define ENGINE "engine"

static struct artifact_store open_store(const struct folder *folder)
{
	struct artifact_store store;
	struct error err = {0};

	if (artifact_store_init(&store, at(folder, "cache"), ENGINE, &err))
		fail_msg("%s", err.text);
	return store;
}

static mode_t mode_of(const struct folder *folder, const char *name)
{
	struct stat info;

	assert_int_equal(stat(at(folder, name), &info), 0);
	return info.st_mode & 07777;
}

/* As if compiled: an artifact of one distinct byte for the component's hash, and of some size. */
static void make_artifact(struct artifact_store *store, uint8_t byte, size_t size)
{
	struct artifact_id id;
	struct error err = {0};
	char *output;

	memset(&id, byte, sizeof(id));
	output = artifact_store_output_path(store, &id);
	int fd = open(output, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	close(fd);
	free(output);
	if (artifact_store_seal(store, &id, &err))
		fail_msg("%s", err.text);
}

static int find(struct artifact_store *store, uint8_t byte)
{
	struct artifact_id id;

	memset(&id, byte, sizeof(id));
	return artifact_store_find(store, &id, NULL);
}

static void set_used(struct artifact_store *store, uint8_t byte, time_t seconds)
{
	const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
	struct artifact_id id;
	char *path;

	memset(&id, byte, sizeof(id));
	path = artifact_store_path(store, &id);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	free(path);
}

static void test_made_private(void **state)
{
	struct artifact_store store = open_store(*state);

	assert_int_equal(mode_of(*state, "cache"), 0700);
	assert_int_equal(mode_of(*state, "cache/key"), 0600);
	artifact_store_finish(&store);
}

static void test_key_lasts(void **state)
{
	struct artifact_store first = open_store(*state), second = open_store(*state);

	assert_memory_equal(first.key, second.key, sizeof(first.key));
	artifact_store_finish(&first);
	artifact_store_finish(&second);
}

static void test_odd_key_is_replaced(void **state)
{
	const struct folder *folder = *state;
	struct artifact_store first = open_store(folder), second;

	make_artifact(&first, 1, 10);
	assert_int_equal(find(&first, 1), 0);
	artifact_store_finish(&first);
	chmod(at(folder, "cache/key"), 0640); /* somebody may have read it */
	second = open_store(folder);
	assert_memory_not_equal(first.key, second.key, sizeof(first.key));
	assert_int_equal(mode_of(folder, "cache/key"), 0600);
	assert_int_equal(find(&second, 1), ERROR_CHECKSUM);
	artifact_store_finish(&second);
	make_file(folder, "cache/key", "short");
	second = open_store(folder);
	artifact_store_finish(&second);
	make_file(folder, "cache/key", "0123456789abcdef0123456789abcdef+");
	second = open_store(folder);
	artifact_store_finish(&second);
	unlink(at(folder, "cache/key"));
	make_link(folder, "cache/key", "/etc/hostname");
	second = open_store(folder);
	assert_int_equal(mode_of(folder, "cache/key"), 0600);
	artifact_store_finish(&second);
}

static void test_folder_of_others(void **state)
{
	const struct folder *folder = *state;
	struct artifact_store store;
	struct error err = {0};

	make_folder(folder, "cache");
	chmod(at(folder, "cache"), 0710);
	assert_int_equal(artifact_store_init(&store, at(folder, "cache"), ENGINE, &err),
			 ERROR_INVALID);
	assert_non_null(strstr(err.text, "may be used by others (mode 0710)"));
	chmod(at(folder, "cache"), 0700);
	assert_int_equal(artifact_store_init(&store, at(folder, "none/cache"), ENGINE, &err),
			 ERROR_SYSTEM);
	if (chown(at(folder, "cache"), 12345, (gid_t)-1)) {
		print_message("not root: no folder of somebody else\n");
		return;
	}
	assert_int_equal(artifact_store_init(&store, at(folder, "cache"), ENGINE, &err),
			 ERROR_INVALID);
	assert_non_null(strstr(err.text, "belongs to user 12345, but this program runs as user 0"));
}

static void test_artifact_of_others(void **state)
{
	const struct folder *folder = *state;
	struct artifact_store store = open_store(folder);
	struct artifact_id id;
	char *path;

	make_artifact(&store, 1, 10);
	memset(&id, 1, sizeof(id));
	path = artifact_store_path(&store, &id);
	if (chown(path, 12345, (gid_t)-1))
		print_message("not root: no file of somebody else\n");
	else
		assert_int_equal(find(&store, 1), ERROR_INVALID);
	free(path);
	artifact_store_finish(&store);
}

static void test_engine_key(void **state)
{
	const struct folder *folder = *state;
	static const char *const bad[] = {"", "a/b", "a b", "\xC3\xA9"};
	char longest[ARTIFACT_ENGINE_KEY_MAX + 2];
	struct artifact_store store;

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(artifact_store_init(&store, at(folder, "cache"), bad[i], NULL),
				 ERROR_INVALID);
	memset(longest, 'k', sizeof(longest));
	longest[ARTIFACT_ENGINE_KEY_MAX + 1] = '\0';
	assert_int_equal(artifact_store_init(&store, at(folder, "cache"), longest, NULL),
			 ERROR_INVALID);
	longest[ARTIFACT_ENGINE_KEY_MAX] = '\0';
	assert_int_equal(artifact_store_init(&store, at(folder, "cache"), longest, NULL), 0);
	make_artifact(&store, 1, 10);
	assert_int_equal(find(&store, 1), 0);
	artifact_store_finish(&store);
	store = open_store(folder);
	assert_int_equal(find(&store, 1), ERROR_NOT_FOUND); /* another engine's */
	artifact_store_finish(&store);
}

static void test_stale_files(void **state)
{
	const struct folder *folder = *state;
	struct artifact_store first = open_store(folder), second;

	make_artifact(&first, 1, 10);
	make_file(folder, "cache/abc.1.wasm.tmp", "left");
	second = open_store(folder); /* the first may be at work on it */
	assert_true(exists(folder, "cache/abc.1.wasm.tmp"));
	artifact_store_finish(&first);
	artifact_store_finish(&second);
	first = open_store(folder);
	assert_false(exists(folder, "cache/abc.1.wasm.tmp"));
	assert_int_equal(find(&first, 1), 0);
	artifact_store_finish(&first);
}

static void test_stage(void **state)
{
	const struct folder *folder = *state;
	struct artifact_store store = open_store(folder);
	struct artifact_id id;
	struct error err = {0};
	uint64_t size;
	char *staged;

	make_file(folder, "x.wasm", "bytes");
	assert_int_equal(artifact_store_identify(at(folder, "x.wasm"), 5, &id, &size, &err), 0);
	assert_int_equal(size, 5);
	staged = artifact_store_staged_path(&store, &id);
	assert_int_equal(artifact_store_stage(&store, &id, at(folder, "x.wasm"), 5, &err), 0);
	assert_int_equal(access(staged, F_OK), 0);
	artifact_store_discard(&store, &id);
	assert_int_not_equal(access(staged, F_OK), 0);

	make_file(folder, "x.wasm", "other");
	assert_int_equal(artifact_store_stage(&store, &id, at(folder, "x.wasm"), 5, &err),
			 ERROR_BUSY);
	assert_non_null(strstr(err.text, "x.wasm changed while it was read"));
	assert_int_not_equal(access(staged, F_OK), 0);
	make_file(folder, "x.wasm", "longer");
	assert_int_equal(artifact_store_identify(at(folder, "x.wasm"), 5, &id, &size, &err),
			 ERROR_TOO_LARGE);
	free(staged);
	artifact_store_finish(&store);
}

static void test_trim_order(void **state)
{
	struct artifact_store store = open_store(*state);

	for (uint8_t i = 1; i <= 4; i++) {
		make_artifact(&store, i, 100);
		set_used(&store, i, 1000 + i);
	}
	set_used(&store, 2, 1); /* the oldest */
	artifact_store_finish(&store);

	store = open_store(*state);
	assert_int_equal(find(&store, 1), 0); /* the next oldest, but in use */
	artifact_store_trim(&store, 400);
	artifact_store_finish(&store);
	store = open_store(*state);
	set_used(&store, 1, 2);
	assert_int_equal(find(&store, 1), 0);
	artifact_store_trim(&store, 399);
	assert_int_equal(find(&store, 2), ERROR_NOT_FOUND);
	assert_int_equal(find(&store, 3), 0);
	artifact_store_finish(&store);
	store = open_store(*state);
	set_used(&store, 1, 2);
	set_used(&store, 3, 3);
	artifact_store_trim(&store, 100);
	assert_int_equal(find(&store, 1), ERROR_NOT_FOUND);
	assert_int_equal(find(&store, 3), ERROR_NOT_FOUND);
	assert_int_equal(find(&store, 4), 0);
	artifact_store_trim(&store, 0);
	assert_int_equal(find(&store, 4), 0);
	artifact_store_finish(&store);
}

static void test_in_use_limit(void **state)
{
	struct artifact_store store = open_store(*state);

	make_artifact(&store, 1, 100);
	assert_int_equal(find(&store, 1), 0);
	for (unsigned i = 0; i < ARTIFACT_IN_USE_MAX; i++) {
		struct artifact_id id = {{2, (uint8_t)i, (uint8_t)(i >> 8)}};

		if (i == ARTIFACT_IN_USE_MAX - 1) {
			artifact_store_trim(&store, 0);
			assert_true(store.used == ARTIFACT_IN_USE_MAX);
		}
		assert_int_equal(artifact_store_find(&store, &id, NULL), ERROR_NOT_FOUND);
	}
	artifact_store_trim(&store, 0); /* 1,024 others came after it */
	assert_int_equal(find(&store, 1), ERROR_NOT_FOUND);
	artifact_store_finish(&store);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_made_private),	TEST(test_key_lasts),
		TEST(test_odd_key_is_replaced), TEST(test_folder_of_others),
		TEST(test_artifact_of_others),	TEST(test_engine_key),
		TEST(test_stale_files),		TEST(test_stage),
		TEST(test_trim_order),		TEST(test_in_use_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
