/* What the tests of simulated devices share: cmocka, doubles, and a climate that stands still. */
#ifndef TESTS_DEVICE_FIXTURE_H
#define TESTS_DEVICE_FIXTURE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "hardware/bus/gpio.h"
#include "hardware/bus/i2c.h"
#include "hardware/bus/spi.h"
#include "simulation/bus/sim.h"
#include "simulation/chip/climate.h"

#define MS 1000000ull /* in ns */
#define SECOND 1000000000ull
#define UNIX_MS 1767225600000ull /* 2026-01-01 */

/* cmocka 1.1.5 compares floats only. */
#define assert_near(got, expected, tolerance)                                                      \
	do {                                                                                       \
		double near_got = (got), near_expected = (expected);                               \
		if (!(fabs(near_got - near_expected) <= (tolerance)))                              \
			fail_msg("%s is %.9g, expected %.9g", #got, near_got, near_expected);      \
	} while (0)

static inline void climate_as_told(void *arg, uint64_t unix_ms, struct climate *ret_climate)
{
	(void)unix_ms;
	*ret_climate = *(const struct climate *)arg;
}

/* A clock at 0 and a backend with i2c bus 1. */
struct bench {
	struct clock_manual clock;
	struct climate climate;
	struct climate_source source;
	struct backend *backend;
	struct i2c_bus *i2c;
};

static inline void bench_init(struct bench *bench)
{
	memset(bench, 0, sizeof(*bench));
	clock_manual_init(&bench->clock, UNIX_MS);
	bench->source = (struct climate_source){climate_as_told, &bench->climate};
	assert_int_equal(sim_backend_create(&bench->clock.base, NULL, &bench->backend, NULL), 0);
	assert_int_equal(sim_add_i2c_bus(bench->backend, 1, NULL), 0);
	assert_int_equal(backend_open_i2c(bench->backend, 1, &bench->i2c, NULL), 0);
}

static inline void bench_finish(struct bench *bench)
{
	i2c_bus_close(bench->i2c);
	backend_destroy(bench->backend);
}

#endif
