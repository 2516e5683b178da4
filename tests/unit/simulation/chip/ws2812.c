#include "simulation/chip/ws2812.h"

#include "base/random.h"
#include "fixture.h"

#define LEDS 3
#define RESET_SIZE 90 /* bytes of 0: 300 us at 2.4 MHz */

struct fixture {
	struct bench bench;
	struct ws2812_model strip;
	struct spi_device *spi;
	uint8_t data[SPI_TRANSFER_SIZE_MAX];
	size_t size;
};

static int set_up(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	bench_init(&f.bench);
	ws2812_model_init(&f.strip, LEDS, &f.bench.clock.base);
	assert_int_equal(sim_attach_spi(f.bench.backend, "spi0.0", &f.strip.device, NULL), 0);
	assert_int_equal(backend_open_spi(f.bench.backend, "spi0.0", 0, 2400000, &f.spi, NULL), 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	spi_device_close(f->spi);
	bench_finish(&f->bench);
	ws2812_model_finish(&f->strip);
	return 0;
}

/* The table of the data sheet's bits, three to one: 100 and 110. */
static void put_byte(struct fixture *f, uint8_t byte)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < 8; i++)
		bits = bits << 3 | (byte & (0x80u >> i) ? 6u : 4u);
	f->data[f->size++] = (uint8_t)(bits >> 16);
	f->data[f->size++] = (uint8_t)(bits >> 8);
	f->data[f->size++] = (uint8_t)bits;
}

static void put_color(struct fixture *f, uint8_t red, uint8_t green, uint8_t blue)
{
	put_byte(f, green);
	put_byte(f, red);
	put_byte(f, blue);
}

static void send(struct fixture *f, size_t zeros)
{
	memset(&f->data[f->size], 0, zeros);
	assert_int_equal(spi_device_transfer(f->spi, f->data, NULL, f->size + zeros, NULL), 0);
	f->size = 0;
}

static void assert_led(struct fixture *f, unsigned index, uint8_t red, uint8_t green, uint8_t blue)
{
	struct ws2812_color colors[LEDS];

	ws2812_model_look(&f->strip, colors, NULL);
	assert_int_equal(colors[index].red, red);
	assert_int_equal(colors[index].green, green);
	assert_int_equal(colors[index].blue, blue);
}

static uint64_t count_malformed(struct fixture *f)
{
	struct ws2812_color colors[LEDS];
	uint64_t malformed;

	ws2812_model_look(&f->strip, colors, &malformed);
	return malformed;
}

/* hardware.md's words, not this file's encoder: 0x00, 0xff and 0x80 in the order G, R, B. */
static void test_vector(void **state)
{
	struct fixture *f = *state;
	const uint8_t words[9] = {0x92, 0x49, 0x24, 0xdb, 0x6d, 0xb6, 0xd2, 0x49, 0x24};

	memcpy(f->data, words, sizeof(words));
	f->size = sizeof(words);
	send(f, RESET_SIZE);
	assert_led(f, 0, 0xff, 0x00, 0x80);
	assert_led(f, 1, 0, 0, 0);
	assert_int_equal(count_malformed(f), 0);
}

static void test_random_colors(void **state)
{
	struct fixture *f = *state;
	const uint64_t seed = 20260131;
	struct random random;

	print_message("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	for (unsigned round = 0; round < 100; round++) {
		uint8_t bytes[3 * LEDS];

		for (unsigned i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)random_u64(&random);
		f->data[f->size++] = 0; /* low at the beginning is no bit */
		for (unsigned i = 0; i < LEDS; i++)
			put_color(f, bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2]);
		send(f, RESET_SIZE);
		for (unsigned i = 0; i < LEDS; i++)
			assert_led(f, i, bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2]);
	}
	assert_int_equal(count_malformed(f), 0);
}

/* Without 280 us of low nothing is shown; a pause between transfers counts. */
static void test_reset_gap(void **state)
{
	struct fixture *f = *state;

	put_color(f, 1, 2, 3);
	send(f, 80); /* 267 us */
	assert_led(f, 0, 0, 0, 0);
	clock_manual_advance_ns(&f->bench.clock, MS);
	assert_led(f, 0, 1, 2, 3);
	/* A short pause does not: the next colours are those of the next LEDs. */
	put_color(f, 4, 4, 4);
	send(f, 0);
	put_color(f, 5, 5, 5);
	send(f, RESET_SIZE);
	assert_led(f, 0, 4, 4, 4);
	assert_led(f, 1, 5, 5, 5);
	assert_led(f, 2, 0, 0, 0);
}

static void test_more_than_there_are(void **state)
{
	struct fixture *f = *state;

	for (uint8_t i = 1; i <= LEDS + 2; i++)
		put_color(f, i, i, i);
	send(f, RESET_SIZE);
	assert_led(f, LEDS - 1, LEDS, LEDS, LEDS);
	/* Fewer leave the rest as they are. */
	put_color(f, 9, 9, 9);
	send(f, RESET_SIZE);
	assert_led(f, 0, 9, 9, 9);
	assert_led(f, 1, 2, 2, 2);
}

/* 6.4 MHz and 8 bits to one, 0xc0 and 0xf8: other pulses, the same light. */
static void test_other_speed(void **state)
{
	struct fixture *f = *state;
	uint8_t data[24 + 260] = {0};
	struct spi_device *fast;

	for (unsigned i = 0; i < 24; i++)
		data[i] = 0xa05ac3 & (0x800000u >> i) ? 0xf8 : 0xc0;
	assert_int_equal(backend_open_spi(f->bench.backend, "spi0.0", 0, 6400000, &fast, NULL), 0);
	assert_int_equal(spi_device_transfer(fast, data, NULL, sizeof(data), NULL), 0);
	assert_led(f, 0, 0x5a, 0xa0, 0xc3);
	assert_int_equal(count_malformed(f), 0);
	spi_device_close(fast);
}

static void test_malformed(void **state)
{
	struct fixture *f = *state;

	f->data[f->size++] = 0x38; /* three bits: 1250 ns */
	send(f, RESET_SIZE);
	assert_int_equal(count_malformed(f), 1);
}

static void test_unplugged(void **state)
{
	struct fixture *f = *state;
	struct fault fault = {FAULT_UNPLUGGED, SECOND, SECOND, 0};

	assert_int_equal(fault_schedule_add(&f->strip.faults, "leds", WS2812_FAULTS, &fault, NULL),
			 0);
	put_color(f, 1, 2, 3);
	send(f, RESET_SIZE);
	assert_led(f, 0, 1, 2, 3);
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_led(f, 0, 0, 0, 0);
	put_color(f, 1, 2, 3);
	send(f, RESET_SIZE);
	assert_led(f, 0, 0, 0, 0);
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_led(f, 0, 0, 0, 0); /* back, but dark until it is told */
	put_color(f, 1, 2, 3);
	send(f, RESET_SIZE);
	assert_led(f, 0, 1, 2, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_vector, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_random_colors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reset_gap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_more_than_there_are, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_speed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_malformed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unplugged, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
