/*
 * Any traffic on the buses of the simulated world, with faults: i2c, spi, gpio, uart and 1-wire, on
 * a clock that only passes when it is told. The first bytes choose the faults.
 */
#include "base/clock.h"
#include "base/error.h"
#include "echo.h"
#include "fuzz.h"
#include "hardware/bus/gpio.h"
#include "hardware/bus/i2c.h"
#include "hardware/bus/spi.h"
#include "hardware/bus/uart.h"
#include "hardware/bus/w1.h"
#include "hardware/driver/w1.h"
#include "simulation/chip/fault.h"
#include "simulation/world.h"

#define STEPS_MAX 256
#define FAULTS_MAX_HERE 4
#define MESSAGES_MAX 4
#define MESSAGE_MAX 1100 /* a whole display and some more */
#define LINES_MAX 8
#define EDGES_MAX 200
#define NS_PER_US 1000u

struct bench {
	struct clock_manual clock;
	struct world *world;
	struct echo echo;
	struct i2c_bus *i2c;
	struct spi_device *spi[3];
	struct gpio_chip *chip;
	struct gpio_line *lines[LINES_MAX];
	struct uart_port *uart[3];
	struct w1_bus *w1;
};

static const unsigned pins[LINES_MAX] = {4, 17, 27, 22, 0, 57, 4, 4};
static const char *const devices[] = {"bme680", "bh1750",  "ssd1306", "dht22",
				      "leds",	"bme280",  "mcp3008", "pms5003",
				      "sds011", "ds18b20", "button",  "pca9685"};

#define DEVICES (sizeof(devices) / sizeof(devices[0]))
#define DEFAULT_DEVICES 5 /* those that need not be wanted */

static size_t feed_faults(struct feed *feed, struct world_fault *ret_faults)
{
	size_t count = feed_u8(feed) % (FAULTS_MAX_HERE + 1);

	for (size_t i = 0; i < count; i++) {
		uint8_t which = feed_u8(feed);

		ret_faults[i] = (struct world_fault){
			.device = devices[which % 16 % DEVICES],
			.kind = fault_kind_name((which >> 4) % FAULT_KINDS),
			.start_seconds = feed_u8(feed) / 16.0,
			.duration_seconds = feed_u8(feed) / 16.0,
			.every_seconds = feed_u8(feed) / 4.0,
		};
	}
	return count;
}

static bool bench_open(struct bench *bench, struct feed *feed)
{
	struct world_fault faults[FAULTS_MAX_HERE];
	struct world_config config = {
		.seed = 1,
		.i2c_bus = 1,
		.bme680_address = 0x77,
		.dht22_pin = 4,
		.led_spi = "spi0.0",
		.led_count = 11,
		.buzzer_pin = 17,
		.buzzer_active_low = true,
		.fan_pin = 27,
		.wire_time = true,
		.extra = devices + DEFAULT_DEVICES,
		.extra_count = DEVICES - DEFAULT_DEVICES,
		.faults = faults,
	};
	struct error err = {0};
	struct backend *backend;

	memset(bench, 0, sizeof(*bench));
	clock_manual_init(&bench->clock, 1750000000000);
	config.faults_count = feed_faults(feed, faults);
	if (world_create(&config, &bench->clock.base, &bench->world, &err)) {
		CHECK(*err.text);
		return false;
	}
	backend = world_backend(bench->world);
	echo_init(&bench->echo);
	CHECK(!sim_attach_uart(backend, "ttyS9", &bench->echo.uart, NULL));
	CHECK(!backend_open_i2c(backend, 1, &bench->i2c, NULL));
	CHECK(!backend_open_spi(backend, "spi0.0", 0, 2400000, &bench->spi[0], NULL));
	CHECK(!backend_open_spi(backend, "spi0.0", 3, 500000, &bench->spi[1], NULL));
	CHECK(!backend_open_spi(backend, "spi0.1", 0, 1000000, &bench->spi[2], NULL));
	CHECK(!backend_open_gpio(backend, &bench->chip, NULL));
	CHECK(!backend_open_uart(backend, "ttyS9", 9600, &bench->uart[0], NULL));
	CHECK(!backend_open_uart(backend, "serial0", 9600, &bench->uart[1], NULL));
	CHECK(!backend_open_uart(backend, "ttyUSB0", 9600, &bench->uart[2], NULL));
	CHECK(!backend_open_w1(backend, "", &bench->w1, NULL));
	return true;
}

static void bench_close(struct bench *bench)
{
	for (size_t i = 0; i < LINES_MAX; i++)
		gpio_line_release(bench->lines[i]);
	w1_bus_close(bench->w1);
	for (size_t i = 0; i < 3; i++)
		uart_port_close(bench->uart[i]);
	gpio_chip_close(bench->chip);
	spi_device_close(bench->spi[0]);
	spi_device_close(bench->spi[1]);
	spi_device_close(bench->spi[2]);
	i2c_bus_close(bench->i2c);
	world_destroy(bench->world);
}

static uint16_t feed_address(struct feed *feed)
{
	static const uint8_t chips[] = {0x77, 0x23, 0x3C}, more[] = {0x76, 0x40, 0x70};
	uint8_t address = feed_u8(feed);

	if (address < 0xC0)
		return chips[address % 3];
	return address < 0xF0 ? more[address % 3] : feed_u16(feed);
}

static void transfer_i2c(struct bench *bench, struct feed *feed)
{
	uint8_t data[MESSAGES_MAX][MESSAGE_MAX];
	struct i2c_message messages[MESSAGES_MAX];
	size_t count = 1 + feed_u8(feed) % MESSAGES_MAX;
	uint16_t address = feed_address(feed);
	struct error err = {0};

	for (size_t i = 0; i < count; i++) {
		uint8_t flags = feed_u8(feed);

		messages[i] = (struct i2c_message){
			.address = flags & 0x80 ? feed_address(feed) : address,
			.flags = flags & (I2C_MESSAGE_READ | I2C_MESSAGE_TEN_BIT),
			.size = flags & 0x40 ? feed_u16(feed) % MESSAGE_MAX : (flags >> 2) % 16,
			.data = data[i],
		};
		if (!(messages[i].flags & I2C_MESSAGE_READ))
			feed_fill(feed, data[i], messages[i].size);
	}
	if (i2c_bus_transfer(bench->i2c, messages, count, &err))
		CHECK(*err.text);
}

static void transfer_spi(struct bench *bench, struct feed *feed)
{
	uint8_t which = feed_u8(feed), in[MESSAGE_MAX];
	size_t size, wanted = feed_u16(feed) % MESSAGE_MAX;
	const uint8_t *out = feed_bytes(feed, wanted, &size);

	spi_device_transfer(bench->spi[which % 8 == 7 ? 2 : which & 1], which & 2 ? NULL : out,
			    which & 4 ? NULL : in, size, NULL);
}

static struct gpio_line_config feed_line_config(struct feed *feed)
{
	uint16_t bits = feed_u16(feed);

	return (struct gpio_line_config){
		.direction = bits & 3,
		.bias = bits >> 2 & 7,
		.drive = bits >> 5 & 3,
		.edges = bits >> 7 & 3,
		.active_low = bits >> 9 & 1,
		.value = bits >> 10 & 1,
		.event_buffer_size = feed_u8(feed),
	};
}

static void read_edges(struct gpio_line *line, size_t max, uint32_t timeout_us)
{
	struct gpio_edge edges[EDGES_MAX];
	size_t count;

	if (gpio_line_read_edges(line, edges, max, (uint64_t)timeout_us * NS_PER_US, &count, NULL))
		return;
	CHECK(count > 0 && count <= max);
	for (size_t i = 1; i < count; i++) {
		CHECK(edges[i].timestamp_ns >= edges[i - 1].timestamp_ns);
		CHECK(edges[i].sequence > edges[i - 1].sequence);
	}
}

static void use_line(struct bench *bench, struct feed *feed)
{
	uint8_t what = feed_u8(feed);
	struct gpio_line **line = &bench->lines[what % LINES_MAX];
	struct gpio_line_config config;
	bool value;

	if (!*line) {
		config = feed_line_config(feed);
		gpio_chip_request(bench->chip, pins[what % LINES_MAX], &config, line, NULL);
		return;
	}
	switch (what >> 3 & 7) {
	case 0:
		gpio_line_release(*line);
		*line = NULL;
		break;
	case 1:
		gpio_line_get(*line, &value, NULL);
		break;
	case 2:
	case 3:
		gpio_line_set(*line, what & 8, NULL);
		break;
	case 4:
	case 5:
		config = feed_line_config(feed);
		gpio_line_configure(*line, &config, NULL);
		break;
	default:
		read_edges(*line, feed_u8(feed) % EDGES_MAX, feed_u16(feed));
	}
}

static void use_uart(struct bench *bench, struct feed *feed)
{
	uint8_t which = feed_u8(feed), what = feed_u8(feed), got[64];
	struct uart_port *uart = bench->uart[which % 3];
	size_t size, count;
	const uint8_t *data;

	if (what < 0x60) {
		data = feed_bytes(feed, what, &size);
		uart_port_write(uart, data, size, &count, NULL);
	} else if (what < 0xC0) {
		CHECK(uart_port_read(uart, got, what % 64, feed_u16(feed), &count, NULL) ||
		      count <= what % 64u);
	} else {
		uart_port_set_baud(uart, feed_u32(feed), NULL);
	}
}

/* The kernel's text, right or wrong, is a temperature or an error. */
static void read_w1(struct bench *bench)
{
	double celsius = 0;
	struct error err = {0};

	if (w1_read_temperature(bench->w1, WORLD_DS18B20_NAME, &celsius, &err))
		CHECK(*err.text);
	else
		CHECK(celsius >= -55 && celsius <= 125);
}

static void look(struct bench *bench)
{
	json_t *truth = world_to_json(bench->world);
	char *text;

	CHECK(truth);
	text = json_dumps(truth, 0); /* fails for what is not finite */
	CHECK(text);
	free(text);
	json_decref(truth);
}

static void step(struct bench *bench, struct feed *feed)
{
	switch (feed_u8(feed) % 8) {
	case 0:
	case 1:
	case 2:
		transfer_i2c(bench, feed);
		break;
	case 3:
		transfer_spi(bench, feed);
		break;
	case 4:
	case 5:
		use_line(bench, feed);
		break;
	case 6:
		use_uart(bench, feed);
		read_w1(bench);
		break;
	default:
		clock_manual_advance_ns(&bench->clock, (uint64_t)feed_u32(feed) * 8);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed feed = {data, size};
	struct bench bench;

	if (!bench_open(&bench, &feed))
		return 0;
	for (int i = 0; i < STEPS_MAX && feed.size; i++)
		step(&bench, &feed);
	look(&bench);
	bench_close(&bench);
	return 0;
}
