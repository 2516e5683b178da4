#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "http/events/event_ring.h"

#define SIZE 16

static void test_what_is_too_large(void **state)
{
	struct event_ring ring;

	(void)state;
	assert_int_equal(event_ring_init(&ring, SIZE), 0);
	assert_int_equal(event_ring_append(&ring, "12345678901234567", SIZE + 1), ERROR_TOO_LARGE);
	assert_int_equal(ring.end, 0);
	assert_int_equal(event_ring_append(&ring, "1234567890123456", SIZE), 0);
	assert_int_equal(event_ring_start(&ring), 0);
	assert_int_equal(event_ring_append(&ring, "7", 1), 0);
	assert_int_equal(event_ring_start(&ring), 1);
	event_ring_finish(&ring);
}

/* Against the whole text: whatever is still there reads as it was written. */
static void test_reads_what_was_written(void **state)
{
	unsigned seed = (unsigned)getpid();
	struct event_ring ring;
	char whole[4096], part[SIZE + 4];
	size_t end = 0;

	(void)state;
	print_message("seed %u\n", seed);
	assert_int_equal(event_ring_init(&ring, SIZE), 0);
	while (end + SIZE < sizeof(whole)) {
		size_t size = (size_t)rand_r(&seed) % (SIZE + 1), want, got;
		uint64_t from;

		for (size_t i = 0; i < size; i++)
			whole[end + i] = (char)rand_r(&seed);
		assert_int_equal(event_ring_append(&ring, whole + end, size), 0);
		end += size;
		assert_int_equal(ring.end, end);
		from = event_ring_start(&ring);
		assert_int_equal(from, end > SIZE ? end - SIZE : 0);
		from += (size_t)rand_r(&seed) % (end - from + 1);
		want = (size_t)rand_r(&seed) % sizeof(part);
		got = event_ring_read(&ring, from, part, want);
		assert_int_equal(got, want < end - from ? want : end - from);
		assert_memory_equal(part, whole + from, got);
	}
	event_ring_finish(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_too_large),
		cmocka_unit_test(test_reads_what_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
