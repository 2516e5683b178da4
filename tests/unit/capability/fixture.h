/*
 * A plugin's calls against the simulated world: real drivers, real queues, a clock that stands
 * still but for sleeps.
 */
#ifndef TESTS_CAPABILITY_FIXTURE_H
#define TESTS_CAPABILITY_FIXTURE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "capability/capability.h"
#include "capability/host.h"
#include "config/config.h"
#include "simulation/world.h"
#include "wire/value.h"

#define NS_PER_MS 1000000u

struct fixture {
	uv_loop_t loop;
	struct clock_manual clock;
	struct config config;
	struct config_plugin plugin;
	struct world *world;
	const struct world_fault *faults; /* of the world; set before fixture_open() */
	size_t faults_count;
	const char *const *extra; /* devices of the world; the same */
	size_t extra_count;
	struct capability_host *host;
	struct permission permission;
	struct capability_client client;
	json_t *missing;
	/* The last call: */
	unsigned answers;
	cbor_item_t *value; /* a reference of its own; NULL: the function has no result */
	struct error err;
	unsigned closed;
};

static inline void fixture_config(struct fixture *f)
{
	f->config.sensors.dht22_pin = 4;
	f->config.sensors.bme680_address = 0x77;
	f->config.leds.count = 11;
	f->config.leds.brightness = 255;
	f->config.leds.spi = (char *)"spi0.0";
	f->config.buzzer.gpio_pin = 17;
	f->config.buzzer.active_low = true;
	f->config.buzzer.max_on_seconds = 5;
	f->config.fan.gpio_pin = 27;
	f->config.fan.threshold_on = 60;
	f->config.fan.threshold_off = 50;
	f->config.hardware.i2c_bus = 1;
	f->plugin.name = (char *)"test";
	f->plugin.led = -1;
	f->config.plugins = &f->plugin;
	f->config.plugins_count = 1;
}

static inline void fixture_open(struct fixture *f)
{
	const struct world_config world = {
		.seed = 1,
		.i2c_bus = 1,
		.bme680_address = 0x77,
		.dht22_pin = 4,
		.led_spi = "spi0.0",
		.led_count = 11,
		.buzzer_pin = 17,
		.buzzer_active_low = true,
		.fan_pin = 27,
		.extra = f->extra,
		.extra_count = f->extra_count,
		.faults = f->faults,
		.faults_count = f->faults_count,
	};

	assert_int_equal(uv_loop_init(&f->loop), 0);
	clock_manual_init(&f->clock, 1750000000000);
	assert_int_equal(world_create(&world, &f->clock.base, &f->world, &f->err), 0);
	assert_int_equal(capability_host_create(&f->loop, &f->config, world_backend(f->world),
						&f->clock.base, "/nonexistent", &f->host, &f->err),
			 0);
	f->missing = capability_host_missing(f->host);
	f->client = (struct capability_client){
		.name = "test", .host = f->host, .permission = &f->permission};
}

static inline int fixture_setup(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	fixture_config(&fixture);
	fixture_open(&fixture);
	*state = &fixture;
	return 0;
}

static inline void fixture_closed(void *arg)
{
	((struct fixture *)arg)->closed++;
}

static inline void fixture_close(struct fixture *f)
{
	capability_host_close(f->host, fixture_closed, f);
	f->host = NULL;
	assert_int_equal(f->closed, 0);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(f->closed, 1);
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	if (f->host)
		fixture_close(f);
	json_decref(f->missing);
	world_destroy(f->world);
	if (f->value)
		cbor_decref(&f->value);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	return 0;
}

static inline void fixture_answer(void *arg, const cbor_item_t *value)
{
	struct fixture *f = arg;

	f->answers++;
	if (f->value)
		cbor_decref(&f->value);
	f->value = value ? cbor_incref((cbor_item_t *)value) : NULL;
}

/* The arguments are taken. */
static inline int fixture_dispatch(struct fixture *f, const char *interface, const char *function,
				   cbor_item_t *args, struct capability_call **ret_call)
{
	int ret;

	assert_non_null(args);
	ret = capability_dispatch(&f->client, interface, function, args, fixture_answer, f,
				  ret_call, &f->err);
	cbor_decref(&args);
	return ret;
}

/* Call, and wait for the answer. */
static inline void fixture_call(struct fixture *f, const char *interface, const char *function,
				cbor_item_t *args)
{
	struct capability_call *call = NULL;
	unsigned before = f->answers;

	assert_int_equal(fixture_dispatch(f, interface, function, args, &call), 0);
	assert_true((call == NULL) == (f->answers > before));
	while (f->answers == before)
		assert_true(uv_run(&f->loop, UV_RUN_ONCE) || f->answers > before);
	assert_int_equal(f->answers, before + 1);
}

/* The payload of the result that came, which must be an ok, or an error. */
static inline const cbor_item_t *fixture_payload(struct fixture *f, bool ok)
{
	assert_non_null(f->value);
	assert_int_equal(cbor_array_size(f->value), 2);
	if (cbor_get_bool(cbor_array_handle(f->value)[0]) != ok)
		fail_msg("got %s", ok ? "an error" : "an ok");
	return cbor_array_handle(f->value)[1];
}

static inline void fixture_assert_error(struct fixture *f, const char *expected)
{
	const cbor_item_t *text = fixture_payload(f, false);
	size_t size = cbor_string_length(text);

	if (size != strlen(expected) || memcmp(cbor_string_handle(text), expected, size))
		fail_msg("got \"%.*s\", expected \"%s\"", (int)size,
			 (const char *)cbor_string_handle(text), expected);
}

static inline double fixture_float(const cbor_item_t *array, size_t index)
{
	return (double)cbor_float_get_float(cbor_array_handle(array)[index]);
}

#define ARGS(...) value_array(__VA_ARGS__)
#define U(number) value_unsigned(number)

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif
