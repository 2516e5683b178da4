#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static unsigned count_names(int fd)
{
	DIR *dir = folder_open_again(fd);
	unsigned count = 0;

	assert_non_null(dir);
	assert_int_equal(fcntl(dirfd(dir), F_GETFD), FD_CLOEXEC);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void each_time_all_names_are_read(void **state)
{
	char path[] = "/tmp/test-folder-XXXXXX";
	int fd;

	(void)state;
	assert_non_null(mkdtemp(path));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(fd, "one", 0700), 0);
	assert_int_equal(count_names(fd), 3); /* with . and .. */
	assert_int_equal(mkdirat(fd, "two", 0700), 0);
	assert_int_equal(count_names(fd), 4);
	assert_int_equal(unlinkat(fd, "one", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(fd, "two", AT_REMOVEDIR), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(rmdir(path), 0);
}

static void what_is_no_folder_is_not_opened(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_null(folder_open_again(fd));
	assert_int_equal(errno, ENOTDIR);
	assert_null(folder_open_again(-1));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_time_all_names_are_read),
		cmocka_unit_test(what_is_no_folder_is_not_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
