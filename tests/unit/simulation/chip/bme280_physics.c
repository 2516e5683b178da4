#include "simulation/chip/bme280_physics.h"

#include "calibrations.h"
#include "fixture.h"

static int u16(const uint8_t *low)
{
	return low[0] | low[1] << 8;
}

static int16_t s16(const uint8_t *low)
{
	return (int16_t)u16(low);
}

static int16_t s12(int value)
{
	return (int16_t)((value ^ 0x800) - 0x800);
}

/* By the data sheet's table 16; shares nothing with the model that writes it. */
static struct bme280_coefficients parse(const uint8_t *r)
{
	return (struct bme280_coefficients){
		.t1 = (uint16_t)u16(r + 0x88),
		.t2 = s16(r + 0x8a),
		.t3 = s16(r + 0x8c),
		.p1 = (uint16_t)u16(r + 0x8e),
		.p2 = s16(r + 0x90),
		.p3 = s16(r + 0x92),
		.p4 = s16(r + 0x94),
		.p5 = s16(r + 0x96),
		.p6 = s16(r + 0x98),
		.p7 = s16(r + 0x9a),
		.p8 = s16(r + 0x9c),
		.p9 = s16(r + 0x9e),
		.h1 = r[0xa1],
		.h2 = s16(r + 0xe1),
		.h3 = r[0xe3],
		.h4 = s12(r[0xe4] << 4 | (r[0xe5] & 0xf)),
		.h5 = s12(r[0xe6] << 4 | r[0xe5] >> 4),
		.h6 = (int8_t)r[0xe7],
	};
}

/* The data sheet of the BMP280, 3.12, gives 25.08 °C and 100653 Pa for these words. */
static void test_vectors(void **state)
{
	const struct bme280_coefficients *c = &bme280_coefficients_default;
	double fine = bme280_fine(c, 519888);

	(void)state;
	assert_near(fine, 128422, 1);
	assert_near(fine / 5120, 25.08, 0.005);
	assert_near(bme280_pascal(c, fine, 415148), 100653.27, 0.01);
	/* 28000 counts: (28000 - 19584 - …) * 370 / 65536, bent by H1. */
	assert_near(bme280_percent(c, 76800, 28000), 47.514648 * (1 - 75 * 47.514648 / 524288),
		    1e-6);
}

static void test_stored_and_parsed(void **state)
{
	struct bme280_coefficients c = bme280_coefficients_default, got;
	uint8_t registers[CALIBRATION_REGISTERS] = {0};

	(void)state;
	c.h4 = -2048;
	c.h5 = -1;
	c.h6 = -128;
	bme280_coefficients_store(&c, registers);
	got = parse(registers);
	assert_int_equal(got.t1, c.t1);
	assert_int_equal(got.p9, c.p9);
	assert_int_equal(got.h1, c.h1);
	assert_int_equal(got.h2, c.h2);
	assert_int_equal(got.h4, -2048);
	assert_int_equal(got.h5, -1);
	assert_int_equal(got.h6, -128);
}

/* CRC-8 of SAE J1850: its check value over "123456789" is 0x4b. */
static uint8_t crc(const uint8_t *data, size_t size, uint8_t from)
{
	for (size_t i = 0; i < 8 * size; i++) {
		bool top = from >> 7, bit = data[i / 8] >> (7 - i % 8) & 1;

		from = (uint8_t)(from << 1);
		if (top != bit)
			from ^= 0x1d;
	}
	return from;
}

static void test_checksum(void **state)
{
	uint8_t registers[CALIBRATION_REGISTERS] = {0};

	(void)state;
	assert_int_equal((uint8_t)~crc((const uint8_t *)"123456789", 9, 0xff), 0x4b);
	bme280_coefficients_store(&bme280_coefficients_default, registers);
	assert_int_equal(registers[0xe8],
			 (uint8_t)~crc(registers + 0xe1, 7, crc(registers + 0x88, 26, 0xff)));
}

/* The same formulas, multiplied out and in Horner's form, in long doubles with a bound. */

static struct bounded reference_fine(const struct bme280_coefficients *c, uint32_t adc)
{
	long double x = adc - 16.0L * c->t1;

	return times(exactly(x),
		     plus(exactly(c->t2 / 16384.0L), exactly(x * c->t3 / 17179869184.0L)));
}

static struct bounded reference_pascal(const struct bme280_coefficients *c, double fine,
				       uint32_t adc)
{
	struct bounded a = plus(exactly(fine / 2.0L), exactly(-64000));
	struct bounded offset =
		plus(scaled(times(a, plus(scaled(a, c->p6 / 32768.0L), exactly(2 * c->p5))), 0.25L),
		     exactly(65536.0L * c->p4));
	struct bounded slope =
		scaled(plus(exactly(17179869184.0L),
			    times(a, plus(scaled(a, c->p3 / 524288.0L), exactly(c->p2)))),
		       c->p1 / 17179869184.0L);
	struct bounded p = over(
		scaled(plus(exactly(1048576.0L - adc), scaled(offset, -1 / 4096.0L)), 6250), slope);
	struct bounded bend =
		plus(exactly(c->p7),
		     times(p, plus(exactly(c->p8 / 32768.0L), scaled(p, c->p9 / 2147483648.0L))));

	return plus(p, scaled(bend, 1 / 16.0L));
}

static struct bounded reference_percent(const struct bme280_coefficients *c, double fine,
					uint32_t adc)
{
	struct bounded v = plus(exactly(fine), exactly(-76800));
	struct bounded slope = plus(exactly(1), scaled(v, c->h3 / 67108864.0L));
	struct bounded curve = plus(exactly(1), times(scaled(v, c->h6 / 67108864.0L), slope));
	struct bounded x =
		plus(exactly(adc), plus(exactly(-64 * c->h4), scaled(v, -c->h5 / 16384.0L)));
	struct bounded h = scaled(times(times(x, slope), curve), c->h2 / 65536.0L);

	return plus(h, scaled(times(h, h), -c->h1 / 524288.0L));
}

static void check(double got, struct bounded expected, const char *what, uint64_t round)
{
	if (!agrees(got, expected))
		fail_msg("%s, round %llu: %.17g, expected %.17Lg +- %.3Lg", what,
			 (unsigned long long)round, got, expected.value, expected.error);
}

static void test_a_million_calibrations(void **state)
{
	uint8_t real[CALIBRATION_REGISTERS] = {0}, image[CALIBRATION_REGISTERS];
	uint64_t seed = 280, believable = 0;
	struct random random;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	bme280_coefficients_store(&bme280_coefficients_default, real);
	for (uint64_t round = 0; round < CALIBRATIONS; round++) {
		uint32_t adc_t = word_draw(&random, 20), adc_p = word_draw(&random, 20);
		uint32_t adc_h = word_draw(&random, 16);
		struct bme280_coefficients c;
		double fine, pascal, percent;

		calibration_draw(&random, real, image);
		c = parse(image);
		fine = bme280_fine(&c, adc_t);
		check(fine, reference_fine(&c, adc_t), "temperature", round);
		pascal = bme280_pascal(&c, fine, adc_p);
		if (c.p1)
			check(pascal, reference_pascal(&c, fine, adc_p), "pressure", round);
		else
			assert_near(pascal, 0, 0);
		percent = bme280_percent(&c, fine, adc_h);
		check(percent, reference_percent(&c, fine, adc_h), "humidity", round);
		believable += pascal > 30000 && pascal < 110000;
	}
	assert_true(believable > CALIBRATIONS / 20);
}

/* What a right driver gets back: within half a step of the converter. */
static void test_words_are_inverse(void **state)
{
	uint8_t real[CALIBRATION_REGISTERS] = {0}, image[CALIBRATION_REGISTERS];
	struct random random;

	(void)state;
	random_init(&random, 281);
	bme280_coefficients_store(&bme280_coefficients_default, real);
	for (unsigned round = 0; round < 10000; round++) {
		double celsius = -40 + 125 * random_unit(&random);
		double pascal = 30000 + 80000 * random_unit(&random);
		double percent = 100 * random_unit(&random);
		struct bme280_coefficients c;
		uint32_t adc_t;
		double fine;

		memcpy(image, real, sizeof(image));
		for (unsigned i = 0x88; i < 0xa1; i += 2)
			image[i] = (uint8_t)random_u64(&random); /* low bytes */
		c = parse(image);
		adc_t = bme280_temperature_word(&c, celsius);
		fine = bme280_fine(&c, adc_t);
		assert_near(fine / 5120, celsius, 0.0002);
		assert_near(bme280_pascal(&c, fine, bme280_pressure_word(&c, adc_t, pascal)),
			    pascal, 0.15);
		assert_near(bme280_percent(&c, fine, bme280_humidity_word(&c, adc_t, percent)),
			    percent, 0.005);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_stored_and_parsed),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_a_million_calibrations),
		cmocka_unit_test(test_words_are_inverse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
