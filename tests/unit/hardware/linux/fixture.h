/*
 * The Linux backend on a kernel that is not there (tests/kernel), with the models of the reference
 * build behind it. The clock is the machine's: edges go through a pipe and a poll().
 */
#ifndef TESTS_BUS_LINUX_FIXTURE_H
#define TESTS_BUS_LINUX_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../../kernel/kernel.h"
#include "../../../kernel/wrap.h"
#include "base/clock.h"
#include "base/error.h"
#include "hardware/bus/backend.h"
#include "hardware/linux/linux.h"
#include "simulation/world.h"

#define DHT22_PIN 4
#define BUZZER_PIN 17
#define FAN_PIN 27
#define FREE_PIN 22 /* nothing is soldered to it */

struct fixture {
	struct world *world;
	struct kernel *kernel;
	struct backend *backend;
	struct error err;
};

static struct fixture fixture;

static inline void fixture_open(const struct kernel_options *kernel,
				const struct linux_options *options,
				const struct world_fault *fault)
{
	static const struct linux_options usual = {.root = ""};
	const struct world_config world = {
		.seed = 1,
		.i2c_bus = 1,
		.bme680_address = 0x77,
		.dht22_pin = DHT22_PIN,
		.led_spi = "spi0.0",
		.led_count = 11,
		.buzzer_pin = BUZZER_PIN,
		.buzzer_active_low = true,
		.fan_pin = FAN_PIN,
		.faults = fault,
		.faults_count = fault != NULL,
	};

	fixture = (struct fixture){0};
	assert_int_equal(world_create(&world, clock_system(), &fixture.world, &fixture.err), 0);
	fixture.kernel = kernel_create(world_backend(fixture.world), kernel);
	assert_non_null(fixture.kernel);
	wrap_use(fixture.kernel);
	assert_int_equal(linux_backend_create(options ? options : &usual, &fixture.backend, NULL),
			 0);
}

/* Every file was closed, and nobody was forced. */
static inline void fixture_close(void)
{
	const struct kernel_counters counters = kernel_counters(fixture.kernel);

	backend_destroy(fixture.backend);
	assert_int_equal(counters.files, 0);
	assert_int_equal(counters.forced, 0);
	assert_true(counters.ioctls > 0);
	wrap_use(NULL);
	kernel_destroy(fixture.kernel);
	world_destroy(fixture.world);
}

/* The truth of the world, by a path of keys. */
static inline double fixture_truth(const char *device, const char *field)
{
	json_t *truth = world_to_json(fixture.world);
	double value = json_number_value(json_object_get(json_object_get(truth, device), field));

	json_decref(truth);
	return value;
}

#define assert_near(got, expected, tolerance)                                                      \
	do {                                                                                       \
		double near_got = (got), near_expected = (expected);                               \
		if (!(near_got - near_expected <= (tolerance) &&                                   \
		      near_expected - near_got <= (tolerance)))                                    \
			fail_msg("%s is %.9g, expected %.9g", #got, near_got, near_expected);      \
	} while (0)

#endif
