/*
 * Calibrations for the tests of arithmetic: a chip's 256 registers, drawn at random in four ways,
 * so that wild ones come as often as those whose values can be believed. And sums that carry a
 * bound of their rounding error along.
 */
#ifndef TESTS_DEVICE_CALIBRATIONS_H
#define TESTS_DEVICE_CALIBRATIONS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/random.h"

#define CALIBRATIONS 1000000
#define CALIBRATION_REGISTERS 256

/* All random; all at the ends of their ranges; a real one with one byte changed, and with noise. */
static inline void calibration_draw(struct random *random, const uint8_t *real, uint8_t *ret_image)
{
	static const uint8_t ends[] = {0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff};
	uint64_t way = random_u64(random) % 4;

	memcpy(ret_image, real, CALIBRATION_REGISTERS);
	for (unsigned i = 0; i < CALIBRATION_REGISTERS; i++) {
		uint64_t draw = way < 2 || (way == 3 && i % 2 == 0) ? random_u64(random) : 0;

		if (way == 0)
			ret_image[i] = (uint8_t)draw;
		else if (way == 1)
			ret_image[i] = ends[draw % sizeof(ends)];
		else if (way == 3) /* the low bytes of most words */
			ret_image[i] = (uint8_t)(ret_image[i] ^ draw % 16);
	}
	if (way == 2)
		ret_image[random_u64(random) % CALIBRATION_REGISTERS] = (uint8_t)random_u64(random);
}

/* One in four at the ends of its range of `bits`. */
static inline uint32_t word_draw(struct random *random, unsigned bits)
{
	uint32_t max = (1u << bits) - 1, word = (uint32_t)random_u64(random) & max;

	switch (random_u64(random) % 8) {
	case 0:
		return 0;
	case 1:
		return max;
	default:
		return word;
	}
}

/* A value, and how far a sum in doubles may be from it. */
struct bounded {
	long double value, error;
};

#define ROUNDING 0x1p-50L /* a few roundings of a double */

static inline struct bounded exactly(long double value)
{
	return (struct bounded){value, 0};
}

static inline struct bounded plus(struct bounded a, struct bounded b)
{
	long double value = a.value + b.value;

	return (struct bounded){value,
				a.error + b.error + ROUNDING * (fabsl(a.value) + fabsl(b.value))};
}

static inline struct bounded times(struct bounded a, struct bounded b)
{
	long double value = a.value * b.value;

	return (struct bounded){value, a.error * fabsl(b.value) + b.error * fabsl(a.value) +
					       a.error * b.error + ROUNDING * fabsl(value)};
}

static inline struct bounded scaled(struct bounded a, long double factor)
{
	return times(a, exactly(factor));
}

/* INFINITY as the error where the divisor may be 0. */
static inline struct bounded over(struct bounded a, struct bounded b)
{
	long double least = fabsl(b.value) - b.error, value = a.value / b.value;

	if (!(least > 0))
		return (struct bounded){0, INFINITY};
	return (struct bounded){value, (a.error + fabsl(value) * b.error) / least +
					       ROUNDING * fabsl(value)};
}

/* Can the two be the same? */
static inline bool agrees(double got, struct bounded expected)
{
	return !isfinite(expected.error) || fabsl(got - expected.value) <= expected.error;
}

/* Surely within, surely outside, or too near to an end to say (also where nothing is known). */
enum where { INSIDE, OUTSIDE, UNSURE };

static inline enum where where_is(struct bounded value, long double low, long double high)
{
	if (value.value - value.error > low && value.value + value.error < high)
		return INSIDE;
	if (value.value + value.error < low || value.value - value.error > high)
		return OUTSIDE;
	return UNSURE;
}

#endif
