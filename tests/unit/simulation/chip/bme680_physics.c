#include "simulation/chip/bme680_physics.h"

#include "base/random.h"
#include "bme680_formulas.h"
#include "fixture.h"

static const struct bme680_coefficients *const chip = &bme680_coefficients_default;

/* The formulas of this test against the vectors that were computed elsewhere. */
static void test_formulas(void **state)
{
	double fine = formula_fine(501240);

	(void)state;
	assert_near(fine, 136667, 5);
	assert_near(formula_celsius(501240), 26.6931, 5e-5);
	assert_near(formula_pascal(353485, fine), 98716.93, 0.01);
	assert_near(formula_percent(19019, fine), 42.410, 5e-4);
	assert_near(formula_gas_low(0, 0), 12946860, 1);
	assert_near(formula_gas_low(512, 0), 8000000, 1);
	assert_near(formula_gas_low(512, 4), 499500, 1);
	assert_near(formula_gas_low(512, 7), 63004, 1);
	assert_near(formula_gas_high(0, 0), 102400000, 1);
}

static void test_vectors_backwards(void **state)
{
	uint32_t temperature = bme680_temperature_word(chip, formula_celsius(501240));
	double fine = formula_fine(501240);
	struct bme680_gas_word gas = bme680_gas_word(chip, false, 63004);

	(void)state;
	assert_int_equal(temperature, 501240);
	assert_int_equal(bme680_pressure_word(chip, temperature, formula_pascal(353485, fine)),
			 353485);
	assert_int_equal(bme680_humidity_word(chip, temperature, formula_percent(19019, fine)),
			 19019);
	assert_int_equal(gas.adc, 512);
	assert_int_equal(gas.range, 7);
}

static void test_all_climates(void **state)
{
	const uint64_t seed = 680;
	struct random random;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	for (unsigned i = 0; i < 2000; i++) {
		double celsius = -40 + 125 * random_unit(&random);
		double pascal = 30000 + 80000 * random_unit(&random);
		double percent = 100 * random_unit(&random);
		double ohm = exp(log(2000) + log(4000) * random_unit(&random));
		uint32_t t = bme680_temperature_word(chip, celsius);
		struct bme680_gas_word low = bme680_gas_word(chip, false, ohm);
		struct bme680_gas_word high = bme680_gas_word(chip, true, ohm);
		double fine = formula_fine(t);

		assert_near(formula_celsius(t), celsius, 0.0003);
		assert_near(formula_pascal(bme680_pressure_word(chip, t, pascal), fine), pascal,
			    0.15);
		assert_near(formula_percent(bme680_humidity_word(chip, t, percent), fine), percent,
			    0.01);
		assert_near(formula_gas_low(low.adc, low.range) / ohm, 1, 0.001);
		assert_near(formula_gas_high(high.adc, high.range) / ohm, 1, 0.001);
	}
}

/* What does not fit is cut off to the converters' ends. */
static void test_ends(void **state)
{
	(void)state;
	assert_int_equal(bme680_temperature_word(chip, -1e6), 0);
	assert_int_equal(bme680_temperature_word(chip, 1e6), 0xfffff);
	assert_int_equal(bme680_pressure_word(chip, 501240, 1e9), 0);
	assert_int_equal(bme680_humidity_word(chip, 501240, 1e9), 0xffff);
	assert_int_equal(bme680_gas_word(chip, false, 1e12).adc, 0);
	assert_int_equal(bme680_gas_word(chip, false, 1e-3).adc, 1023);
	assert_int_equal(bme680_gas_word(chip, false, 1e-3).range, 15);
}

static void test_heater(void **state)
{
	(void)state;
	/* The driver's 106.86 for 320 °C is cut to 106. */
	assert_true(bme680_heater_celsius(chip, 106, 25) < 320);
	assert_true(bme680_heater_celsius(chip, 107, 25) > 320);
}

/* Where each byte is, by hand. */
static void test_calibration_map(void **state)
{
	uint8_t registers[256] = {0};

	(void)state;
	bme680_coefficients_store(chip, registers);
	assert_int_equal(registers[0xe9] | registers[0xea] << 8, 26041);
	assert_int_equal((int16_t)(registers[0x8a] | registers[0x8b] << 8), 26469);
	assert_int_equal(registers[0x8e] | registers[0x8f] << 8, 36673);
	assert_int_equal((int16_t)(registers[0x90] | registers[0x91] << 8), -10515);
	assert_int_equal(registers[0x98], 46); /* P7 */
	assert_int_equal(registers[0x99], 30); /* P6 */
	assert_int_equal(registers[0xe1] << 4 | registers[0xe2] >> 4, 1029);
	assert_int_equal(registers[0xe3] << 4 | (registers[0xe2] & 0xf), 676);
	assert_int_equal((int8_t)registers[0xe8], -100);
	assert_int_equal((int16_t)(registers[0xeb] | registers[0xec] << 8), -24754);
	assert_int_equal((int8_t)registers[0xed], -30);
	assert_int_equal(registers[0xee], 18);
	assert_int_equal(registers[0x00], 48);
	assert_int_equal((registers[0x02] & 0x30) / 16, 1);
	assert_int_equal(registers[0x04] & 0xf0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formulas),     cmocka_unit_test(test_vectors_backwards),
		cmocka_unit_test(test_all_climates), cmocka_unit_test(test_ends),
		cmocka_unit_test(test_heater),	     cmocka_unit_test(test_calibration_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
