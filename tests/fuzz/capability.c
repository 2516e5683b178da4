/*
 * A plugin's host calls, against the simulated world behind a guard: the first byte says what was
 * granted, the second whether it is a candidate, then each step has a byte: which function is
 * called (its arguments follow as a length and CBOR), or what happens meanwhile. Nothing may be
 * touched without a grant, and every call is answered once, by a value of its type.
 */
#include "capability/capability.h"

#include "base/clock.h"
#include "base/error.h"
#include "capability/host.h"
#include "config/config.h"
#include "echo.h"
#include "fuzz.h"
#include "guard.h"
#include "item.h"
#include "memory_store.h"
#include "simulation/world.h"
#include "wire/value.h"

#define CALLS_MAX 48
#define ARGUMENTS_SIZE_MAX 16384

/* New ones go to the end: the inputs that are kept name them by their place. */
static const struct {
	const char *interface, *function;
} functions[] = {
	{"gpio-provider", "read-dht22"},
	{"gpio-provider", "get-timestamp-ms"},
	{"gpio-provider", "get-cpu-temp"},
	{"gpio-provider", "read-bme680"},
	{"led-controller", "set-led"},
	{"led-controller", "set-all"},
	{"led-controller", "set-two"},
	{"led-controller", "clear"},
	{"led-controller", "sync-leds"},
	{"buzzer-controller", "buzz"},
	{"buzzer-controller", "beep"},
	{"fan-controller", "set-fan"},
	{"fan-controller", "get-fan-state"},
	{"system-info", "get-memory-usage"},
	{"system-info", "get-cpu-usage"},
	{"system-info", "get-uptime"},
	{"i2c", "transfer"},
	{"i2c", "write-read"},
	{"spi", "transfer"},
	{"spi", "transfer-device"},
	{"uart", "read"},
	{"uart", "write"},
	{"uart", "set-baud"},
	{"uart", "read-port"},
	{"uart", "write-port"},
	{"uart", "set-port-baud"},
	{"one-wire", "devices"},
	{"one-wire", "read-temperature"},
	{"gpio", "read"},
	{"gpio", "write"},
	{"gpio", "set-mode"},
	{"gpio", "capture-edges"},
	{"log", "write"},
	{"settings", "get-all"},
	{"i2c", "no-such-function"},
	{"no-such-interface", "read"},
	{"state", "get"},
	{"state", "set"},
	{"state", "delete"},
	{"state", "keys"},
};

#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

enum step { STEP_WAIT = 0xFF, STEP_ABANDON = 0xFE, STEP_CYCLE_END = 0xFD, STEP_PASS = 0xFC };

/* Bits of the first byte. */
enum grant {
	GRANT_LEDS = 1,
	GRANT_BUZZER = 2,
	GRANT_FAN = 4,
	GRANT_BME680 = 8,
	GRANT_SSD1306 = 16,
	GRANT_DHT22 = 32,
	GRANT_LINE = 64, /* with nothing on it */
	GRANT_PORTS = 128,
};

#define BME680_ADDRESS 0x77
#define SSD1306_ADDRESS 0x3C
#define DHT22_LINE 4
#define FREE_LINE 22

struct call {
	struct capability_call *out; /* NULL: it has ended */
	const char *signature;
	unsigned answers;
	bool is_abandoned;
};

struct bench {
	uv_loop_t loop;
	struct clock_manual clock;
	struct config config;
	struct world *world;
	struct guard guard;
	struct echo echo;
	struct memory_store store;
	struct permission permission;
	struct capability_host *host;
	struct capability_client client;
	struct call calls[CALLS_MAX];
	size_t calls_count;
	uint8_t granted;
	bool closed;
};

static void set_config(struct config *config)
{
	config->sensors.dht22_pin = DHT22_LINE;
	config->sensors.bme680_address = BME680_ADDRESS;
	config->leds.count = 11;
	config->leds.brightness = 255;
	config->leds.spi = (char *)"spi0.0";
	config->buzzer.gpio_pin = 17;
	config->buzzer.active_low = true;
	config->buzzer.max_on_seconds = 5;
	config->fan.gpio_pin = 27;
	config->fan.threshold_on = 60;
	config->fan.threshold_off = 50;
	config->hardware.i2c_bus = 1;
}

static void open_world(struct bench *bench)
{
	const struct world_config config = {
		.seed = 1,
		.i2c_bus = 1,
		.bme680_address = BME680_ADDRESS,
		.dht22_pin = DHT22_LINE,
		.led_spi = "spi0.0",
		.led_count = 11,
		.buzzer_pin = 17,
		.buzzer_active_low = true,
		.fan_pin = 27,
	};

	clock_manual_init(&bench->clock, 1750000000000);
	CHECK(!world_create(&config, &bench->clock.base, &bench->world, NULL));
	echo_init(&bench->echo);
	CHECK(!sim_attach_spi(world_backend(bench->world), "spi0.1", &bench->echo.spi, NULL));
	CHECK(!sim_attach_uart(world_backend(bench->world), "serial0", &bench->echo.uart, NULL));
}

static void grant_i2c(struct bench *bench, uint8_t bit, uint16_t address)
{
	if (!(bench->granted & bit))
		return;
	permission_add_i2c(&bench->permission, address);
	bench->guard.i2c[address] = true;
}

static void grant_gpio(struct bench *bench, uint8_t bit, uint8_t line)
{
	if (!(bench->granted & bit))
		return;
	permission_add_gpio(&bench->permission, line, PERMISSION_IN_OUT);
	bench->guard.gpio[line] = true;
}

static void grant(struct bench *bench)
{
	permission_init(&bench->permission);
	bench->permission.leds = bench->granted & GRANT_LEDS;
	bench->permission.buzzer = bench->granted & GRANT_BUZZER;
	bench->permission.fan = bench->granted & GRANT_FAN;
	grant_i2c(bench, GRANT_BME680, BME680_ADDRESS);
	grant_i2c(bench, GRANT_SSD1306, SSD1306_ADDRESS);
	grant_gpio(bench, GRANT_DHT22, DHT22_LINE);
	grant_gpio(bench, GRANT_LINE, FREE_LINE);
	if (!(bench->granted & GRANT_PORTS))
		return;
	CHECK(permission_add_spi(&bench->permission, "spi0.1"));
	CHECK(permission_add_uart(&bench->permission, "serial0"));
	bench->guard.names[bench->guard.names_count++] = "spi0.1";
	bench->guard.names[bench->guard.names_count++] = "serial0";
}

static void bench_open(struct bench *bench, uint8_t granted, bool is_candidate)
{
	json_t *missing;

	memset(bench, 0, sizeof(*bench));
	CHECK(!uv_loop_init(&bench->loop));
	set_config(&bench->config);
	open_world(bench);
	guard_init(&bench->guard, world_backend(bench->world));
	bench->granted = granted;
	grant(bench);
	CHECK(!capability_host_create(&bench->loop, &bench->config, &bench->guard.base,
				      &bench->clock.base, "/nonexistent", &bench->host, NULL));
	missing = capability_host_missing(bench->host);
	CHECK(json_array_size(missing) == 0);
	json_decref(missing);
	memory_store_init(&bench->store);
	CHECK(!capability_host_keep_state(bench->host, &bench->store.base, NULL));
	bench->guard.is_armed = true;
	bench->client = (struct capability_client){.name = "plugin",
						   .host = bench->host,
						   .permission = &bench->permission,
						   .state_quota = MEMORY_STORE_SIZE,
						   .is_candidate = is_candidate};
}

static bool is_result(const cbor_item_t *value)
{
	return cbor_isa_array(value) && cbor_array_size(value) == 2 &&
	       value_is_bool(cbor_array_handle(value)[0]);
}

/* By the start of the type alone. */
static bool fits(const char *signature, const cbor_item_t *value)
{
	const char *type = strstr(signature, ") -> ");

	if (!type)
		return !value;
	type += 5;
	if (!value)
		return false;
	if (!strncmp(type, "result<", 7))
		return is_result(value);
	if (!strncmp(type, "tuple<", 6))
		return cbor_isa_array(value);
	if (!strcmp(type, "bool"))
		return value_is_bool(value);
	if (!strcmp(type, "string"))
		return cbor_isa_string(value);
	if (*type == 'u')
		return cbor_isa_uint(value);
	return cbor_isa_float_ctrl(value) && !value_is_bool(value) && !value_is_null(value);
}

static void on_answer(void *arg, const cbor_item_t *value)
{
	struct call *call = arg;

	CHECK(!call->is_abandoned);
	CHECK(fits(call->signature, value));
	call->answers++;
	call->out = NULL;
}

static void start_call(struct bench *bench, unsigned index, const cbor_item_t *args)
{
	struct call *call = &bench->calls[bench->calls_count++];
	struct capability_call *out = NULL;
	struct error err = {0};
	int ret;

	call->signature =
		capability_signature(functions[index].interface, functions[index].function);
	ret = capability_dispatch(&bench->client, functions[index].interface,
				  functions[index].function, args, on_answer, call, &out, &err);
	CHECK((ret == ERROR_NOT_FOUND) == (call->signature == NULL));
	if (ret) {
		CHECK(call->answers == 0 && !out && *err.text);
		call->answers = 1; /* none is expected */
		return;
	}
	CHECK((out == NULL) == (call->answers == 1));
	call->out = out;
}

static void take_call(struct bench *bench, unsigned index, struct feed *feed)
{
	size_t size, wanted = feed_u16(feed) % ARGUMENTS_SIZE_MAX;
	const uint8_t *data = feed_bytes(feed, wanted, &size);
	cbor_item_t *args = item_load(data, size);

	if (args) {
		start_call(bench, index, args);
		cbor_decref(&args);
	}
}

static void wait_for_all(struct bench *bench)
{
	for (size_t i = 0; i < bench->calls_count; i++) {
		while (bench->calls[i].out)
			uv_run(&bench->loop, UV_RUN_ONCE);
		CHECK(bench->calls[i].answers == !bench->calls[i].is_abandoned);
	}
}

static void abandon(struct call *call)
{
	if (!call->out)
		return;
	call->is_abandoned = true;
	capability_call_abandon(call->out);
	call->out = NULL;
}

static void step(struct bench *bench, struct feed *feed)
{
	uint8_t kind = feed_u8(feed);

	switch (kind) {
	case STEP_WAIT:
		wait_for_all(bench);
		break;
	case STEP_ABANDON:
		if (bench->calls_count)
			abandon(&bench->calls[feed_u8(feed) % bench->calls_count]);
		break;
	case STEP_CYCLE_END:
		capability_cycle_end(bench->host);
		break;
	case STEP_PASS:
		/* Jobs read the clock on their threads, in an order that no input decides. */
		wait_for_all(bench);
		clock_manual_advance_ns(&bench->clock, feed_u32(feed));
		break;
	default:
		take_call(bench, kind % FUNCTIONS, feed);
	}
}

static bool is_dark(const json_t *leds)
{
	for (size_t i = 0; i < json_array_size(leds); i++) {
		if (strcmp(json_string_value(json_array_get(leds, i)), "000000") != 0)
			return false;
	}
	return true;
}

static json_int_t switched(json_t *truth, const char *relay)
{
	json_t *it = json_object_get(json_object_get(truth, "relays"), relay);

	return json_integer_value(json_object_get(it, "switched"));
}

/* What was not granted, and all outputs of a candidate, are as they were. */
static void check_truth(const struct bench *bench, json_t *before)
{
	json_t *truth = world_to_json(bench->world);
	uint8_t granted = bench->client.is_candidate ? 0 : bench->granted;

	CHECK(truth);
	CHECK(granted & GRANT_LEDS || is_dark(json_object_get(truth, "leds")));
	CHECK(json_integer_value(json_object_get(truth, "leds_malformed")) == 0);
	CHECK(granted & GRANT_BUZZER || switched(truth, "buzzer") == 0);
	CHECK(granted & GRANT_FAN || switched(truth, "fan") == 0);
	CHECK(bench->granted & GRANT_SSD1306 ||
	      json_equal(json_object_get(truth, "ssd1306"), json_object_get(before, "ssd1306")));
	json_decref(truth);
}

static void on_closed(void *arg)
{
	*(bool *)arg = true;
}

/* The plugin ends with some of its calls still out; the host is closed while their jobs run. */
static void bench_close(struct bench *bench, bool is_failure)
{
	json_t *truth;

	for (size_t i = 0; i < bench->calls_count; i++)
		abandon(&bench->calls[i]);
	capability_client_end(&bench->client, is_failure);
	capability_host_close(bench->host, on_closed, &bench->closed);
	CHECK(!uv_run(&bench->loop, UV_RUN_DEFAULT));
	CHECK(bench->closed);
	memory_store_finish(&bench->store);
	truth = world_to_json(bench->world);
	/* Safe: nothing sounds, turns or shines any more. */
	CHECK(truth && is_dark(json_object_get(truth, "leds")));
	json_decref(truth);
	world_destroy(bench->world);
	CHECK(!uv_loop_close(&bench->loop));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed feed = {data, size};
	static struct bench bench;
	uint8_t granted = feed_u8(&feed), mode = feed_u8(&feed);
	json_t *before;

	bench_open(&bench, granted, mode & 1);
	before = world_to_json(bench.world);
	CHECK(before);
	while (feed.size && bench.calls_count < CALLS_MAX)
		step(&bench, &feed);
	if (!(mode & 2))
		wait_for_all(&bench);
	/* The bus of a job that still runs may be in the middle of something that was granted. */
	check_truth(&bench, before);
	bench_close(&bench, mode & 4);
	json_decref(before);
	return 0;
}
