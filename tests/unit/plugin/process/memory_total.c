#include "plugin/process/memory_total.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/error.h"
#include "config/config.h"

#define MB ((size_t)1 << 20)

static void half_of_the_machine_unless_configured(void **state)
{
	struct config config = {0};

	(void)state;
	assert_int_equal(memory_total_of_machine(&config, 1024 * MB), 512 * MB);
	config.permissions.total_memory_mb = 100;
	assert_int_equal(memory_total_of_machine(&config, 1024 * MB), 100 * MB);
	assert_int_equal(memory_total_bytes(&config), 100 * MB);
	config.permissions.total_memory_mb = 0;
	assert_true(memory_total_bytes(&config) > 0);
}

static void one_that_could_never_fit_in_is_refused(void **state)
{
	struct permission grant = {.memory_mb = 512};
	struct error err = {0};

	(void)state;
	assert_int_equal(memory_total_check(544 * MB, &grant, &err), 0);
	assert_int_equal(memory_total_check(544 * MB - 1, &grant, &err), ERROR_TOO_LARGE);
	assert_string_equal(err.text,
			    "with memory_mb = 512 it could use 544 MB, but all plugins together "
			    "may use 543 MB; lower memory_mb in its permission file, or raise "
			    "total_memory_mb in [permissions]");
}

static void the_largest_gives_way_not_the_newest(void **state)
{
	size_t used[] = {5 * MB, 300 * MB, 290 * MB, 6 * MB};

	(void)state;
	assert_int_equal(memory_total_pick(used, 4, 601 * MB), -1);
	assert_int_equal(memory_total_pick(used, 4, 600 * MB), 1);
	assert_int_equal(memory_total_pick(used, 4, 10 * MB), 1);
	used[1] = 0;
	assert_int_equal(memory_total_pick(used, 4, 400 * MB), -1);
	assert_int_equal(memory_total_pick(used, 4, 300 * MB), 2);
}

static void of_none_none_is_picked(void **state)
{
	size_t none[] = {0, 0};

	(void)state;
	assert_int_equal(memory_total_pick(none, 0, MB), -1);
	assert_int_equal(memory_total_pick(none, 2, MB), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_of_the_machine_unless_configured),
		cmocka_unit_test(one_that_could_never_fit_in_is_refused),
		cmocka_unit_test(the_largest_gives_way_not_the_newest),
		cmocka_unit_test(of_none_none_is_picked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
