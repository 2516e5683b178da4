#include "simulation/chip/bme280_physics.h"

#include "simulation/chip/converter.h"

#define CRC_ADDRESS 0xe8
#define CRC_POLYNOMIAL 0x1d

const struct bme280_coefficients bme280_coefficients_default = {
	.t1 = 27504,
	.t2 = 26435,
	.t3 = -1000,
	.p1 = 36477,
	.p2 = -10685,
	.p3 = 3024,
	.p4 = 2855,
	.p5 = 140,
	.p6 = -7,
	.p7 = 15500,
	.p8 = -14600,
	.p9 = 6000,
	.h1 = 75,
	.h2 = 370,
	.h3 = 0,
	.h4 = 306,
	.h5 = 50,
	.h6 = 30,
};

static void store_16_bits(uint8_t *registers, unsigned address, int value)
{
	registers[address] = (uint8_t)value;
	registers[address + 1] = (uint8_t)(value >> 8);
}

static uint8_t crc_add(uint8_t crc, uint8_t byte)
{
	crc ^= byte;
	for (unsigned bit = 0; bit < 8; bit++)
		crc = (uint8_t)(crc << 1 ^ (crc & 0x80 ? CRC_POLYNOMIAL : 0));
	return crc;
}

static void store_crc(uint8_t *registers)
{
	uint8_t crc = 0xff;

	for (unsigned address = 0x88; address <= 0xa1; address++)
		crc = crc_add(crc, registers[address]);
	for (unsigned address = 0xe1; address <= 0xe7; address++)
		crc = crc_add(crc, registers[address]);
	registers[CRC_ADDRESS] = (uint8_t)~crc;
}

void bme280_coefficients_store(const struct bme280_coefficients *c, uint8_t *registers)
{
	const int words[] = {c->t1, c->t2, c->t3, c->p1, c->p2, c->p3,
			     c->p4, c->p5, c->p6, c->p7, c->p8, c->p9};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		store_16_bits(registers, 0x88 + 2 * i, words[i]);
	registers[0xa1] = c->h1;
	store_16_bits(registers, 0xe1, c->h2);
	registers[0xe3] = c->h3;
	registers[0xe4] = (uint8_t)(c->h4 >> 4);
	registers[0xe5] = (uint8_t)((c->h5 & 0xf) << 4 | (c->h4 & 0xf));
	registers[0xe6] = (uint8_t)(c->h5 >> 4);
	registers[0xe7] = (uint8_t)c->h6;
	store_crc(registers);
}

double bme280_fine(const struct bme280_coefficients *c, double word)
{
	double half = word / 131072 - c->t1 / 8192.0;

	return (word / 16384 - c->t1 / 1024.0) * c->t2 + half * half * c->t3;
}

double bme280_pascal(const void *calibration, double fine, double word)
{
	const struct bme280_coefficients *c = calibration;
	double a = fine / 2 - 64000;
	double b = a * a * c->p6 / 32768 + a * c->p5 * 2;
	double pascal;

	b = b / 4 + c->p4 * 65536.0;
	a = (c->p3 * a * a / 524288 + c->p2 * a) / 524288;
	a = (1 + a / 32768) * c->p1;
	if (a >= 0 && a <= 0)
		return 0;
	pascal = (1048576 - word - b / 4096) * 6250 / a;
	return pascal +
	       (c->p9 * pascal * pascal / 2147483648.0 + pascal * c->p8 / 32768 + c->p7) / 16;
}

double bme280_percent(const void *calibration, double fine, double word)
{
	const struct bme280_coefficients *c = calibration;
	double v = fine - 76800;
	double offset = word - (c->h4 * 64.0 + c->h5 / 16384.0 * v);
	double slope = 1 + c->h3 / 67108864.0 * v;
	double percent = offset * (c->h2 / 65536.0) * slope * (1 + c->h6 / 67108864.0 * v * slope);

	return percent * (1 - c->h1 * percent / 524288);
}

static double celsius_of(const void *calibration, double fine, double word)
{
	(void)fine;
	return bme280_fine(calibration, word) / 5120;
}

uint32_t bme280_temperature_word(const struct bme280_coefficients *c, double celsius)
{
	return converter_invert(celsius_of, c, 0, 20, celsius);
}

uint32_t bme280_pressure_word(const struct bme280_coefficients *c, uint32_t temperature,
			      double pascal)
{
	return converter_invert(bme280_pascal, c, bme280_fine(c, temperature), 20, pascal);
}

uint32_t bme280_humidity_word(const struct bme280_coefficients *c, uint32_t temperature,
			      double percent)
{
	return converter_invert(bme280_percent, c, bme280_fine(c, temperature), 16, percent);
}
