#include "capability/host.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capability/internal.h"
#include "fixture.h"
#include "hardware/driver/fan.h"
#include "simulation/bus/sim.h"

static int spi_not(struct sim_spi_device *device, uint8_t mode, uint32_t speed_hz,
		   const uint8_t *out, uint8_t *ret_in, size_t size)
{
	(void)device;
	assert_int_equal(mode, 0);
	assert_true(speed_hz > 0);
	for (size_t i = 0; i < size; i++)
		ret_in[i] = (uint8_t)~out[i];
	return 0;
}

/* Hands back what was written, and keeps the rate of it. */
struct echo {
	struct sim_uart_device device;
	uint8_t data[64];
	size_t size;
	uint32_t baud;
};

static size_t echo_read(struct sim_uart_device *device, uint32_t baud, uint64_t now_ns,
			uint8_t *ret_data, size_t max)
{
	struct echo *echo = (struct echo *)device;
	size_t size = echo->size < max ? echo->size : max;

	(void)baud;
	(void)now_ns;
	memcpy(ret_data, echo->data, size);
	memmove(echo->data, echo->data + size, echo->size - size);
	echo->size -= size;
	return size;
}

static void echo_write(struct sim_uart_device *device, uint32_t baud, const uint8_t *data,
		       size_t size)
{
	struct echo *echo = (struct echo *)device;

	assert_true(size <= sizeof(echo->data));
	memcpy(echo->data, data, size);
	echo->size = size;
	echo->baud = baud;
}

/* A backend with no buses but for an spi device and a serial port of the test's own. */
struct bare {
	struct fixture f;
	struct backend *backend;
	struct sim_spi_device spi;
	struct echo echo;
};

static int setup_bare(void **state)
{
	static const struct sim_spi_device_ops spi_ops = {.transfer = spi_not};
	static const struct sim_uart_device_ops uart_ops = {.read = echo_read, .write = echo_write};
	static struct bare bare;
	struct fixture *f = &bare.f;

	memset(&bare, 0, sizeof(bare));
	bare.spi.ops = &spi_ops;
	bare.echo.device.ops = &uart_ops;
	fixture_config(f);
	clock_manual_init(&f->clock, 0);
	assert_int_equal(uv_loop_init(&f->loop), 0);
	assert_int_equal(sim_backend_create(&f->clock.base, NULL, &bare.backend, NULL), 0);
	assert_int_equal(sim_attach_spi(bare.backend, "spi0.1", &bare.spi, NULL), 0);
	assert_int_equal(sim_attach_uart(bare.backend, "serial0", &bare.echo.device, NULL), 0);
	assert_int_equal(capability_host_create(&f->loop, &f->config, bare.backend, &f->clock.base,
						"", &f->host, NULL),
			 0);
	f->missing = capability_host_missing(f->host);
	f->client = (struct capability_client){
		.name = "test", .host = f->host, .permission = &f->permission};
	*state = f;
	return 0;
}

static int teardown_bare(void **state)
{
	struct bare *bare = *state;
	struct backend *backend = bare->backend;
	int ret = fixture_teardown(state);

	backend_destroy(backend);
	return ret;
}

static void test_missing_devices(void **state)
{
	struct fixture *f = *state;

	/* The i2c bus and the LEDs' spi device. */
	assert_int_equal(json_array_size(f->missing), 2);
	f->permission = (struct permission){
		.i2c = {0x77}, .i2c_count = 1, .leds = true, .buzzer = true, .fan = true};
	fixture_call(f, "gpio-provider", "read-bme680", ARGS(1, U(0x77)));
	fixture_assert_error(f, json_string_value(json_array_get(f->missing, 0)));
	fixture_call(f, "i2c", "transfer", ARGS(3, U(0x77), value_text(""), U(1)));
	fixture_assert_error(f, json_string_value(json_array_get(f->missing, 0)));
	fixture_call(f, "i2c", "write-read", ARGS(4, U(1), U(0x77), value_bytes(NULL, 0), U(1)));
	fixture_assert_error(f, "invalid");
	fixture_call(f, "i2c", "check-bus", ARGS(1, U(1)));
	fixture_assert_error(f, json_string_value(json_array_get(f->missing, 0)));
	fixture_call(f, "led-controller", "clear", ARGS(0));
	fixture_call(f, "led-controller", "sync-leds", ARGS(0));
	capability_cycle_end(f->host);
	assert_false(f->client.touched_simulated);
}

static void count_found(void *arg, const char *device)
{
	unsigned *found = arg;

	assert_string_equal(device, "the i2c bus");
	++*found;
}

/* As at boot, when the node is up before the kernel's driver has made the bus. */
static void test_device_comes_later(void **state)
{
	struct bare *bare = *state;
	struct fixture *f = &bare->f;
	unsigned found = 0;

	f->permission = (struct permission){.i2c = {0x77}, .i2c_count = 1};
	capability_host_watch(f->host, count_found, &found);
	capability_devices_open(f->host);
	assert_int_equal(found, 0);
	assert_int_equal(sim_add_i2c_bus(bare->backend, 1, NULL), 0);
	capability_devices_open(f->host);
	capability_devices_open(f->host);
	assert_int_equal(found, 1);
	json_decref(f->missing);
	f->missing = capability_host_missing(f->host);
	assert_int_equal(json_array_size(f->missing), 1);
	fixture_call(f, "i2c", "check-bus", ARGS(1, U(1)));
	fixture_payload(f, true);
}

static void test_spi(void **state)
{
	struct fixture *f = *state;
	const cbor_item_t *bytes;
	uint8_t large[4097] = {0};

	f->permission.spi_count = 3;
	snprintf(f->permission.spi[0], sizeof(f->permission.spi[0]), "spi0.1");
	snprintf(f->permission.spi[1], sizeof(f->permission.spi[1]), "spi9.9");
	snprintf(f->permission.spi[2], sizeof(f->permission.spi[2]), "spi0.0");
	fixture_call(f, "spi", "transfer-device",
		     ARGS(2, value_text("spi0.1"), value_bytes((const uint8_t *)"\x0F\xFF", 2)));
	bytes = fixture_payload(f, true);
	assert_int_equal(cbor_bytestring_length(bytes), 2);
	assert_memory_equal(cbor_bytestring_handle(bytes), "\xF0\x00", 2);
	assert_true(f->client.touched_simulated);
	fixture_call(f, "spi", "transfer-device",
		     ARGS(2, value_text("spi0.1"), value_bytes(large, 4096)));
	assert_int_equal(cbor_bytestring_length(fixture_payload(f, true)), 4096);
	fixture_call(f, "spi", "transfer-device",
		     ARGS(2, value_text("spi0.1"), value_bytes(large, 4097)));
	fixture_assert_error(f, "an spi transfer has at most 4096 bytes: make several");
	fixture_call(f, "spi", "transfer-device",
		     ARGS(2, value_text("spi9.9"), value_bytes(large, 1)));
	fixture_payload(f, false);
	fixture_call(f, "spi", "transfer-device",
		     ARGS(2, value_text("../mem"), value_bytes(large, 1)));
	fixture_assert_error(f, "no valid name of an spi device: expected 1 to 31 letters, "
				"digits, '.', '-' or '_'");
	/* A name of 31 bytes is one, a longer one is none. */
	fixture_call(f, "spi", "transfer-device",
		     ARGS(2, value_text("0123456789012345678901234567890"), value_bytes(large, 1)));
	assert_int_equal(f->client.denied, 1);
	fixture_call(
		f, "spi", "transfer-device",
		ARGS(2, value_text("01234567890123456789012345678901"), value_bytes(large, 1)));
	fixture_assert_error(f, "no valid name of an spi device: expected 1 to 31 letters, "
				"digits, '.', '-' or '_'");
}

static void test_uart(void **state)
{
	struct fixture *f = *state;
	struct bare *bare = (struct bare *)f;
	uint8_t large[4097] = {0};

	f->permission.uart_count = 1;
	snprintf(f->permission.uart[0], sizeof(f->permission.uart[0]), "serial0");
	fixture_call(f, "uart", "write", ARGS(1, value_bytes((const uint8_t *)"hello", 5)));
	assert_int_equal(cbor_get_int(fixture_payload(f, true)), 5);
	assert_int_equal(bare->echo.baud, 9600);
	fixture_call(f, "uart", "read", ARGS(1, U(2)));
	assert_memory_equal(cbor_bytestring_handle(fixture_payload(f, true)), "he", 2);
	fixture_call(f, "uart", "read-port", ARGS(2, value_text("serial0"), U(UINT32_MAX)));
	assert_int_equal(cbor_bytestring_length(fixture_payload(f, true)), 3);
	/* Nothing came: that is no error. */
	fixture_call(f, "uart", "read", ARGS(1, U(10)));
	assert_int_equal(cbor_bytestring_length(fixture_payload(f, true)), 0);
	fixture_call(f, "uart", "set-baud", ARGS(1, U(115200)));
	assert_true(cbor_is_null(fixture_payload(f, true)));
	fixture_call(f, "uart", "write-port",
		     ARGS(2, value_text("serial0"), value_bytes((const uint8_t *)"x", 1)));
	assert_int_equal(bare->echo.baud, 115200);
	fixture_call(f, "uart", "set-port-baud", ARGS(2, value_text("serial0"), U(12345)));
	fixture_payload(f, false);
	fixture_call(f, "uart", "write", ARGS(1, value_bytes(large, 4097)));
	fixture_assert_error(f, "a write to a serial port has at most 4096 bytes: make several");
	fixture_call(f, "uart", "read-port", ARGS(2, value_text("serial1"), U(1)));
	assert_string_equal(f->client.last_denied,
			    "uart serial1; add \"serial1\" to allow_uart in permission.toml");
	fixture_call(f, "uart", "read-port", ARGS(2, value_text("a/b"), U(1)));
	fixture_assert_error(f, "no valid name of a serial port: expected 1 to 31 letters, "
				"digits, '.', '-' or '_'");
}

/* The strip's device is the strip's alone. */
static void test_spi_of_the_leds(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(json_array_size(f->missing), 0);
	f->permission.spi_count = 1;
	snprintf(f->permission.spi[0], sizeof(f->permission.spi[0]), "spi0.0");
	fixture_call(f, "spi", "transfer", ARGS(1, value_bytes((const uint8_t *)"x", 1)));
	fixture_assert_error(f, "spi0.0 drives the LEDs of this node: use another spi device");
}

static void put_temperature(const char *root, const char *text)
{
	static const char *const folders[] = {"/sys", "/sys/class", "/sys/class/thermal",
					      "/sys/class/thermal/thermal_zone0"};
	char path[256];
	FILE *file;

	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s%s", root, folders[i]);
		mkdir(path, 0700);
	}
	snprintf(path, sizeof(path), "%s/sys/class/thermal/thermal_zone0/type", root);
	file = fopen(path, "w");
	fputs("cpu-thermal\n", file);
	fclose(file);
	snprintf(path, sizeof(path), "%s/sys/class/thermal/thermal_zone0/temp", root);
	file = fopen(path, "w");
	fputs(text, file);
	fclose(file);
}

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* The host looks after the CPU itself, whatever plugins there are. */
static void test_fan_follows_cpu(void **state)
{
	char root[] = "/tmp/capability-host-XXXXXX";
	struct fixture *f = *state;

	fixture_close(f);
	json_decref(f->missing);
	assert_non_null(mkdtemp(root));
	put_temperature(root, "61000\n");
	assert_int_equal(capability_host_create(&f->loop, &f->config, world_backend(f->world),
						&f->clock.base, root, &f->host, NULL),
			 0);
	f->missing = capability_host_missing(f->host);
	f->closed = 0;
	assert_non_null(capability_host_fan(f->host));
	assert_non_null(capability_host_buzzer(f->host));
	assert_true(fan_is_on(capability_host_fan(f->host)));
	assert_int_equal(nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

int main(void)
{
#define BARE_TEST(name) cmocka_unit_test_setup_teardown(name, setup_bare, teardown_bare)
	const struct CMUnitTest tests[] = {
		BARE_TEST(test_missing_devices),
		BARE_TEST(test_device_comes_later),
		BARE_TEST(test_spi),
		BARE_TEST(test_uart),
		TEST(test_spi_of_the_leds),
		TEST(test_fan_follows_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
