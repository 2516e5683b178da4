#include "hardware/driver/bme680_math.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/random.h"
#include "near.h"

/* A real chip's: Pimoroni bme680-python, tests/conftest.py (their issue 11). */
static const struct bme680_calibration real = {
	.t1 = 26041,
	.t2 = 26469,
	.t3 = 3,
	.p1 = 36673,
	.p2 = -10515,
	.p3 = 88,
	.p4 = 7310,
	.p5 = -129,
	.p6 = 30,
	.p7 = 46,
	.p8 = -3177,
	.p9 = -2379,
	.p10 = 30,
	.h1 = 676,
	.h2 = 1029,
	.h3 = 0,
	.h4 = 45,
	.h5 = 20,
	.h6 = 120,
	.h7 = -100,
	.gh1 = -30,
	.gh2 = -24754,
	.gh3 = 18,
	.heat_range = 1,
	.heat_value = 48,
	.range_switching_error = 0,
};

#define ADC_T 501240
#define ADC_P 353485
#define ADC_H 19019

static void put16(uint8_t *low, int value)
{
	low[0] = (uint8_t)value;
	low[1] = (uint8_t)(value >> 8);
}

static void test_parse(void **state)
{
	uint8_t block1[BME680_BLOCK1_SIZE] = {0}, block2[BME680_BLOCK2_SIZE] = {0};
	uint8_t block3[BME680_BLOCK3_SIZE] = {48, 0xAA, 0x1F, 0xAA, 0xF7};
	struct bme680_calibration got;

	(void)state;
	put16(block1 + 0x00, real.t2);
	block1[0x02] = (uint8_t)real.t3;
	put16(block1 + 0x04, real.p1);
	put16(block1 + 0x06, real.p2);
	block1[0x08] = (uint8_t)real.p3;
	put16(block1 + 0x0A, real.p4);
	put16(block1 + 0x0C, real.p5);
	block1[0x0E] = (uint8_t)real.p7;
	block1[0x0F] = (uint8_t)real.p6;
	put16(block1 + 0x12, real.p8);
	put16(block1 + 0x14, real.p9);
	block1[0x16] = real.p10;
	block2[0] = (uint8_t)(real.h2 >> 4);
	block2[1] = (uint8_t)((real.h2 & 0xF) << 4 | (real.h1 & 0xF));
	block2[2] = (uint8_t)(real.h1 >> 4);
	block2[3] = (uint8_t)real.h3;
	block2[4] = (uint8_t)real.h4;
	block2[5] = (uint8_t)real.h5;
	block2[6] = real.h6;
	block2[7] = (uint8_t)real.h7;
	put16(block2 + 8, real.t1);
	put16(block2 + 10, real.gh2);
	block2[12] = (uint8_t)real.gh1;
	block2[13] = (uint8_t)real.gh3;
	assert_int_equal(bme680_calibration_parse(block1, block2, block3, &got, NULL), 0);
	assert_int_equal(got.range_switching_error, -1);
	got.range_switching_error = 0;
	/* Up to the last field: what pads the struct is nobody's. */
	assert_memory_equal(&got, &real,
			    offsetof(struct bme680_calibration, range_switching_error) + 1);
}

static void test_parse_dead_bus(void **state)
{
	uint8_t block1[BME680_BLOCK1_SIZE], block2[BME680_BLOCK2_SIZE];
	uint8_t block3[BME680_BLOCK3_SIZE] = {0};
	struct bme680_calibration got;
	struct error err;

	(void)state;
	memset(block1, 0xFF, sizeof(block1));
	memset(block2, 0x12, sizeof(block2));
	assert_int_equal(bme680_calibration_parse(block1, block2, block3, &got, &err),
			 ERROR_IMPLAUSIBLE);
	assert_string_equal(err.text, "every calibration byte is 0xFF: check the wires");
	memset(block1, 0x12, sizeof(block1));
	memset(block2, 0x00, sizeof(block2));
	assert_int_equal(bme680_calibration_parse(block1, block2, block3, &got, &err),
			 ERROR_IMPLAUSIBLE);
	assert_string_equal(err.text, "every calibration byte is 0x00: check the wires");
}

static void test_vectors(void **state)
{
	double temperature, t_fine, pressure, humidity;

	(void)state;
	assert_int_equal(bme680_temperature(&real, ADC_T, &temperature, &t_fine, NULL), 0);
	assert_near(temperature, 26.6931, 5e-5);
	assert_near(t_fine, 136667, 2);
	assert_int_equal(bme680_pressure(&real, ADC_P, t_fine, &pressure, NULL), 0);
	assert_near(pressure, 98716.93, 0.01);
	assert_int_equal(bme680_humidity(&real, ADC_H, t_fine, &humidity, NULL), 0);
	assert_near(humidity, 42.410, 5e-4);
}

static void test_gas_vectors(void **state)
{
	double ohm;

	(void)state;
	assert_int_equal(bme680_gas_low(&real, 0, 0, &ohm, NULL), 0);
	assert_near(ohm, 12946860, 1); /* 8e6 * 1340 / 828 */
	assert_int_equal(bme680_gas_low(&real, 512, 0, &ohm, NULL), 0);
	assert_near(ohm, 8000000, 0.5);
	assert_int_equal(bme680_gas_low(&real, 512, 4, &ohm, NULL), 0);
	assert_near(ohm, 499500, 1);
	assert_int_equal(bme680_gas_low(&real, 512, 7, &ohm, NULL), 0);
	assert_near(ohm, 63004, 1);
	assert_int_equal(bme680_gas_high(0, 0, &ohm, NULL), 0);
	assert_near(ohm, 102400000, 0.5);
}

static void test_heater_vectors(void **state)
{
	static const unsigned waits[][2] = {
		{63, 0x3F},   {64, 0x50},   {100, 0x59},  {150, 0x65},
		{1000, 0xBE}, {4031, 0xFE}, {4032, 0xFF}, {4000000000u, 0xFF},
	};
	uint8_t code, capped;

	(void)state;
	assert_int_equal(bme680_heater_code(&real, 320, 25, &code, NULL), 0);
	assert_int_equal(code, 106);
	assert_int_equal(bme680_heater_code(&real, 400, 25, &code, NULL), 0);
	assert_int_equal(bme680_heater_code(&real, 900, 25, &capped, NULL), 0);
	assert_int_equal(capped, code);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		assert_int_equal(bme680_gas_wait(waits[i][0]), waits[i][1]);
}

static void test_durations(void **state)
{
	(void)state;
	assert_int_equal(bme680_duration_us(2, 3, 4), 32775);
	assert_int_equal(bme680_duration_us(1, 1, 1), 11182);
	assert_int_equal(bme680_duration_us(5, 5, 5), 99517);
}

static void test_par_p1_zero(void **state)
{
	struct bme680_calibration calibration = real;
	double pressure = 1;
	struct error err;

	(void)state;
	calibration.p1 = 0;
	assert_int_equal(bme680_pressure(&calibration, ADC_P, 136667, &pressure, &err),
			 ERROR_IMPLAUSIBLE);
	assert_near(pressure, 1, 0);
}

static void test_limits(void **state)
{
	double value = 7, t_fine;

	(void)state;
	assert_int_equal(bme680_temperature(&real, 0, &value, &t_fine, NULL), ERROR_IMPLAUSIBLE);
	assert_int_equal(bme680_temperature(&real, 0xFFFFF, &value, &t_fine, NULL),
			 ERROR_IMPLAUSIBLE);
	assert_int_equal(bme680_pressure(&real, 0xFFFFF, 136667, &value, NULL), ERROR_IMPLAUSIBLE);
	assert_int_equal(bme680_humidity(&real, 0xFFFF, 136667, &value, NULL), ERROR_IMPLAUSIBLE);
	assert_int_equal(bme680_humidity(&real, 0, 136667, &value, NULL), ERROR_IMPLAUSIBLE);
	assert_near(value, 7, 0);
}

/* A little beyond the end is the end, more is a fault. */
static void test_humidity_tolerance(void **state)
{
	double humidity, last = -1;
	bool ended = false;

	(void)state;
	for (uint16_t adc = 10000; adc < 40000; adc++) {
		if (bme680_humidity(&real, adc, 136667, &humidity, NULL)) {
			ended = ended || last >= 0;
			continue;
		}
		assert_false(ended);
		assert_true(humidity >= last && humidity >= 0 && humidity <= 100);
		last = humidity;
	}
	assert_true(ended);
	assert_near(last, 100, 0);
}

static void fill(struct random *random, void *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)data)[i] = (uint8_t)random_u64(random);
}

static void check_all(const struct bme680_calibration *calibration, struct random *random)
{
	double temperature, pressure, humidity, ohm, t_fine = (random_unit(random) - 0.5) * 1e6;
	uint16_t adc = (uint16_t)random_u64(random);
	uint8_t code;

	if (!bme680_temperature(calibration, random_u64(random) & 0xFFFFF, &temperature, &t_fine,
				NULL))
		assert_true(temperature >= -40 && temperature <= 85);
	if (!bme680_pressure(calibration, random_u64(random) & 0xFFFFF, t_fine, &pressure, NULL))
		assert_true(pressure >= 30000 && pressure <= 110000);
	if (!bme680_humidity(calibration, adc, t_fine, &humidity, NULL))
		assert_true(humidity >= 0 && humidity <= 100);
	if (!bme680_gas_low(calibration, adc & 0x3FF, (uint8_t)(adc >> 12), &ohm, NULL))
		assert_true(isfinite(ohm) && ohm > 0);
	if (!bme680_gas_high(adc & 0x3FF, (uint8_t)(adc >> 12), &ohm, NULL))
		assert_true(isfinite(ohm) && ohm > 0);
	(void)bme680_heater_code(calibration, 320, temperature = 25, &code, NULL);
}

static void test_random_calibrations(void **state)
{
	uint8_t block1[BME680_BLOCK1_SIZE], block2[BME680_BLOCK2_SIZE], block3[BME680_BLOCK3_SIZE];
	struct bme680_calibration calibration;
	struct random random;
	uint64_t seed = 680;
	unsigned parsed = 0;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	for (int round = 0; round < 100000; round++) {
		fill(&random, block1, sizeof(block1));
		fill(&random, block2, sizeof(block2));
		fill(&random, block3, sizeof(block3));
		if (bme680_calibration_parse(block1, block2, block3, &calibration, NULL))
			continue;
		parsed++;
		check_all(&calibration, &random);
	}
	assert_true(parsed > 10000);
}

/* Also what no parser lets through. */
static void test_extreme_calibrations(void **state)
{
	struct bme680_calibration calibration;
	struct random random;

	(void)state;
	random_init(&random, 1);
	for (int byte = 0x00; byte <= 0xFF; byte++) {
		memset(&calibration, byte, sizeof(calibration));
		for (int round = 0; round < 100; round++)
			check_all(&calibration, &random);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_dead_bus),
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_gas_vectors),
		cmocka_unit_test(test_heater_vectors),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_par_p1_zero),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_humidity_tolerance),
		cmocka_unit_test(test_random_calibrations),
		cmocka_unit_test(test_extreme_calibrations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
