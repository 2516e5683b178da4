#include "simulation/chip/bme680_physics.h"

#include <math.h>

#include "simulation/chip/converter.h"

const struct bme680_coefficients bme680_coefficients_default = {
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
	.res_heat_range = 1,
	.res_heat_val = 48,
	.range_sw_err = 0,
};

static void store_u16(uint8_t *registers, unsigned address, unsigned value)
{
	registers[address] = (uint8_t)value;
	registers[address + 1] = (uint8_t)(value >> 8);
}

static void store_humidity(const struct bme680_coefficients *c, uint8_t *registers)
{
	registers[0xe1] = (uint8_t)(c->h2 >> 4);
	registers[0xe2] = (uint8_t)((c->h2 & 0xf) << 4 | (c->h1 & 0xf));
	registers[0xe3] = (uint8_t)(c->h1 >> 4);
	registers[0xe4] = (uint8_t)c->h3;
	registers[0xe5] = (uint8_t)c->h4;
	registers[0xe6] = (uint8_t)c->h5;
	registers[0xe7] = c->h6;
	registers[0xe8] = (uint8_t)c->h7;
}

static void store_pressure(const struct bme680_coefficients *c, uint8_t *registers)
{
	store_u16(registers, 0x8e, c->p1);
	store_u16(registers, 0x90, (unsigned)c->p2);
	registers[0x92] = (uint8_t)c->p3;
	store_u16(registers, 0x94, (unsigned)c->p4);
	store_u16(registers, 0x96, (unsigned)c->p5);
	registers[0x98] = (uint8_t)c->p7; /* 7 before 6 */
	registers[0x99] = (uint8_t)c->p6;
	store_u16(registers, 0x9c, (unsigned)c->p8);
	store_u16(registers, 0x9e, (unsigned)c->p9);
	registers[0xa0] = c->p10;
}

void bme680_coefficients_store(const struct bme680_coefficients *c, uint8_t *registers)
{
	store_u16(registers, 0xe9, c->t1);
	store_u16(registers, 0x8a, (unsigned)c->t2);
	registers[0x8c] = (uint8_t)c->t3;
	store_pressure(c, registers);
	store_humidity(c, registers);
	store_u16(registers, 0xeb, (unsigned)c->gh2);
	registers[0xed] = (uint8_t)c->gh1;
	registers[0xee] = (uint8_t)c->gh3;
	registers[0x00] = (uint8_t)c->res_heat_val;
	registers[0x02] = (uint8_t)(c->res_heat_range << 4);
	registers[0x04] = (uint8_t)(c->range_sw_err * 16);
}

/* The data sheet's t_fine: 5120 for each °C. */
static double fine_temperature(const struct bme680_coefficients *c, double word)
{
	double linear = word / 16384 - c->t1 / 1024.0;
	double square = word / 131072 - c->t1 / 8192.0;

	return linear * c->t2 + square * square * c->t3 * 16;
}

static double celsius_of(const void *calibration, double fine, double word)
{
	const struct bme680_coefficients *c = calibration;

	(void)fine;
	return fine_temperature(c, word) / 5120;
}

static double pascal_of(const void *calibration, double fine, double word)
{
	const struct bme680_coefficients *c = calibration;
	double a = fine / 2 - 64000;
	double b = a * a * c->p6 / 131072 + a * c->p5 * 2;
	double pascal;

	b = b / 4 + c->p4 * 65536.0;
	a = (c->p3 * a * a / 16384 + c->p2 * a) / 524288;
	a = (1 + a / 32768) * c->p1;
	pascal = ((1048576 - word) - b / 4096) * 6250 / a;
	return pascal + (c->p9 * pascal * pascal / 2147483648.0 + pascal * c->p8 / 32768 +
			 pow(pascal / 256, 3) * c->p10 / 131072 + c->p7 * 128.0) /
				16;
}

static double percent_of(const void *calibration, double fine, double word)
{
	const struct bme680_coefficients *c = calibration;
	double celsius = fine / 5120;
	double a = word - (c->h1 * 16.0 + c->h3 / 2.0 * celsius);
	double b = a * c->h2 / 262144 *
		   (1 + c->h4 / 16384.0 * celsius + c->h5 / 1048576.0 * celsius * celsius);

	return b + (c->h6 / 16384.0 + c->h7 / 2097152.0 * celsius) * b * b;
}

uint32_t bme680_temperature_word(const struct bme680_coefficients *c, double celsius)
{
	return converter_invert(celsius_of, c, 0, 20, celsius);
}

uint32_t bme680_pressure_word(const struct bme680_coefficients *c, uint32_t temperature,
			      double pascal)
{
	return converter_invert(pascal_of, c, fine_temperature(c, temperature), 20, pascal);
}

uint32_t bme680_humidity_word(const struct bme680_coefficients *c, uint32_t temperature,
			      double percent)
{
	return converter_invert(percent_of, c, fine_temperature(c, temperature), 16, percent);
}

#define GAS_RANGES 16
#define GAS_WORD_MAX 1023
#define GAS_WORD_ZERO 512

/* The converter's word in one range; it may exceed 10 bits. */
static double gas_in_range(const struct bme680_coefficients *c, bool variant_high, unsigned range,
			   double ohm)
{
	static const double k1[GAS_RANGES] = {0, 0, 0, 0, 0, -1, 0, -0.8, 0, 0, -0.2, -0.5, 0, -1};
	static const double k2[GAS_RANGES] = {0, 0, 0, 0, 0.1, 0.7, 0, -0.8, -0.1};
	double span;
	double unit;

	if (variant_high)
		return GAS_WORD_ZERO + (1e6 * (262144 >> range) / ohm - 4096) / 3;
	span = (1340 + 5.0 * c->range_sw_err) * (1 + k1[range] / 100);
	unit = (1 + k2[range] / 100) * 1.25e-7 * (1 << range);
	return GAS_WORD_ZERO + span * (1 / (ohm * unit) - 1);
}

struct bme680_gas_word bme680_gas_word(const struct bme680_coefficients *c, bool variant_high,
				       double ohm)
{
	unsigned best = 0;
	double best_word = gas_in_range(c, variant_high, 0, ohm);

	/* Like the chip, choose the range in which the word is nearest to the middle. */
	for (unsigned range = 1; range < GAS_RANGES; range++) {
		double word = gas_in_range(c, variant_high, range, ohm);

		if (fabs(word - GAS_WORD_ZERO) < fabs(best_word - GAS_WORD_ZERO)) {
			best = range;
			best_word = word;
		}
	}
	return (struct bme680_gas_word){
		.adc = (uint16_t)lround(fmin(fmax(best_word, 0), GAS_WORD_MAX)),
		.range = (uint8_t)best,
	};
}

double bme680_heater_celsius(const struct bme680_coefficients *c, uint8_t code, double ambient)
{
	double v1 = c->gh1 / 16.0 + 49;
	double v2 = c->gh2 / 32768.0 * 0.0005 + 0.00235;
	double v3 = c->gh3 / 1024.0;
	double v5 =
		(code / 3.4 + 25) * (1 + c->res_heat_val * 0.002) * (4.0 + c->res_heat_range) / 4;

	return ((v5 - v3 * ambient) / v1 - 1) / v2;
}
