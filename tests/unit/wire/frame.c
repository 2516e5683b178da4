#include "wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/random.h"
#include "wire/value.h"

static void put(struct buffer *buffer, const void *cbor, size_t size)
{
	uint8_t header[4] = {(uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16),
			     (uint8_t)(size >> 24)};

	buffer_append(buffer, header, 4);
	buffer_append(buffer, cbor, size);
}

/* What frame_next() says to one frame with this content. */
static int judge(const void *cbor, size_t size)
{
	cbor_item_t *frame = NULL;
	struct buffer buffer;
	int ret;

	buffer_init(&buffer, FRAME_SIZE_MAX + 4);
	put(&buffer, cbor, size);
	ret = frame_next(&buffer, FRAME_SIZE_MAX, &frame, NULL);
	if (ret > 0)
		cbor_decref(&frame);
	buffer_finish(&buffer);
	return ret;
}

static void goes_there_and_back(void **state)
{
	struct buffer buffer;
	cbor_item_t *frame;
	const char *text;
	size_t size;

	(void)state;
	buffer_init(&buffer, 1000);
	assert_int_equal(frame_append(&buffer, FRAME_CALL, 7, 2, value_text("poll"), value_null()),
			 0);
	assert_int_equal(frame_append(&buffer, FRAME_RESULT, UINT64_MAX, 0), 0);
	assert_int_equal(frame_next(&buffer, 1000, &frame, NULL), 1);
	assert_int_equal(frame_type(frame), FRAME_CALL);
	assert_int_equal(frame_id(frame), 7);
	assert_int_equal(value_get_text(frame, 2, &text, &size), 0);
	assert_memory_equal(text, "poll", size);
	cbor_decref(&frame);
	assert_int_equal(frame_next(&buffer, 1000, &frame, NULL), 1);
	assert_true(frame_id(frame) == UINT64_MAX);
	cbor_decref(&frame);
	assert_int_equal(frame_next(&buffer, 1000, &frame, NULL), 0);
	buffer_finish(&buffer);
}

static void waits_for_the_rest(void **state)
{
	struct buffer whole, part;
	cbor_item_t *frame;

	(void)state;
	buffer_init(&whole, 1000);
	buffer_init(&part, 1000);
	frame_append(&whole, FRAME_LOG, 1, 1, value_bytes((const uint8_t *)"hello", 5));
	for (size_t i = 0; i + 1 < whole.size; i++) {
		buffer_append(&part, whole.data + i, 1);
		assert_int_equal(frame_next(&part, 1000, &frame, NULL), 0);
	}
	buffer_append(&part, whole.data + whole.size - 1, 1);
	assert_int_equal(frame_next(&part, 1000, &frame, NULL), 1);
	cbor_decref(&frame);
	buffer_finish(&whole);
	buffer_finish(&part);
}

static void the_limit_holds_before_the_bytes_are_there(void **state)
{
	struct error err = {0};
	struct buffer buffer;
	cbor_item_t *frame;

	(void)state;
	buffer_init(&buffer, 100);
	buffer_append(&buffer, "\x64\0\0\0", 4);
	assert_int_equal(frame_next(&buffer, 100, &frame, &err), 0);
	assert_int_equal(frame_next(&buffer, 99, &frame, &err), ERROR_TOO_LARGE);
	assert_string_equal(err.text, "a frame of 100 bytes, the limit is 99: the plugin must "
				      "return or pass less at once");
	buffer_finish(&buffer);
}

static void a_claim_costs_no_memory(void **state)
{
	(void)state;
	/* Arrays, maps and strings that claim far more than there is. */
	assert_int_equal(judge("\x9b\x00\x00\x00\x00\x7f\xff\xff\xff", 9), ERROR_TOO_LARGE);
	assert_int_equal(judge("\x82\x01\x9a\x00\xff\xff\xff", 7), ERROR_TOO_LARGE);
	assert_int_equal(judge("\xbb\xff\xff\xff\xff\xff\xff\xff\xff", 9), ERROR_TOO_LARGE);
	assert_int_equal(judge("\x82\x01\x5b\x7f\xff\xff\xff\xff\xff\xff\xff", 11),
			 ERROR_MALFORMED);
	assert_int_equal(judge("\x82\x01\x7a\xff\xff\xff\xff", 7), ERROR_MALFORMED);
}

static void depth_is_limited(void **state)
{
	uint8_t deep[64];

	(void)state;
	memset(deep, 0x81, sizeof(deep));
	deep[0] = 0x83;
	deep[1] = 1;
	deep[2] = 1;
	deep[2 + FRAME_DEPTH_MAX] = 1; /* the outermost array is a level too */
	assert_int_equal(judge(deep, 3 + FRAME_DEPTH_MAX), 1);
	deep[2 + FRAME_DEPTH_MAX] = 0x81;
	deep[3 + FRAME_DEPTH_MAX] = 1;
	assert_int_equal(judge(deep, 4 + FRAME_DEPTH_MAX), ERROR_TOO_LARGE);
}

/* Two heads and `items` small numbers are behind that of the frame. */
static int judge_items(uint32_t items)
{
	uint8_t frame[FRAME_ITEMS_MAX + 16] = {0x83, FRAME_LOG, 1, 0x9a};

	assert_true(items < FRAME_ITEMS_MAX);
	for (int i = 0; i < 4; i++)
		frame[4 + i] = (uint8_t)(items >> (24 - 8 * i));
	return judge(frame, 8 + items);
}

static void items_are_limited(void **state)
{
	(void)state;
	/* The frame itself, type, id and the list are four. */
	assert_int_equal(judge_items(FRAME_ITEMS_MAX - 4), 1);
	assert_int_equal(judge_items(FRAME_ITEMS_MAX - 3), ERROR_TOO_LARGE);
}

static void other_forms_are_refused(void **state)
{
	(void)state;
	assert_int_equal(judge("", 0), ERROR_MALFORMED);
	assert_int_equal(judge("\x82\x01\x02", 3), 1);
	assert_int_equal(judge("\x82\x01\x02\x00", 4), ERROR_MALFORMED); /* something behind it */
	assert_int_equal(judge("\x82\x01", 2), ERROR_TOO_LARGE); /* cut: claims a third item */
	assert_int_equal(judge("\x82\x01\x19\x01", 4), ERROR_MALFORMED);     /* cut in a number */
	assert_int_equal(judge("\x81\x01", 2), ERROR_MALFORMED);	     /* no id */
	assert_int_equal(judge("\x82\x61\x61\x01", 4), ERROR_MALFORMED);     /* the type is text */
	assert_int_equal(judge("\xa1\x01\x02", 3), ERROR_MALFORMED);	     /* a map */
	assert_int_equal(judge("\x9f\x01\x02\xff", 4), ERROR_MALFORMED);     /* indefinite */
	assert_int_equal(judge("\x83\x01\x02\xc0\x00", 5), ERROR_MALFORMED); /* a tag */
	assert_int_equal(judge("\x83\x01\x02\xf7", 4), ERROR_MALFORMED);     /* undefined */
	assert_int_equal(judge("\x83\x01\x02\xff", 4), ERROR_MALFORMED);     /* a stray break */
}

/* What frame_get_outcome() returns for one frame with this content; -1 if it has no outcome. */
static int read_outcome(const void *cbor, size_t size)
{
	enum frame_outcome outcome;
	cbor_item_t *frame;
	struct buffer buffer;
	int ret;

	buffer_init(&buffer, 100);
	put(&buffer, cbor, size);
	assert_int_equal(frame_next(&buffer, 100, &frame, NULL), 1);
	ret = frame_get_outcome(frame, &outcome);
	cbor_decref(&frame);
	buffer_finish(&buffer);
	if (ret)
		assert_int_equal(ret, ERROR_MALFORMED);
	return ret ? -1 : (int)outcome;
}

static void an_answer_has_an_outcome(void **state)
{
	(void)state;
	assert_int_equal(read_outcome("\x84\x11\x01\x00\xf6", 5), OUTCOME_OK);
	assert_int_equal(read_outcome("\x84\x11\x01\x01\x61x", 6), OUTCOME_FAILED);
	assert_int_equal(read_outcome("\x84\x11\x01\x02\x61x", 6), OUTCOME_TRAPPED);
	assert_int_equal(read_outcome("\x84\x11\x01\x03\x61x", 6), -1);
	assert_int_equal(read_outcome("\x84\x11\x01\xf5\xf6", 5), -1); /* true */
	assert_int_equal(read_outcome("\x83\x11\x01\x00", 4), -1);
	assert_int_equal(read_outcome("\x85\x11\x01\x00\xf6\xf6", 6), -1);
}

static void noise_never_harms(void **state)
{
	uint64_t seed = 20261121;
	struct random random;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	for (int i = 0; i < 200000; i++) {
		uint8_t noise[48];
		size_t size = random_u64(&random) % sizeof(noise);

		for (size_t k = 0; k < size; k++)
			noise[k] = (uint8_t)random_u64(&random);
		if (size > 2 && i % 2)
			memcpy(noise, "\x83\x11\x01", 3);
		judge(noise, size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_there_and_back),
		cmocka_unit_test(waits_for_the_rest),
		cmocka_unit_test(the_limit_holds_before_the_bytes_are_there),
		cmocka_unit_test(a_claim_costs_no_memory),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(items_are_limited),
		cmocka_unit_test(other_forms_are_refused),
		cmocka_unit_test(an_answer_has_an_outcome),
		cmocka_unit_test(noise_never_harms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
