#include "store/document.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"

struct fixture {
	uv_loop_t loop;
	char folder[64], path[128];
	char problem[8192];
	unsigned problems, saved, closed;
};

static void on_saved(void *arg)
{
	((struct fixture *)arg)->saved++;
}

static void on_closed(void *arg)
{
	((struct fixture *)arg)->closed++;
}

static void on_problem(void *arg, const char *text)
{
	struct fixture *fixture = arg;

	fixture->problems++;
	snprintf(fixture->problem, sizeof(fixture->problem), "%s", text);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/document-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	snprintf(fixture->path, sizeof(fixture->path), "%s/d.json", fixture->folder);
	uv_loop_init(&fixture->loop);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	DIR *folder = opendir(fixture->folder);
	struct dirent *file;

	assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	while (folder && (file = readdir(folder)))
		unlinkat(dirfd(folder), file->d_name, 0); /* not "." and ".." */
	if (folder)
		closedir(folder);
	rmdir(fixture->folder);
	free(fixture);
	return 0;
}

static struct document *reopen(struct fixture *fixture, json_t **ret_json)
{
	const struct document_config config = {
		.loop = &fixture->loop,
		.path = fixture->path,
		.size_max = 1024,
		.on_problem = on_problem,
		.on_saved = on_saved,
		.on_closed = on_closed,
		.arg = fixture,
	};
	struct document *document = NULL;

	assert_int_equal(document_open(&config, &document, ret_json, NULL), 0);
	return document;
}

static void put_file(const struct fixture *fixture, const char *text)
{
	FILE *file = fopen(fixture->path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* Of many writes in a row the last one counts, also if the document is closed at once. */
static void test_the_last_value_is_read_again(void **state)
{
	struct fixture *fixture = *state;
	json_t *json = (json_t *)state;
	struct document *document = reopen(fixture, &json);

	assert_null(json);
	for (int i = 0; i <= 20; i++)
		document_write(document, json_pack("{s:i}", "n", i));
	document_close(document);
	assert_int_equal(fixture->closed, 0);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(fixture->closed, 1);
	document = reopen(fixture, &json);
	assert_int_equal(json_integer_value(json_object_get(json, "n")), 20);
	json_decref(json);
	document_close(document);
	assert_int_equal(fixture->closed, 2);
	assert_int_equal(fixture->problems, 0);
}

/* on_saved() is called once all values are on the disk, not for each of them, and not for a value
 * that could not be written. */
static void test_saved(void **state)
{
	struct fixture *fixture = *state;
	json_t *json = NULL;
	struct document *document = reopen(fixture, &json);

	for (int i = 0; i < 3; i++)
		document_write(document, json_pack("{s:i}", "n", i));
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(fixture->saved, 1);
	unlink(fixture->path);
	rmdir(fixture->folder);
	document_write(document, json_object());
	document_close(document);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(fixture->saved, 1);
	assert_int_equal(fixture->problems, 1);
}

static void assert_moved_aside(struct fixture *fixture, const char *text)
{
	json_t *json = NULL;
	unsigned before = fixture->problems;

	put_file(fixture, text);
	document_close(reopen(fixture, &json));
	assert_null(json);
	assert_int_equal(fixture->problems, before + 1);
	assert_non_null(strstr(fixture->problem, "d.json is damaged ("));
	assert_non_null(strstr(fixture->problem, "): moved to "));
	assert_int_not_equal(access(fixture->path, F_OK), 0);
}

static void test_a_damaged_file_is_moved_aside(void **state)
{
	assert_moved_aside(*state, "{\"n\": 1");
	assert_moved_aside(*state, "[]");
	assert_moved_aside(*state, "");
}

/* A file that is too large stays where it is, and is reported. */
static void test_size(void **state)
{
	struct fixture *fixture = *state;
	char text[1100] = "{\"x\":\"";
	json_t *json = NULL;

	memset(text + 6, 'x', 1025);
	memcpy(text + 1031, "\"}", 3);
	put_file(fixture, text);
	document_close(reopen(fixture, &json));
	assert_null(json);
	assert_int_equal(fixture->problems, 1);
	assert_int_equal(access(fixture->path, F_OK), 0);
	memcpy(text + 1022, "\"}", 3); /* 1024 bytes */
	put_file(fixture, text);
	document_close(reopen(fixture, &json));
	assert_non_null(json);
	json_decref(json);
}

static void test_a_write_that_fails(void **state)
{
	struct fixture *fixture = *state;
	json_t *json = NULL;
	struct document *document = reopen(fixture, &json);

	assert_int_equal(rmdir(fixture->folder), 0);
	document_write(document, json_object());
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(fixture->problems, 1);
	document_close(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_the_last_value_is_read_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_saved, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_damaged_file_is_moved_aside, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_size, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_write_that_fails, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
