#include "hardware/driver/led_strip.h"

#include "base/work_queue.h"
#include "fake.h"

static const struct led_color red = {.r = 255}, green = {.g = 255};

struct fixture {
	uv_loop_t loop;
	struct fake_spi spi;
	struct work_queue *queue;
	struct led_strip *strip;
};

static void start(struct fixture *f, size_t count, uint8_t brightness)
{
	fake_spi_init(&f->spi);
	assert_int_equal(uv_loop_init(&f->loop), 0);
	assert_int_equal(work_queue_create(&f->loop, 2, &f->queue, NULL), 0);
	assert_int_equal(
		led_strip_create(&f->spi.device, f->queue, count, brightness, &f->strip, NULL), 0);
}

static void finish(struct fixture *f)
{
	work_queue_close(f->queue, NULL, NULL);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	led_strip_destroy(f->strip);
	assert_int_equal(uv_loop_close(&f->loop), 0);
}

static int cycle(struct fixture *f)
{
	int ret;

	led_strip_frame_end(f->strip);
	ret = led_strip_flush(f->strip);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	return ret;
}

/* The inverse of the encoding, by its definition: three bits on the wire are one. */
static uint8_t decode_byte(const uint8_t *data)
{
	uint32_t bits = (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];
	uint8_t value = 0;

	for (int i = 7; i >= 0; i--) {
		uint32_t three = bits >> (3 * i) & 7;

		assert_true(three == 4 || three == 6);
		value = (uint8_t)(value << 1 | (three == 6));
	}
	return value;
}

static void check_shown(struct fixture *f, size_t index, uint8_t r, uint8_t g, uint8_t b)
{
	const uint8_t *data = f->spi.data + LED_STRIP_LEAD_SIZE + index * LED_STRIP_BYTES_PER_LED;

	assert_int_equal(decode_byte(data), g);
	assert_int_equal(decode_byte(data + 3), r);
	assert_int_equal(decode_byte(data + 6), b);
}

static void test_encode_vectors(void **state)
{
	static const struct {
		uint8_t value, data[3];
	} vectors[] = {
		{0x00, {0x92, 0x49, 0x24}},
		{0xFF, {0xDB, 0x6D, 0xB6}},
		{0x80, {0xD2, 0x49, 0x24}},
	};
	uint8_t data[3];

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		led_strip_encode_byte(vectors[i].value, data);
		assert_memory_equal(data, vectors[i].data, 3);
	}
	for (unsigned value = 0; value <= 255; value++) {
		led_strip_encode_byte((uint8_t)value, data);
		assert_int_equal(decode_byte(data), value);
	}
}

static void test_frame(void **state)
{
	struct led_color color;
	struct fixture f;

	(void)state;
	start(&f, 11, 255);
	assert_int_equal(led_strip_count(f.strip), 11);
	assert_int_equal(led_strip_set(f.strip, 1, (struct led_color){1, 2, 3}), 0);
	assert_int_equal(cycle(&f), 0);
	assert_int_equal(f.spi.transfers, 1);
	assert_int_equal(f.spi.size, 1 + 11 * 9 + 90);
	assert_int_equal(f.spi.data[0], 0);
	check_shown(&f, 0, 0, 0, 0);
	check_shown(&f, 1, 1, 2, 3);
	for (size_t i = f.spi.size - 90; i < f.spi.size; i++)
		assert_int_equal(f.spi.data[i], 0);
	assert_int_equal(led_strip_get(f.strip, 1, &color), 0);
	assert_int_equal(color.g, 2);
	finish(&f);
}

static void test_brightness(void **state)
{
	struct led_color color;
	struct fixture f;

	(void)state;
	start(&f, 2, 64);
	led_strip_set_all(f.strip, (struct led_color){255, 100, 1});
	assert_int_equal(cycle(&f), 0);
	check_shown(&f, 1, 64, 25, 0);
	/* What is kept is what was set. */
	assert_int_equal(led_strip_get(f.strip, 0, &color), 0);
	assert_int_equal(color.r, 255);
	finish(&f);
	start(&f, 1, 0);
	led_strip_set_all(f.strip, red);
	assert_int_equal(cycle(&f), 0);
	check_shown(&f, 0, 0, 0, 0);
	finish(&f);
}

static void test_once_a_cycle(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 3, 255);
	/* Nothing before the cycle's end. */
	led_strip_set_all(f.strip, red);
	assert_int_equal(led_strip_flush(f.strip), 0);
	uv_run(&f.loop, UV_RUN_DEFAULT);
	assert_int_equal(f.spi.transfers, 0);
	assert_int_equal(cycle(&f), 0);
	assert_int_equal(f.spi.transfers, 1);
	/* Nothing without a change, and there and back is none. */
	assert_int_equal(cycle(&f), 0);
	led_strip_clear(f.strip);
	led_strip_set_all(f.strip, red);
	assert_int_equal(cycle(&f), 0);
	assert_int_equal(f.spi.transfers, 1);
	led_strip_clear(f.strip);
	assert_int_equal(led_strip_flush(f.strip), 0);
	uv_run(&f.loop, UV_RUN_DEFAULT);
	assert_int_equal(f.spi.transfers, 1);
	assert_int_equal(cycle(&f), 0);
	assert_int_equal(f.spi.transfers, 2);
	check_shown(&f, 2, 0, 0, 0);
	finish(&f);
}

/* Colours set while a write is under way do not reach it; they come with the next one. */
static void test_set_during_write(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 1, 255);
	led_strip_set_all(f.strip, red);
	led_strip_frame_end(f.strip);
	assert_int_equal(led_strip_flush(f.strip), 0);
	led_strip_set_all(f.strip, green);
	assert_int_equal(led_strip_flush(f.strip), 0);
	uv_run(&f.loop, UV_RUN_DEFAULT);
	assert_int_equal(f.spi.transfers, 1);
	check_shown(&f, 0, 255, 0, 0);
	/* A frame that ends meanwhile is written behind it. */
	led_strip_frame_end(f.strip);
	assert_int_equal(led_strip_flush(f.strip), 0);
	led_strip_clear(f.strip);
	led_strip_frame_end(f.strip);
	assert_int_equal(led_strip_flush(f.strip), 0);
	uv_run(&f.loop, UV_RUN_DEFAULT);
	assert_int_equal(f.spi.transfers, 3);
	check_shown(&f, 0, 0, 0, 0);
	finish(&f);
}

static void test_failed_write_is_repeated(void **state)
{
	struct error err;
	struct fixture f;

	(void)state;
	start(&f, 1, 255);
	led_strip_set_all(f.strip, red);
	f.spi.result = ERROR_SYSTEM;
	assert_int_equal(cycle(&f), 0);
	assert_int_equal(led_strip_counters(f.strip).failed, 1);
	assert_int_equal(led_strip_last_error(f.strip, &err), ERROR_SYSTEM);
	assert_string_equal(err.text, "the fake refuses");
	f.spi.result = 0;
	assert_int_equal(cycle(&f), 0);
	assert_int_equal(f.spi.transfers, 1);
	assert_int_equal(led_strip_counters(f.strip).written, 1);
	assert_int_equal(led_strip_last_error(f.strip, &err), 0);
	finish(&f);
}

static void no_work(void *arg)
{
	(void)arg;
}

static void no_done(void *arg, int status)
{
	(void)arg;
	(void)status;
}

static void test_full_queue(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 1, 255);
	assert_int_equal(work_queue_submit(f.queue, no_work, no_done, NULL), 0);
	assert_int_equal(work_queue_submit(f.queue, no_work, no_done, NULL), 0);
	assert_int_equal(cycle(&f), ERROR_BUSY);
	assert_int_equal(f.spi.transfers, 0);
	assert_int_equal(cycle(&f), 0);
	assert_int_equal(f.spi.transfers, 1);
	finish(&f);
}

static void test_dark_at_the_end(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 2, 255);
	led_strip_set_all(f.strip, red);
	assert_int_equal(cycle(&f), 0);
	finish(&f);
	assert_int_equal(f.spi.transfers, 2);
	check_shown(&f, 0, 0, 0, 0);
	check_shown(&f, 1, 0, 0, 0);
	/* The dark was written, but never arrived. */
	start(&f, 2, 255);
	led_strip_set_all(f.strip, red);
	assert_int_equal(cycle(&f), 0);
	led_strip_clear(f.strip);
	f.spi.result = ERROR_BUS;
	assert_int_equal(cycle(&f), 0);
	f.spi.result = 0;
	finish(&f);
	assert_int_equal(f.spi.transfers, 2);
	check_shown(&f, 1, 0, 0, 0);
	/* A write that never began leaves nothing lit by us, and nothing to free twice. */
	start(&f, 2, 255);
	finish(&f);
	assert_int_equal(f.spi.transfers, 0);
	led_strip_destroy(NULL);
}

static void test_limits(void **state)
{
	struct led_strip *strip = NULL;
	struct led_color color = {0};
	struct fixture f;

	(void)state;
	assert_int_equal(led_strip_create(NULL, NULL, 446, 255, &strip, NULL), ERROR_TOO_LARGE);
	assert_null(strip);
	start(&f, LED_STRIP_LEDS_MAX, 255);
	assert_int_equal(led_strip_set(f.strip, 444, red), 0);
	assert_int_equal(led_strip_set(f.strip, 445, red), ERROR_INVALID);
	assert_int_equal(led_strip_get(f.strip, 445, &color), ERROR_INVALID);
	assert_int_equal(cycle(&f), 0);
	assert_int_equal(f.spi.size, 4096);
	check_shown(&f, 444, 255, 0, 0);
	finish(&f);
	/* No strip at all. */
	assert_int_equal(led_strip_create(NULL, NULL, 0, 255, &strip, NULL), 0);
	led_strip_set_all(strip, red);
	assert_int_equal(led_strip_set(strip, 0, red), ERROR_INVALID);
	led_strip_frame_end(strip);
	assert_int_equal(led_strip_flush(strip), 0);
	led_strip_destroy(strip);
}

/* What is set below the cover is kept, and shows when it goes. */
static void test_cover(void **state)
{
	struct led_color color;
	struct fixture f;

	(void)state;
	start(&f, 2, 255);
	led_strip_set(f.strip, 0, red);
	assert_int_equal(cycle(&f), 0);
	led_strip_cover(f.strip, green);
	assert_int_equal(led_strip_flush(f.strip), 0);
	uv_run(&f.loop, UV_RUN_DEFAULT);
	check_shown(&f, 0, 0, 255, 0);
	check_shown(&f, 1, 0, 255, 0);
	assert_int_equal(led_strip_visible(f.strip, 1, &color), 0);
	assert_memory_equal(&color, &green, sizeof(color));
	assert_int_equal(led_strip_visible(f.strip, 2, &color), ERROR_INVALID);
	led_strip_set(f.strip, 1, red);
	assert_int_equal(cycle(&f), 0);
	check_shown(&f, 1, 0, 255, 0);
	led_strip_uncover(f.strip);
	assert_int_equal(led_strip_flush(f.strip), 0);
	uv_run(&f.loop, UV_RUN_DEFAULT);
	check_shown(&f, 0, 255, 0, 0);
	check_shown(&f, 1, 255, 0, 0);
	finish(&f);
}

/* One LED shows the mark, whatever is set below it; a cover hides it. */
static void test_mark(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 2, 255);
	led_strip_set(f.strip, 0, red);
	assert_int_equal(led_strip_mark(f.strip, 1, &green), 0);
	assert_int_equal(led_strip_mark(f.strip, 2, &green), ERROR_INVALID);
	assert_int_equal(cycle(&f), 0);
	check_shown(&f, 0, 255, 0, 0);
	check_shown(&f, 1, 0, 255, 0);
	led_strip_set_all(f.strip, red);
	assert_int_equal(cycle(&f), 0);
	check_shown(&f, 1, 0, 255, 0);
	/* A mark does not bring out a buffer that is half changed. */
	led_strip_set(f.strip, 0, green);
	assert_int_equal(led_strip_mark(f.strip, 1, &red), 0);
	assert_int_equal(led_strip_flush(f.strip), 0);
	uv_run(&f.loop, UV_RUN_DEFAULT);
	check_shown(&f, 0, 255, 0, 0);
	check_shown(&f, 1, 255, 0, 0);
	led_strip_set(f.strip, 0, red);
	led_strip_cover(f.strip, red);
	assert_int_equal(led_strip_flush(f.strip), 0);
	uv_run(&f.loop, UV_RUN_DEFAULT);
	check_shown(&f, 1, 255, 0, 0);
	led_strip_uncover(f.strip);
	assert_int_equal(led_strip_mark(f.strip, 1, NULL), 0);
	assert_int_equal(led_strip_flush(f.strip), 0);
	uv_run(&f.loop, UV_RUN_DEFAULT);
	check_shown(&f, 1, 255, 0, 0);
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode_vectors),
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_brightness),
		cmocka_unit_test(test_once_a_cycle),
		cmocka_unit_test(test_set_during_write),
		cmocka_unit_test(test_failed_write_is_repeated),
		cmocka_unit_test(test_full_queue),
		cmocka_unit_test(test_dark_at_the_end),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_cover),
		cmocka_unit_test(test_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
