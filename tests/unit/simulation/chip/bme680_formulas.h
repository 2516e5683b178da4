/*
 * The BME680's compensation in doubles, from the data sheet, with the calibration of the vectors
 * put in as numbers: shares nothing with the model that it checks.
 */
#ifndef TESTS_DEVICE_BME680_FORMULAS_H
#define TESTS_DEVICE_BME680_FORMULAS_H

#include <math.h>

static inline double formula_fine(double adc)
{
	double x = adc / 131072 - 26041 / 8192.0;

	return (adc / 16384 - 26041 / 1024.0) * 26469 + x * x * 3 * 16;
}

static inline double formula_celsius(double adc)
{
	return formula_fine(adc) / 5120;
}

static inline double formula_pascal(double adc, double fine)
{
	double x = fine / 2 - 64000;
	double offset = (x * x * 30 / 131072 + x * -129 * 2) / 4 + 7310 * 65536.0;
	double slope = (1 + (88 * x * x / 16384 - 10515 * x) / 524288 / 32768) * 36673;
	double p = (1048576 - adc - offset / 4096) * 6250 / slope;

	return p + (-2379 * p * p / 0x1p31 - p * 3177 / 32768 + pow(p / 256, 3) * 30 / 131072 +
		    46 * 128) /
			   16;
}

static inline double formula_percent(double adc, double fine)
{
	double t = fine / 5120;
	double x =
		(adc - 676 * 16) * 1029 / 262144 * (1 + 45 / 16384.0 * t + 20 / 1048576.0 * t * t);

	return x + (120 / 16384.0 - 100 / 2097152.0 * t) * x * x;
}

static inline double formula_gas_low(int adc, int range)
{
	static const double first[16] = {[5] = -1, [7] = -0.8, [10] = -0.2, [11] = -0.5, [13] = -1};
	static const double second[16] = {[4] = 0.1, [5] = 0.7, [7] = -0.8, [8] = -0.1};
	double span = 1340 * (1 + first[range] / 100);

	return 1 / ((1 + second[range] / 100) * 1.25e-7 * (1 << range) * ((adc - 512) / span + 1));
}

static inline double formula_gas_high(int adc, int range)
{
	return 1e6 * (262144 >> range) / (4096 + 3 * (adc - 512));
}

#endif
