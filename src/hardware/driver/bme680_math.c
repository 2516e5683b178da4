#include "hardware/driver/bme680_math.h"

#include <math.h>
#include <stdbool.h>

#include "base/error.h"

#define HUMIDITY_TOLERANCE 3.0
#define OVERSAMPLING_CODES 6

/* The first address of each block, so that the code can use the data sheet's addresses. */
#define BLOCK1_ADDRESS 0x8A
#define BLOCK2_ADDRESS 0xE1

static uint16_t u16(const uint8_t *low)
{
	return (uint16_t)(low[0] | low[1] << 8);
}

static int16_t s16(const uint8_t *low)
{
	return (int16_t)u16(low);
}

static bool is_uniform(const uint8_t *block, size_t size)
{
	for (size_t i = 1; i < size; i++) {
		if (block[i] != block[0])
			return false;
	}
	return block[0] == 0x00 || block[0] == 0xFF;
}

static void parse_block1(const uint8_t *block, struct bme680_calibration *calibration)
{
#define REGISTER(address) (block + (address)-BLOCK1_ADDRESS)
	calibration->t2 = s16(REGISTER(0x8A));
	calibration->t3 = (int8_t)*REGISTER(0x8C);
	calibration->p1 = u16(REGISTER(0x8E));
	calibration->p2 = s16(REGISTER(0x90));
	calibration->p3 = (int8_t)*REGISTER(0x92);
	calibration->p4 = s16(REGISTER(0x94));
	calibration->p5 = s16(REGISTER(0x96));
	calibration->p7 = (int8_t)*REGISTER(0x98);
	calibration->p6 = (int8_t)*REGISTER(0x99);
	calibration->p8 = s16(REGISTER(0x9C));
	calibration->p9 = s16(REGISTER(0x9E));
	calibration->p10 = *REGISTER(0xA0);
#undef REGISTER
}

static void parse_block2(const uint8_t *block, struct bme680_calibration *calibration)
{
#define REGISTER(address) (block + (address)-BLOCK2_ADDRESS)
	/* Two 12-bit values share the nibbles of 0xE2. */
	calibration->h2 = (uint16_t)(*REGISTER(0xE1) << 4 | *REGISTER(0xE2) >> 4);
	calibration->h1 = (uint16_t)(*REGISTER(0xE3) << 4 | (*REGISTER(0xE2) & 0x0F));
	calibration->h3 = (int8_t)*REGISTER(0xE4);
	calibration->h4 = (int8_t)*REGISTER(0xE5);
	calibration->h5 = (int8_t)*REGISTER(0xE6);
	calibration->h6 = *REGISTER(0xE7);
	calibration->h7 = (int8_t)*REGISTER(0xE8);
	calibration->t1 = u16(REGISTER(0xE9));
	calibration->gh2 = s16(REGISTER(0xEB));
	calibration->gh1 = (int8_t)*REGISTER(0xED);
	calibration->gh3 = (int8_t)*REGISTER(0xEE);
#undef REGISTER
}

static void parse_block3(const uint8_t *block, struct bme680_calibration *calibration)
{
	calibration->heat_value = (int8_t)block[0x00];
	calibration->heat_range = (block[0x02] & 0x30) >> 4;
	/* The upper nibble is a signed number. */
	calibration->range_switching_error = (int8_t)((int8_t)(block[0x04] & 0xF0) / 16);
}

int bme680_calibration_parse(const uint8_t block1[BME680_BLOCK1_SIZE],
			     const uint8_t block2[BME680_BLOCK2_SIZE],
			     const uint8_t block3[BME680_BLOCK3_SIZE],
			     struct bme680_calibration *ret_calibration, struct error *err)
{
	struct bme680_calibration calibration = {0};

	if (is_uniform(block1, BME680_BLOCK1_SIZE) || is_uniform(block2, BME680_BLOCK2_SIZE))
		return error_set(err, ERROR_IMPLAUSIBLE,
				 "every calibration byte is 0x%02X: check the wires",
				 is_uniform(block1, BME680_BLOCK1_SIZE) ? block1[0] : block2[0]);
	parse_block1(block1, &calibration);
	parse_block2(block2, &calibration);
	parse_block3(block3, &calibration);
	if (!calibration.t1 || calibration.t2 <= 0)
		return error_set(err, ERROR_IMPLAUSIBLE,
				 "the calibration values par_t1 = %u and par_t2 = %d are "
				 "impossible: check the wires, or replace the chip",
				 calibration.t1, calibration.t2);
	*ret_calibration = calibration;
	return 0;
}

/* A value that is not finite counts as outside the range. */
static int check_range(double value, double min, double max, const char *what, const char *unit,
		       struct error *err)
{
	if (value >= min && value <= max)
		return 0;
	return error_set(err, ERROR_IMPLAUSIBLE,
			 "%s of %g %s is outside the sensor's range, %g to %g %s: check its power "
			 "and its wires",
			 what, value, unit, min, max, unit);
}

int bme680_temperature(const struct bme680_calibration *calibration, uint32_t adc,
		       double *ret_temperature_c, double *ret_t_fine, struct error *err)
{
	double v1 = (adc / 16384.0 - calibration->t1 / 1024.0) * calibration->t2;
	double half = adc / 131072.0 - calibration->t1 / 8192.0;
	double t_fine = v1 + half * half * calibration->t3 * 16.0;
	int ret = check_range(t_fine / 5120.0, -40, 85, "a temperature", "°C", err);

	if (ret)
		return ret;
	*ret_temperature_c = t_fine / 5120.0;
	*ret_t_fine = t_fine;
	return 0;
}

int bme680_pressure(const struct bme680_calibration *calibration, uint32_t adc, double t_fine,
		    double *ret_pressure_pa, struct error *err)
{
	double v1 = t_fine / 2.0 - 64000.0;
	double v2 = v1 * v1 * calibration->p6 / 131072.0 + v1 * calibration->p5 * 2.0;
	double p;
	int ret;

	v2 = v2 / 4.0 + calibration->p4 * 65536.0;
	v1 = (calibration->p3 * v1 * v1 / 16384.0 + calibration->p2 * v1) / 524288.0;
	v1 = (1.0 + v1 / 32768.0) * calibration->p1;
	if (fabs(v1) < 1.0)
		return error_set(err, ERROR_IMPLAUSIBLE,
				 "the calibration of the pressure would divide by zero: check the "
				 "wires, or replace the chip");
	p = ((1048576.0 - adc) - v2 / 4096.0) * 6250.0 / v1;
	p += (calibration->p9 * p * p / 2147483648.0 + p * calibration->p8 / 32768.0 +
	      pow(p / 256.0, 3) * calibration->p10 / 131072.0 + calibration->p7 * 128.0) /
	     16.0;
	ret = check_range(p, 30000, 110000, "a pressure", "Pa", err);
	if (ret)
		return ret;
	*ret_pressure_pa = p;
	return 0;
}

int bme680_humidity(const struct bme680_calibration *calibration, uint16_t adc, double t_fine,
		    double *ret_humidity_percent, struct error *err)
{
	double t = t_fine / 5120.0;
	double v1 = adc - (calibration->h1 * 16.0 + calibration->h3 / 2.0 * t);
	double v2 = v1 * calibration->h2 / 262144.0 *
		    (1.0 + calibration->h4 / 16384.0 * t + calibration->h5 / 1048576.0 * t * t);
	double h = v2 + (calibration->h6 / 16384.0 + calibration->h7 / 2097152.0 * t) * v2 * v2;
	int ret = check_range(h, -HUMIDITY_TOLERANCE, 100 + HUMIDITY_TOLERANCE, "a humidity", "%",
			      err);

	if (ret)
		return ret;
	*ret_humidity_percent = fmin(fmax(h, 0.0), 100.0);
	return 0;
}

static int finish_gas(double ohm, double *ret_ohm, struct error *err)
{
	int ret = check_range(ohm, 1, 1e9, "a gas resistance", "ohm", err);

	if (ret)
		return ret;
	*ret_ohm = ohm;
	return 0;
}

int bme680_gas_low(const struct bme680_calibration *calibration, uint16_t adc, uint8_t range,
		   double *ret_ohm, struct error *err)
{
	static const double k1[16] = {0, 0, 0, 0, 0, -1, 0, -0.8, 0, 0, -0.2, -0.5, 0, -1, 0, 0};
	static const double k2[16] = {0, 0, 0, 0, 0.1, 0.7, 0, -0.8, -0.1, 0, 0, 0, 0, 0, 0, 0};
	unsigned r = range & 0x0F;
	double v2 = (1340.0 + 5.0 * calibration->range_switching_error) * (1.0 + k1[r] / 100.0);
	double v3 = 1.0 + k2[r] / 100.0;

	return finish_gas(1.0 / (v3 * 1.25e-7 * (1u << r) * ((adc - 512.0) / v2 + 1.0)), ret_ohm,
			  err);
}

int bme680_gas_high(uint16_t adc, uint8_t range, double *ret_ohm, struct error *err)
{
	return finish_gas(1e6 * (262144u >> (range & 0x0F)) / (4096.0 + 3.0 * (adc - 512.0)),
			  ret_ohm, err);
}

int bme680_heater_code(const struct bme680_calibration *calibration, double target_c,
		       double ambient_c, uint8_t *ret_code, struct error *err)
{
	double v1 = calibration->gh1 / 16.0 + 49.0;
	double v2 = calibration->gh2 / 32768.0 * 0.0005 + 0.00235;
	double v3 = calibration->gh3 / 1024.0;
	double v5 = v1 * (1.0 + v2 * fmin(target_c, BME680_HEATER_MAX_C)) + v3 * ambient_c;
	double code = 3.4 * (v5 * 4.0 / (4.0 + calibration->heat_range) /
				     (1.0 + calibration->heat_value * 0.002) -
			     25.0);
	int ret = check_range(code, 0, 255, "a heater code", "steps", err);

	if (ret)
		return ret;
	*ret_code = (uint8_t)code;
	return 0;
}

uint8_t bme680_gas_wait(unsigned duration_ms)
{
	unsigned factor = 0;

	if (duration_ms >= 0xFC0)
		return 0xFF;
	while (duration_ms > 0x3F) {
		duration_ms /= 4;
		factor++;
	}
	return (uint8_t)(duration_ms + factor * 64);
}

unsigned bme680_duration_us(unsigned temperature_code, unsigned pressure_code,
			    unsigned humidity_code)
{
	static const unsigned cycles[OVERSAMPLING_CODES] = {0, 1, 2, 4, 8, 16};
	const unsigned last = OVERSAMPLING_CODES - 1;
	unsigned sum = cycles[temperature_code < last ? temperature_code : last] +
		       cycles[pressure_code < last ? pressure_code : last] +
		       cycles[humidity_code < last ? humidity_code : last];

	/* Four changes of the measured quantity, five for the gas part, and 1 ms to wake up. */
	return 1963 * sum + 477 * 4 + 477 * 5 + 1000;
}
