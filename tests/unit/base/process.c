#include "base/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define BLOCK (64u << 20)

static void memory_that_is_used_is_counted(void **state)
{
	struct process_status before, after;
	char *block;

	(void)state;
	process_status_read(getpid(), &before);
	block = malloc(BLOCK);
	assert_non_null(block);
	memset(block, 1, BLOCK);
	process_status_read(getpid(), &after);
	free(block);
	assert_true(before.anonymous_bytes > 0);
	assert_true(after.anonymous_bytes >= before.anonymous_bytes + BLOCK / 2);
	assert_true(after.threads >= 1);
}

static void shared_memory_is_counted_too(void **state)
{
	char *block = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct process_status status;

	(void)state;
	assert_true(block != MAP_FAILED);
	memset(block, 1, BLOCK);
	process_status_read(getpid(), &status);
	munmap(block, BLOCK);
	assert_true(status.shared_bytes >= BLOCK);
}

static void processor_time_grows_with_work(void **state)
{
	uint64_t before = process_cpu_ns(getpid());
	volatile unsigned number = 0;

	(void)state;
	assert_true(before > 0);
	while (process_cpu_ns(getpid()) == before)
		number++;
}

static void nothing_is_known_of_the_unknown(void **state)
{
	struct process_status status;

	(void)state;
	process_status_read(INT32_MAX, &status);
	assert_int_equal(status.anonymous_bytes, 0);
	assert_int_equal(status.shared_bytes, 0);
	assert_int_equal(status.threads, 0);
	assert_int_equal(process_cpu_ns(4194304), 0); /* PID_MAX_LIMIT: no process has it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_that_is_used_is_counted),
		cmocka_unit_test(shared_memory_is_counted_too),
		cmocka_unit_test(processor_time_grows_with_work),
		cmocka_unit_test(nothing_is_known_of_the_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
