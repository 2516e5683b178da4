#include "simulation/scenario.h"

#include <math.h>

#include "base/random.h"

#define MS_PER_S 1000u
#define MS_PER_MINUTE (60 * MS_PER_S)
#define MS_PER_HOUR (60 * MS_PER_MINUTE)
#define MS_PER_DAY (24 * MS_PER_HOUR)
#define PI 3.14159265358979323846

/* One value of a channel's noise, -1..1. */
static double hash_unit(uint64_t seed, unsigned stream, uint64_t index)
{
	struct random random;

	random_init(&random, seed);
	random_init(&random, random_u64(&random) ^ stream);
	random_init(&random, random_u64(&random) ^ index);
	return 2 * random_unit(&random) - 1;
}

/* Smooth noise: random values at regular times, with a cosine from one to the next. */
static double smooth_noise(uint64_t seed, unsigned stream, uint64_t unix_ms, uint64_t knot_ms)
{
	uint64_t knot = unix_ms / knot_ms;
	double part = (double)(unix_ms % knot_ms) / (double)knot_ms;
	double weight = (1 - cos(PI * part)) / 2;

	return hash_unit(seed, stream, knot) * (1 - weight) +
	       hash_unit(seed, stream, knot + 1) * weight;
}

static double noise(uint64_t seed, enum scenario_channel channel, unsigned layer, uint64_t unix_ms,
		    uint64_t knot_ms)
{
	return smooth_noise(seed, (unsigned)channel * 16u + layer, unix_ms, knot_ms);
}

/* A daily wave: 1 at `peak_hour`, -1 half a day later. */
static double day_wave(uint64_t unix_ms, double peak_hour)
{
	double hour = (double)(unix_ms % MS_PER_DAY) / MS_PER_HOUR;

	return cos((hour - peak_hour) / 24 * 2 * PI);
}

static double temperature(uint64_t seed, uint64_t unix_ms)
{
	return 21.4 + 1.4 * day_wave(unix_ms, 16) +
	       0.5 * noise(seed, SCENARIO_TEMPERATURE, 0, unix_ms, 6 * MS_PER_HOUR) +
	       0.2 * noise(seed, SCENARIO_TEMPERATURE, 1, unix_ms, 10 * MS_PER_MINUTE) +
	       0.03 * noise(seed, SCENARIO_TEMPERATURE, 2, unix_ms, 5 * MS_PER_S);
}

/* Warmer air with the same water has a lower relative humidity, so it falls as temperature rises.
 */
static double humidity(uint64_t seed, uint64_t unix_ms)
{
	return 47 - 2.2 * (temperature(seed, unix_ms) - 21.4) +
	       5 * noise(seed, SCENARIO_HUMIDITY, 0, unix_ms, 9 * MS_PER_HOUR) +
	       1 * noise(seed, SCENARIO_HUMIDITY, 1, unix_ms, 15 * MS_PER_MINUTE) +
	       0.15 * noise(seed, SCENARIO_HUMIDITY, 2, unix_ms, 5 * MS_PER_S);
}

static double pressure(uint64_t seed, uint64_t unix_ms)
{
	return 101300 + 1400 * noise(seed, SCENARIO_PRESSURE, 0, unix_ms, 2 * MS_PER_DAY) +
	       60 * day_wave(2 * unix_ms, 20) + /* atmospheric tides: two a day */
	       100 * noise(seed, SCENARIO_PRESSURE, 1, unix_ms, 3 * MS_PER_HOUR) +
	       2 * noise(seed, SCENARIO_PRESSURE, 2, unix_ms, 2 * MS_PER_S);
}

/* Stale air lowers the resistance: people are at home in the evening. */
static double gas_resistance(uint64_t seed, uint64_t unix_ms)
{
	double logarithm =
		log(125000) - 0.3 * day_wave(unix_ms, 20) +
		0.25 * noise(seed, SCENARIO_GAS_RESISTANCE, 0, unix_ms, 4 * MS_PER_HOUR) +
		0.1 * noise(seed, SCENARIO_GAS_RESISTANCE, 1, unix_ms, 20 * MS_PER_MINUTE) +
		0.01 * noise(seed, SCENARIO_GAS_RESISTANCE, 2, unix_ms, 5 * MS_PER_S);

	return exp(logarithm);
}

static double light(uint64_t seed, uint64_t unix_ms)
{
	double sun = fmax(0, day_wave(unix_ms, 12.5) + 0.15);
	double clouds = 0.7 + 0.2 * noise(seed, SCENARIO_LIGHT, 0, unix_ms, 2 * MS_PER_HOUR) +
			0.1 * noise(seed, SCENARIO_LIGHT, 1, unix_ms, 3 * MS_PER_MINUTE);
	/* At night some light comes from the street. */
	double night = 1.5 + 0.5 * noise(seed, SCENARIO_LIGHT, 2, unix_ms, MS_PER_MINUTE);

	return 520 * sun * clouds + night;
}

/* Cooking and traffic raise the dust in the evening. */
static double dust(uint64_t seed, uint64_t unix_ms)
{
	return exp(log(11) + 0.4 * day_wave(unix_ms, 19) +
		   0.35 * noise(seed, SCENARIO_DUST, 0, unix_ms, 3 * MS_PER_HOUR) +
		   0.15 * noise(seed, SCENARIO_DUST, 1, unix_ms, 20 * MS_PER_MINUTE) +
		   0.02 * noise(seed, SCENARIO_DUST, 2, unix_ms, 10 * MS_PER_S));
}

double scenario_value(uint64_t seed, enum scenario_channel channel, uint64_t unix_ms)
{
	switch (channel) {
	case SCENARIO_TEMPERATURE:
		return temperature(seed, unix_ms);
	case SCENARIO_HUMIDITY:
		return humidity(seed, unix_ms);
	case SCENARIO_PRESSURE:
		return pressure(seed, unix_ms);
	case SCENARIO_GAS_RESISTANCE:
		return gas_resistance(seed, unix_ms);
	case SCENARIO_LIGHT:
		return light(seed, unix_ms);
	case SCENARIO_DUST:
		return dust(seed, unix_ms);
	}
	return NAN;
}
