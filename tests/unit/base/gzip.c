#include "base/gzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"

#define SIZE 200000

static void make(struct buffer *packed, char *text)
{
	for (size_t i = 0; i < SIZE; i++)
		text[i] = (char)('a' + i * i % 23);
	buffer_init(packed, 1 << 20);
	assert_int_equal(gzip_pack(text, SIZE, 1, packed), 0);
	assert_true(packed->size < SIZE / 2);
}

static void what_was_packed_comes_out(void **state)
{
	char *text = malloc(SIZE);
	struct buffer packed, out;

	(void)state;
	make(&packed, text);
	buffer_init(&out, SIZE);
	assert_int_equal(gzip_unpack(packed.data, packed.size, &out), 0);
	assert_int_equal(out.size, SIZE);
	assert_memory_equal(out.data, text, SIZE);
	buffer_clear(&out);
	buffer_clear(&packed);
	assert_int_equal(gzip_pack("", 0, 9, &packed), 0);
	assert_int_equal(gzip_unpack(packed.data, packed.size, &out), 0);
	assert_int_equal(out.size, 0);
	buffer_finish(&out);
	buffer_finish(&packed);
	free(text);
}

static void a_bomb_stops_at_the_limit(void **state)
{
	char *text = malloc(SIZE);
	struct buffer packed, out;

	(void)state;
	make(&packed, text);
	buffer_init(&out, SIZE - 1);
	assert_int_equal(gzip_unpack(packed.data, packed.size, &out), ERROR_TOO_LARGE);
	assert_true(out.size < SIZE);
	buffer_finish(&out);
	buffer_finish(&packed);
	free(text);
}

static void every_cut_and_what_follows_are_malformed(void **state)
{
	static const char small[] = "one reading after the other";
	struct buffer packed, out;

	(void)state;
	buffer_init(&packed, 4096);
	buffer_init(&out, 1 << 20);
	assert_int_equal(gzip_pack(small, sizeof(small), 6, &packed), 0);
	for (size_t size = 0; size < packed.size; size++)
		assert_int_equal(gzip_unpack(packed.data, size, &out), ERROR_MALFORMED);
	packed.data[packed.size - 6] ^= 1; /* of the checksum */
	assert_int_equal(gzip_unpack(packed.data, packed.size, &out), ERROR_MALFORMED);
	packed.data[packed.size - 6] ^= 1;
	assert_int_equal(buffer_append(&packed, "x", 1), 0);
	assert_int_equal(gzip_unpack(packed.data, packed.size, &out), ERROR_MALFORMED);
	assert_int_equal(gzip_unpack("{\"node\":1}", 10, &out), ERROR_MALFORMED);
	buffer_finish(&out);
	buffer_finish(&packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_packed_comes_out),
		cmocka_unit_test(a_bomb_stops_at_the_limit),
		cmocka_unit_test(every_cut_and_what_follows_are_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
