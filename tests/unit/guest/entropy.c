/* The random numbers of WASI that come from the kernel; the engine is a stand-in. */
#include "guest/entropy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_engine.h"

#define RANDOM "wasi:random/random@0.2.0"
#define INSECURE "wasi:random/insecure@0.2.6"
#define SEED "wasi:random/insecure-seed@0.2.0"
#define BYTES_MAX 65536

static const struct fake_import world[] = {
	{"wasi:clocks/monotonic-clock@0.2.0", {"now"}},
	{RANDOM, {"get-random-bytes", "get-random-u64"}},
	{INSECURE, {"get-insecure-random-bytes", "get-insecure-random-u64"}},
	{SEED, {"insecure-seed"}},
};

static int set_up(void **state)
{
	(void)state;
	fake_engine_init(world, sizeof(world) / sizeof(*world));
	assert_int_equal(entropy_link(NULL, NULL, NULL, NULL), 0);
	return 0;
}

static wasmtime_error_t *call(const char *interface, const char *function, uint64_t count,
			      wasmtime_component_val_t *ret_result)
{
	wasmtime_component_val_t arg = {.kind = WASMTIME_COMPONENT_U64, .of.u64 = count};
	int index = fake_engine_find(interface, function);

	assert_true(index >= 0);
	return fake.linked[index].call(fake.linked[index].arg, NULL, NULL, &arg, 1, ret_result, 1);
}

/* Shadowing the engine's own functions is allowed only while these are linked. */
static void only_random_numbers_are_replaced(void **state)
{
	(void)state;
	assert_int_equal(fake.linked_count, 5);
	assert_int_equal(fake.shadowing, 5);
	assert_false(fake.may_shadow);
	assert_int_equal(fake_engine_find("wasi:clocks/monotonic-clock@0.2.0", "now"), -1);
}

static void assert_bytes(const char *interface, const char *function)
{
	wasmtime_component_val_t result;
	unsigned seen[256] = {0}, kinds = 0;

	assert_null(call(interface, function, BYTES_MAX, &result));
	assert_int_equal(result.kind, WASMTIME_COMPONENT_LIST);
	assert_int_equal(result.of.list.size, BYTES_MAX);
	for (size_t i = 0; i < BYTES_MAX; i++) {
		assert_int_equal(result.of.list.data[i].kind, WASMTIME_COMPONENT_U8);
		seen[result.of.list.data[i].of.u8]++;
	}
	for (int i = 0; i < 256; i++)
		kinds += seen[i] > 0;
	assert_int_equal(kinds, 256); /* one is missing once in 10^109 runs */
	free(result.of.list.data);
}

static void bytes_are_random(void **state)
{
	wasmtime_component_val_t result;

	(void)state;
	assert_bytes(RANDOM, "get-random-bytes");
	assert_bytes(INSECURE, "get-insecure-random-bytes");
	assert_null(call(RANDOM, "get-random-bytes", 0, &result));
	assert_int_equal(result.of.list.size, 0);
	free(result.of.list.data);
}

static void more_than_the_limit_is_a_trap(void **state)
{
	wasmtime_component_val_t result;
	wasmtime_error_t *error = call(RANDOM, "get-random-bytes", BYTES_MAX + 1, &result);

	(void)state;
	assert_non_null(error);
	assert_string_equal(error->text, "more than 65536 random bytes at once");
	wasmtime_error_delete(error);
	error = call(RANDOM, "get-random-bytes", UINT64_MAX, &result);
	assert_non_null(error);
	wasmtime_error_delete(error);
}

static void numbers_and_seeds_are_random(void **state)
{
	wasmtime_component_val_t a, b;

	(void)state;
	assert_null(call(RANDOM, "get-random-u64", 0, &a));
	assert_null(call(INSECURE, "get-insecure-random-u64", 0, &b));
	assert_int_equal(a.kind, WASMTIME_COMPONENT_U64);
	assert_true(a.of.u64 != b.of.u64);
	assert_null(call(SEED, "insecure-seed", 0, &a));
	assert_int_equal(a.kind, WASMTIME_COMPONENT_TUPLE);
	assert_int_equal(a.of.tuple.size, 2);
	assert_true(a.of.tuple.data[0].of.u64 != a.of.tuple.data[1].of.u64);
	free(a.of.tuple.data);
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_random_numbers_are_replaced),
		TEST(bytes_are_random),
		TEST(more_than_the_limit_is_a_trap),
		TEST(numbers_and_seeds_are_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
