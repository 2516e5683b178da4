/* w1_files.c, through w1.c. */
#include "hardware/bus/w1.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"

#define NAME "28-0316a2794bff"
#define TEXT "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t=23125\n"

struct fixture {
	char root[64];
	struct w1_bus *bus;
	char names[W1_DEVICES_MAX][W1_NAME_SIZE];
	char text[W1_TEXT_SIZE];
	struct error err;
};

static void make_folder(const struct fixture *f, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", f->root, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static int set_up(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	snprintf(f.root, sizeof(f.root), "/tmp/w1-XXXXXX");
	assert_non_null(mkdtemp(f.root));
	assert_int_equal(w1_files_open(f.root, &f.bus, NULL), 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	w1_bus_close(f->bus);
	w1_bus_close(NULL);
	return nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_slave(struct fixture *f, const char *text, size_t size)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/" NAME, f->root);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/" NAME "/w1_slave", f->root);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
}

static void test_list(void **state)
{
	struct fixture *f = *state;
	size_t count;

	assert_int_equal(w1_bus_list(f->bus, f->names, &count, NULL), 0);
	assert_int_equal(count, 0);
	write_slave(f, TEXT, strlen(TEXT));
	make_folder(f, "w1_bus_master1");
	assert_int_equal(w1_bus_list(f->bus, f->names, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_string_equal(f->names[0], NAME);
	for (unsigned i = 0; i < W1_DEVICES_MAX; i++) {
		char name[32];

		snprintf(name, sizeof(name), "10-%012x", i);
		make_folder(f, name);
	}
	assert_int_equal(w1_bus_list(f->bus, f->names, &count, NULL), 0);
	assert_int_equal(count, W1_DEVICES_MAX);
}

static void test_read(void **state)
{
	struct fixture *f = *state;
	char large[W1_TEXT_SIZE];

	write_slave(f, TEXT, strlen(TEXT));
	assert_int_equal(w1_bus_read(f->bus, NAME, f->text, NULL), 0);
	assert_string_equal(f->text, TEXT);
	memset(large, 'x', sizeof(large));
	write_slave(f, large, W1_TEXT_SIZE - 1);
	assert_int_equal(w1_bus_read(f->bus, NAME, f->text, NULL), 0);
	assert_int_equal(strlen(f->text), W1_TEXT_SIZE - 1);
	write_slave(f, large, W1_TEXT_SIZE);
	assert_int_equal(w1_bus_read(f->bus, NAME, f->text, &f->err), ERROR_TOO_LARGE);
}

static void test_absent(void **state)
{
	struct fixture *f = *state;
	struct w1_bus *none;
	size_t count;

	assert_int_equal(w1_bus_read(f->bus, NAME, f->text, &f->err), ERROR_NOT_FOUND);
	assert_string_equal(f->err.text, "no 1-wire device " NAME
					 " on the bus: check its wires and its pull-up");
	assert_int_equal(w1_files_open("/nonexistent/w1", &none, NULL), 0);
	assert_int_equal(w1_bus_list(none, f->names, &count, &f->err), ERROR_NOT_FOUND);
	assert_string_equal(f->err.text,
			    "no 1-wire bus: there is no /nonexistent/w1 (on a Raspberry Pi, put "
			    "`dtoverlay=w1-gpio` into config.txt and restart it)");
	w1_bus_close(none);
	make_folder(f, NAME);
	make_folder(f, NAME "/w1_slave");
	assert_int_equal(w1_bus_read(f->bus, NAME, f->text, &f->err), ERROR_SYSTEM);
}

/* No name leads out of the folder. */
static void test_names(void **state)
{
	static const char *const names[] = {"",
					    "..",
					    "28-0316a2794bf",
					    "28-0316a2794bfff",
					    "28-0316A2794BFF",
					    "../../etc/passwd",
					    "28/0316a2794bff",
					    "2-00316a2794bff"};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(w1_bus_read(f->bus, names[i], f->text, NULL), ERROR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_list),
		TEST(test_read),
		TEST(test_absent),
		TEST(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
