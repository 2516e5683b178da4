#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "influx/batch.h"

static int setup(void **state)
{
	struct influx_batch *batch = malloc(sizeof(*batch));

	influx_batch_init(batch);
	*state = batch;
	return 0;
}

static int teardown(void **state)
{
	influx_batch_finish(*state);
	free(*state);
	return 0;
}

static int add(struct influx_batch *batch, const char *line, uint64_t token)
{
	struct buffer text;
	int ret;

	buffer_init(&text, 2 * INFLUX_BATCH_SIZE_MAX);
	buffer_append_text(&text, line);
	ret = influx_batch_add(batch, &text, token);
	buffer_finish(&text);
	return ret;
}

static void fill(struct influx_batch *batch)
{
	for (uint64_t i = batch->count; i < INFLUX_BATCH_COUNT_MAX; i++)
		assert_int_equal(add(batch, "x\n", i + 1), 0);
}

static void test_the_first_go_and_the_rest_moves_up(void **state)
{
	struct influx_batch *batch = *state;

	assert_int_equal(influx_batch_next(batch), 0);
	assert_int_equal(add(batch, "one\n", 11), 0);
	assert_int_equal(add(batch, "", 12), 0);
	assert_int_equal(add(batch, "three\n", 13), 0);
	assert_int_equal(influx_batch_next(batch), 3);
	assert_int_equal(influx_batch_size(batch, 1), 4);
	assert_int_equal(influx_batch_size(batch, 3), 10);
	assert_int_equal(influx_batch_count_empty(batch, 1), 0);
	assert_int_equal(influx_batch_count_empty(batch, 3), 1);
	assert_int_equal(influx_batch_remove(batch, 2), 12);
	assert_int_equal(batch->count, 1);
	assert_int_equal(batch->text.size, 6);
	assert_memory_equal(batch->text.data, "three\n", 6);
	assert_int_equal(influx_batch_remove(batch, 1), 13);
	assert_int_equal(influx_batch_next(batch), 0);
}

static void test_a_full_one_takes_no_more(void **state)
{
	struct influx_batch *batch = *state;

	fill(batch);
	assert_int_equal(add(batch, "x\n", 1), ERROR_BUSY);
	assert_int_equal(add(batch, "", 1), ERROR_BUSY);
	assert_int_equal(influx_batch_remove(batch, 1), 1);
	assert_int_equal(add(batch, "x\n", 1), 0);
}

/* A line that does not fit waits for the next request, whole. */
static void test_the_limit_of_bytes(void **state)
{
	struct influx_batch *batch = *state;
	char *line = calloc(1, INFLUX_BATCH_SIZE_MAX + 1);

	memset(line, 'x', INFLUX_BATCH_SIZE_MAX);
	assert_int_equal(add(batch, "x", 1), 0);
	assert_int_equal(add(batch, line, 2), ERROR_BUSY);
	assert_int_equal(batch->count, 1);
	assert_int_equal(add(batch, line + 1, 2), 0);
	assert_int_equal(batch->text.size, INFLUX_BATCH_SIZE_MAX);
	assert_int_equal(add(batch, "x", 3), ERROR_BUSY);
	free(line);
}

/* Down to the one reading that is refused, and up again. */
static void test_refusals_halve_and_successes_double(void **state)
{
	struct influx_batch *batch = *state;
	unsigned steps = 0;

	fill(batch);
	for (size_t count; (count = influx_batch_next(batch)) > 1; steps++)
		influx_batch_halve(batch, count);
	assert_int_equal(1u << steps, INFLUX_BATCH_COUNT_MAX);
	assert_int_equal(influx_batch_next(batch), 1);
	influx_batch_grow(batch);
	assert_int_equal(influx_batch_next(batch), 2);
	for (unsigned i = 0; i < steps; i++)
		influx_batch_grow(batch);
	assert_int_equal(influx_batch_next(batch), INFLUX_BATCH_COUNT_MAX);
}

static void test_cleared_it_is_as_new(void **state)
{
	struct influx_batch *batch = *state;

	fill(batch);
	influx_batch_halve(batch, 4);
	influx_batch_clear(batch);
	assert_int_equal(influx_batch_next(batch), 0);
	assert_int_equal(batch->text.size, 0);
	fill(batch);
	assert_int_equal(influx_batch_next(batch), INFLUX_BATCH_COUNT_MAX);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_first_go_and_the_rest_moves_up),
		TEST(test_a_full_one_takes_no_more),
		TEST(test_the_limit_of_bytes),
		TEST(test_refusals_halve_and_successes_double),
		TEST(test_cleared_it_is_as_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
