#include "base/durable_file.h"

#include <dirent.h>
#include <errno.h>
#include <sys/wait.h>

#include "../plugin/folder.h"
#include "base/error.h"
#include "base/random.h"
#include "file_calls.h"

#define OLD "the old content"
#define NEW "what replaces the old content"

static int open_it(const struct folder *folder)
{
	int fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static int replace(const struct folder *folder, const char *text, struct error *err)
{
	int fd = open_it(folder);
	int ret = durable_file_replace(fd, folder->path, "f", text, strlen(text), NULL, err);

	close(fd);
	return ret;
}

static void assert_holds(const struct folder *folder, const char *name, const char *text)
{
	char found[256] = "";
	int fd = open(at(folder, name), O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(read(fd, found, sizeof(found) - 1) >= 0);
	close(fd);
	assert_string_equal(found, text);
}

static unsigned count_files(const struct folder *folder)
{
	DIR *dir = opendir(folder->path);
	const struct dirent *entry;
	unsigned count = 0;

	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
	closedir(dir);
	return count;
}

static void test_new_and_again(void **state)
{
	struct stat found;
	mode_t mask = umask(0);

	assert_int_equal(replace(*state, OLD, NULL), 0);
	assert_holds(*state, "f", OLD);
	assert_int_equal(replace(*state, NEW, NULL), 0);
	assert_holds(*state, "f", NEW);
	assert_int_equal(count_files(*state), 1);
	assert_int_equal(stat(at(*state, "f"), &found), 0);
	assert_int_equal(found.st_mode & 07777, 0600);
	umask(mask);
}

static void test_short_and_interrupted_writes_go_on(void **state)
{
	struct file_calls calls = {.write_max = 3, .is_interrupted = true};

	file_calls_use(&calls);
	assert_int_equal(replace(*state, NEW, NULL), 0);
	file_calls_use(NULL);
	assert_holds(*state, "f", NEW);
	assert_true(calls.calls > strlen(NEW) / 3);
}

/* Once and for ever, at each call in turn, until there is none left to fail. */
static void fail_each(const struct folder *folder, bool for_ever)
{
	for (unsigned nth = 1;; nth++) {
		struct file_calls calls = {.fail_at = nth, .for_ever = for_ever, .error = ENOSPC};
		struct error err = {0};
		int ret;

		make_file(folder, "f", OLD);
		file_calls_use(&calls);
		ret = replace(folder, NEW, &err);
		file_calls_use(NULL);
		if (calls.calls < nth) {
			assert_int_equal(ret, 0);
			assert_true(nth > 4); /* create, write, flush, rename, flush */
			return;
		}
		assert_int_equal(ret, ERROR_SYSTEM);
		assert_non_null(strstr(err.text, "No space left on device"));
		assert_non_null(strstr(err.text, folder->path));
		/* The last call is the folder's flush: the file is replaced by then. */
		assert_holds(folder, "f", nth == 5 ? NEW : OLD);
		/* A disk that still refuses everything keeps the temporary file; the next call
		 * removes it. */
		assert_int_equal(replace(folder, OLD, NULL), 0);
		assert_int_equal(count_files(folder), 1);
	}
}

static void test_each_call_fails_once(void **state)
{
	fail_each(*state, false);
}

static void test_each_call_fails_for_ever(void **state)
{
	fail_each(*state, true);
}

static void test_a_folder_that_cannot_be_flushed(void **state)
{
	struct file_calls calls = {.fail_at = 5, .error = EINVAL};

	file_calls_use(&calls);
	assert_int_equal(replace(*state, NEW, NULL), 0);
	file_calls_use(NULL);
	assert_holds(*state, "f", NEW);
}

/* A process that is gone, one that is not, and files that only look like it. */
static void test_leftovers_of_killed_writers(void **state)
{
	pid_t gone = fork();
	char name[64];

	if (!gone)
		_exit(0);
	waitpid(gone, NULL, 0);
	snprintf(name, sizeof(name), ".f.%d.tmp", gone);
	make_file(*state, name, "half");
	snprintf(name, sizeof(name), ".f.%d.tmp", getpid());
	make_file(*state, name, "half");
	make_file(*state, ".f.1.tmp", "another's, at work");
	make_file(*state, ".f.tmp", "no number");
	make_file(*state, ".f.x1.tmp", "no number");
	snprintf(name, sizeof(name), ".fg.%d.tmp", gone);
	make_file(*state, name, "of another file");
	assert_int_equal(replace(*state, NEW, NULL), 0);
	assert_int_equal(count_files(*state), 5);
	assert_true(exists(*state, ".f.1.tmp"));
	assert_true(exists(*state, name));
}

static void test_no_link_is_followed(void **state)
{
	char name[64];

	make_file(*state, "victim", OLD);
	make_link(*state, "f", "victim");
	snprintf(name, sizeof(name), ".f.%d.tmp", getpid());
	make_link(*state, name, "victim");
	assert_int_equal(replace(*state, NEW, NULL), 0);
	assert_holds(*state, "f", NEW);
	assert_holds(*state, "victim", OLD);
}

static void test_names_that_are_too_long(void **state)
{
	int fd = open_it(*state);
	struct error err;
	char name[256];

	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	assert_int_equal(durable_file_replace(fd, "folder", name, "", 0, NULL, &err),
			 ERROR_TOO_LARGE);
	name[255 - 20] = '\0';
	assert_int_equal(durable_file_replace(fd, "folder", name, "", 0, NULL, NULL), 0);
	assert_true(exists(*state, name));
	close(fd);
}

static void test_publish_new_leaves_the_first(void **state)
{
	int fd = open_it(*state);
	struct error err;

	make_file(*state, "one", OLD);
	make_file(*state, "two", NEW);
	assert_int_equal(durable_file_publish_new(fd, "folder", "one", "f", &err), 0);
	assert_int_equal(durable_file_publish_new(fd, "folder", "two", "f", &err), ERROR_EXISTS);
	assert_string_equal(err.text, "folder/f: cannot create this file (check the disk, and who "
				      "may write to the folder): File exists");
	assert_holds(*state, "f", OLD);
	assert_int_equal(count_files(*state), 1);
	close(fd);
}

static void test_by_path(void **state)
{
	struct error err;

	assert_int_equal(durable_file_replace_path(at(*state, "f"), OLD, strlen(OLD), &err), 0);
	assert_holds(*state, "f", OLD);
	make_file(*state, "other", NEW);
	assert_int_equal(durable_file_publish_path(at(*state, "other"), at(*state, "f"), &err), 0);
	assert_holds(*state, "f", NEW);
	assert_int_equal(count_files(*state), 1);
	assert_int_equal(durable_file_replace_path(at(*state, "none/f"), OLD, 1, &err),
			 ERROR_SYSTEM);
	assert_non_null(strstr(err.text, "none/f: cannot open the folder of this file (check its "
					 "path, mode and owner): No such file or directory"));
}

/* Simulated power cuts: what a disk may hold at each moment. HARVESTER_SEED repeats a run. */

#define VERSIONS 6
#define FILES 16

/* A file as the disk may have it. */
struct content {
	ino_t inode;
	char safe[FILE_DATA_MAX], all[FILE_DATA_MAX]; /* flushed; with what was written since */
};

struct image {
	struct content files[FILES];
	size_t count;
	char shown[FILE_DATA_MAX]; /* what "f" holds; "" for none */
};

static struct content *find(struct image *image, ino_t inode)
{
	for (size_t i = 0; i < image->count; i++)
		if (image->files[i].inode == inode)
			return &image->files[i];
	assert_true(image->count < FILES);
	image->files[image->count].inode = inode;
	return &image->files[image->count++];
}

/* A file that is created may have the number of one that is gone. */
static void apply_content(struct image *image, const struct file_record *record)
{
	struct content *file;

	if (record->call == FILE_CREATE)
		memset(find(image, record->inode), 0, sizeof(*file));
	file = find(image, record->inode);
	file->inode = record->inode;
	if (record->call == FILE_WRITE)
		memcpy(file->all + strlen(file->all), record->data, record->size);
	if (record->call == FILE_FLUSH)
		memcpy(file->safe, file->all, sizeof(file->safe));
}

/* Of what was not flushed, any part may be there: of a file's content a beginning, of changes to
 * the folder some. */
static void cut(const struct file_calls *calls, size_t end, ino_t folder, struct random *random,
		struct image *image)
{
	const struct content *file = NULL;
	size_t flushed = 0, size;

	for (size_t i = 0; i < end; i++)
		if (calls->records[i].call == FILE_FLUSH && calls->records[i].inode == folder)
			flushed = i;
	for (size_t i = 0; i < end; i++) {
		const struct file_record *record = &calls->records[i];
		bool is_there = i < flushed || random_u64(random) % 2;

		if (record->call <= FILE_FLUSH)
			apply_content(image, record);
		if (is_there && !strcmp(record->name, "f"))
			file = find(image, record->inode);
		else if (is_there && !strcmp(record->from, "f"))
			file = NULL;
	}
	*image->shown = '\0';
	if (!file)
		return;
	size = strlen(file->safe);
	size += random_u64(random) % (strlen(file->all) - size + 1);
	snprintf(image->shown, sizeof(image->shown), "%.*s", (int)size, file->all);
}

static bool is_version(const char *text, unsigned least, unsigned most)
{
	char version[32];

	for (unsigned i = least; i <= most; i++) {
		snprintf(version, sizeof(version), "version %u", i);
		if (!strcmp(version, text))
			return true;
	}
	return !least && !*text;
}

static void test_every_power_cut_leaves_a_whole_file(void **state)
{
	const char *seed_text = getenv("HARVESTER_SEED");
	uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10) : (uint64_t)time(NULL);
	struct file_calls calls = {.write_max = 4};
	size_t acknowledged[VERSIONS + 1] = {0};
	struct random random;
	struct stat folder;
	char text[32];

	print_message("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	assert_int_equal(stat(((struct folder *)*state)->path, &folder), 0);
	file_calls_use(&calls);
	for (unsigned i = 1; i <= VERSIONS; i++) {
		snprintf(text, sizeof(text), "version %u", i);
		assert_int_equal(replace(*state, text, NULL), 0);
		acknowledged[i] = calls.count;
	}
	file_calls_use(NULL);
	for (size_t end = 0; end <= calls.count; end++) {
		unsigned least = 0;

		while (least < VERSIONS && acknowledged[least + 1] <= end)
			least++;
		for (int i = 0; i < 50; i++) {
			struct image image = {0};

			cut(&calls, end, folder.st_ino, &random, &image);
			if (!is_version(image.shown, least, least + 1))
				fail_msg("after call %zu: \"%s\", version %u was acknowledged", end,
					 image.shown, least);
		}
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_new_and_again),
		TEST(test_short_and_interrupted_writes_go_on),
		TEST(test_each_call_fails_once),
		TEST(test_each_call_fails_for_ever),
		TEST(test_a_folder_that_cannot_be_flushed),
		TEST(test_leftovers_of_killed_writers),
		TEST(test_no_link_is_followed),
		TEST(test_names_that_are_too_long),
		TEST(test_publish_new_leaves_the_first),
		TEST(test_by_path),
		TEST(test_every_power_cut_leaves_a_whole_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
