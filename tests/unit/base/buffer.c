#include "base/buffer.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"

static void holds_up_to_its_limit(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 4);
	assert_int_equal(buffer_append(&buffer, "abcd", 4), 0);
	assert_int_equal(buffer_append(&buffer, "e", 1), ERROR_TOO_LARGE);
	assert_int_equal(buffer.failed, ERROR_TOO_LARGE);
	assert_string_equal(buffer.data, "abcd");
	buffer_clear(&buffer);
	assert_int_equal(buffer_printf(&buffer, "%d", 1234), 0);
	assert_int_equal(buffer.failed, 0);
	assert_int_equal(buffer_printf(&buffer, "%s", "x"), ERROR_TOO_LARGE);
	buffer_finish(&buffer);
}

static void grows_and_is_consumed(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 100000);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(buffer_append_text(&buffer, "0123456789"), 0);
	assert_int_equal(buffer.size, 100000);
	buffer_consume(&buffer, 99995);
	assert_string_equal(buffer.data, "56789");
	buffer_finish(&buffer);
}

static void make_file(char *path, size_t size)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	close(fd);
}

static void reads_a_file_up_to_its_limit(void **state)
{
	char path[] = "/tmp/harvester-buffer-XXXXXX", text[200];
	struct error err = {0};
	struct buffer buffer;

	(void)state;
	make_file(path, 70000);
	assert_int_equal(buffer_read_file(&buffer, path, 70000, &err), 0);
	assert_int_equal(buffer.size, 70000);
	buffer_finish(&buffer);
	assert_int_equal(buffer_read_file(&buffer, path, 69999, &err), ERROR_TOO_LARGE);
	snprintf(text, sizeof(text), "%s: the file has more than 69999 bytes: make it smaller",
		 path);
	assert_string_equal(err.text, text);
	unlink(path);
	assert_int_equal(buffer_read_file(&buffer, path, 10, &err), ERROR_NOT_FOUND);
}

static void does_not_wait_for_a_pipe(void **state)
{
	char folder[] = "/tmp/harvester-fifo-XXXXXX", path[64];
	struct error err = {0};
	struct buffer buffer;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/fifo", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(buffer_read_file(&buffer, path, 10, &err), ERROR_INVALID);
	unlink(path);
	rmdir(folder);
	assert_int_equal(buffer_read_file(&buffer, "/dev/zero", 10, &err), ERROR_INVALID);
	assert_string_equal(err.text,
			    "/dev/zero is not a regular file: put a regular file in its place");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_up_to_its_limit),
		cmocka_unit_test(grows_and_is_consumed),
		cmocka_unit_test(reads_a_file_up_to_its_limit),
		cmocka_unit_test(does_not_wait_for_a_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
