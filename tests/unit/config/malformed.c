/*
 * The corpus in malformed/: each NAME.toml is refused with the whole text of NAME.txt.
 */
#include <dirent.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "config/config.h"
#include "expect.h"

static void read_file(struct buffer *buffer, const char *folder, const char *name, const char *end)
{
	char *path;

	assert_true(asprintf(&path, "%s/%s%s", folder, name, end) > 0);
	assert_int_equal(buffer_read_file(buffer, path, CONFIG_FILE_SIZE_MAX, NULL), 0);
	free(path);
}

static void check_file(const char *folder, const char *name)
{
	struct problem_list problems;
	struct buffer text, expected;
	struct config *config;

	read_file(&text, folder, name, ".toml");
	read_file(&expected, folder, name, ".txt");
	problem_list_init(&problems);
	print_message("%s\n", name);
	assert_int_equal(config_parse(text.data, text.size, name, &config, &problems),
			 ERROR_MALFORMED);
	assert_problems(&problems, expected.data);
	problem_list_finish(&problems);
	buffer_finish(&text);
	buffer_finish(&expected);
}

static void test_corpus(void **state)
{
	struct dirent *entry;
	char folder_path[4096], name[256];
	size_t checked = 0;
	DIR *folder;

	(void)state;
	snprintf(folder_path, sizeof(folder_path), "%s/tests/unit/config/malformed",
		 getenv("PROJECT_ROOT"));
	folder = opendir(folder_path);
	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		char *end = strstr(entry->d_name, ".toml");

		if (!end)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(end - entry->d_name), entry->d_name);
		check_file(folder_path, name);
		checked++;
	}
	closedir(folder);
	assert_true(checked >= 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_corpus)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
