/* bme680_math.c against the same formulas in another form, a million times. */
#include "hardware/driver/bme680_math.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../simulation/chip/calibrations.h"
#include "base/error.h"
#include "simulation/chip/bme680_physics.h"

/* Multiplied out and in Horner's form, in long doubles with a bound of what rounding may do. */

static struct bounded reference_fine(const struct bme680_calibration *c, uint32_t adc)
{
	long double x = adc - 16.0L * c->t1;

	return times(exactly(x),
		     plus(exactly(c->t2 / 16384.0L), exactly(16 * x * c->t3 / 17179869184.0L)));
}

static struct bounded reference_slope(const struct bme680_calibration *c, struct bounded a)
{
	return scaled(plus(exactly(17179869184.0L),
			   times(a, plus(scaled(a, c->p3 / 16384.0L), exactly(c->p2)))),
		      c->p1 / 17179869184.0L);
}

static struct bounded reference_pascal(const struct bme680_calibration *c, double fine,
				       uint32_t adc)
{
	struct bounded a = plus(exactly(fine / 2.0L), exactly(-64000));
	struct bounded offset = plus(
		scaled(times(a, plus(scaled(a, c->p6 / 131072.0L), exactly(2 * c->p5))), 0.25L),
		exactly(65536.0L * c->p4));
	struct bounded p =
		over(scaled(plus(exactly(1048576.0L - adc), scaled(offset, -1 / 4096.0L)), 6250),
		     reference_slope(c, a));
	struct bounded square =
		plus(exactly(c->p9 / 2147483648.0L), scaled(p, c->p10 / 2199023255552.0L));
	struct bounded bend = plus(exactly(128.0L * c->p7),
				   times(p, plus(exactly(c->p8 / 32768.0L), times(p, square))));

	return plus(p, scaled(bend, 1 / 16.0L));
}

static struct bounded reference_percent(const struct bme680_calibration *c, double fine,
					uint32_t adc)
{
	struct bounded t = scaled(exactly(fine), 1 / 5120.0L);
	struct bounded x = plus(exactly(adc), plus(exactly(-16 * c->h1), scaled(t, -c->h3 / 2.0L)));
	struct bounded curve =
		plus(exactly(1),
		     times(t, plus(exactly(c->h4 / 16384.0L), scaled(t, c->h5 / 1048576.0L))));
	struct bounded h = scaled(times(x, curve), c->h2 / 262144.0L);
	struct bounded bend = plus(exactly(c->h6 / 16384.0L), scaled(t, c->h7 / 2097152.0L));

	return plus(h, times(times(h, h), bend));
}

static struct bounded reference_gas(const struct bme680_calibration *c, unsigned adc,
				    unsigned range)
{
	static const int first[16] = {[5] = -10, [7] = -8, [10] = -2, [11] = -5, [13] = -10};
	static const int second[16] = {[4] = 1, [5] = 7, [7] = -8, [8] = -1};
	struct bounded span =
		exactly((1340 + 5 * c->range_switching_error) * (1000 + first[range]) / 1000.0L);
	struct bounded below = scaled(plus(exactly(adc - 512.0L), span),
				      (1000 + second[range]) * (long double)(1u << range));

	return over(scaled(span, 8e9L), below);
}

/* The result is a value or an error, as the reference is inside of the range or outside. */
static void check(int ret, double got, struct bounded expected, long double low, long double high,
		  const char *what, uint64_t *count)
{
	enum where where = where_is(expected, low, high);

	if (ret && ret != ERROR_IMPLAUSIBLE)
		fail_msg("%s: code %d", what, ret);
	if ((where == INSIDE && ret) || (where == OUTSIDE && !ret))
		fail_msg("%s: code %d for %.17Lg +- %.3Lg", what, ret, expected.value,
			 expected.error);
	if (ret)
		return;
	if (!(got >= low && got <= high) || !agrees(got, expected))
		fail_msg("%s: %.17g, expected %.17Lg +- %.3Lg", what, got, expected.value,
			 expected.error);
	(*count)++;
}

struct counts {
	uint64_t parsed, temperatures, pressures, humidities, gases;
};

static void check_pressure(const struct bme680_calibration *c, double fine, uint32_t adc,
			   struct counts *counts)
{
	struct bounded slope = reference_slope(c, plus(exactly(fine / 2.0L), exactly(-64000)));
	double pascal = 0;
	int ret = bme680_pressure(c, adc, fine, &pascal, NULL);

	/* Below 1 it is taken for a division by zero. */
	if (where_is(slope, -1, 1) == OUTSIDE)
		check(ret, pascal, reference_pascal(c, fine, adc), 30000, 110000, "pressure",
		      &counts->pressures);
	else if (where_is(slope, -1, 1) == INSIDE)
		assert_int_equal(ret, ERROR_IMPLAUSIBLE);
}

static void check_humidity(const struct bme680_calibration *c, double fine, uint16_t adc,
			   struct counts *counts)
{
	struct bounded expected = reference_percent(c, fine, adc);
	double percent = 0;
	int ret = bme680_humidity(c, adc, fine, &percent, NULL);

	/* Three points beyond the ends are taken for the ends. */
	if (!ret && (percent <= 0 || percent >= 100))
		assert_true(where_is(expected, 0, 100) != INSIDE);
	else
		check(ret, percent, expected, -3, 103, "humidity", &counts->humidities);
}

static void check_all(struct random *random, const struct bme680_calibration *c,
		      struct counts *counts)
{
	uint32_t adc = word_draw(random, 20);
	struct bounded fine = reference_fine(c, adc);
	double celsius = 0, t_fine = (random_unit(random) - 0.25) * 800000, ohm = 0;
	unsigned range = (unsigned)random_u64(random) % 16, gas = word_draw(random, 10);
	int ret = bme680_temperature(c, adc, &celsius, &t_fine, NULL);

	check(ret, celsius, scaled(fine, 1 / 5120.0L), -40, 85, "temperature",
	      &counts->temperatures);
	check_pressure(c, t_fine, word_draw(random, 20), counts);
	check_humidity(c, t_fine, (uint16_t)word_draw(random, 16), counts);
	ret = bme680_gas_low(c, (uint16_t)gas, (uint8_t)range, &ohm, NULL);
	check(ret, ohm, reference_gas(c, gas, range), 1, 1e9L, "gas", &counts->gases);
}

static void test_a_million_calibrations(void **state)
{
	uint8_t real[CALIBRATION_REGISTERS] = {0}, image[CALIBRATION_REGISTERS];
	uint64_t seed = 680;
	struct counts counts = {0};
	struct random random;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	bme680_coefficients_store(&bme680_coefficients_default, real);
	for (unsigned round = 0; round < CALIBRATIONS; round++) {
		struct bme680_calibration c;

		calibration_draw(&random, real, image);
		if (bme680_calibration_parse(image + 0x8a, image + 0xe1, image, &c, NULL))
			continue;
		counts.parsed++;
		check_all(&random, &c, &counts);
	}
	print_message("parsed %llu; values: %llu temperatures, %llu pressures, %llu humidities, "
		      "%llu gas resistances\n",
		      (unsigned long long)counts.parsed, (unsigned long long)counts.temperatures,
		      (unsigned long long)counts.pressures, (unsigned long long)counts.humidities,
		      (unsigned long long)counts.gases);
	assert_true(counts.parsed > CALIBRATIONS / 2);
	assert_true(counts.temperatures > CALIBRATIONS / 20);
	assert_true(counts.pressures > CALIBRATIONS / 20);
	assert_true(counts.humidities > CALIBRATIONS / 20);
	assert_true(counts.gases > CALIBRATIONS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_million_calibrations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
