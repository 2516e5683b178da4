#include "hardware/bus/spi.h"

#include <linux/spi/spidev.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "hardware/driver/led_strip.h"

static struct spi_device *open_device(const struct kernel_options *kernel,
				      const struct linux_options *options)
{
	struct spi_device *device;

	fixture_open(kernel, options, NULL);
	assert_int_equal(backend_open_spi(fixture.backend, "spi0.0", LED_STRIP_SPI_MODE,
					  LED_STRIP_SPEED_HZ, &device, &fixture.err),
			 0);
	assert_string_equal(device->name, "spi0.0");
	assert_false(device->simulated);
	return device;
}

static void close_device(struct spi_device *device)
{
	spi_device_close(device);
	fixture_close();
}

/* Eleven colours in one transfer, as the strip decodes them. */
static void test_leds(void **state)
{
	struct spi_device *device = open_device(NULL, NULL);
	struct led_color colors[11] = {{0}};
	uint8_t data[512];
	json_t *truth, *leds;

	(void)state;
	colors[0] = (struct led_color){255, 128, 1};
	colors[10] = (struct led_color){0, 0, 255};
	led_strip_encode(colors, 11, 255, data);
	assert_int_equal(
		spi_device_transfer(device, data, NULL, led_strip_encoded_size(11), &fixture.err),
		0);
	truth = world_to_json(fixture.world);
	leds = json_object_get(truth, "leds");
	assert_string_equal(json_string_value(json_array_get(leds, 0)), "ff8001");
	assert_string_equal(json_string_value(json_array_get(leds, 5)), "000000");
	assert_string_equal(json_string_value(json_array_get(leds, 10)), "0000ff");
	assert_int_equal(json_integer_value(json_object_get(truth, "leds_malformed")), 0);
	assert_int_equal(kernel_counters(fixture.kernel).spi_transfers, 1);
	json_decref(truth);
	close_device(device);
}

/* spidev's default: 4096 bytes pass, and a longer one is no transfer at all. */
static void test_longest(void **state)
{
	static uint8_t data[SPI_TRANSFER_SIZE_MAX + 1];
	struct spi_device *device = open_device(NULL, NULL);

	(void)state;
	assert_int_equal(spi_device_transfer(device, data, data, SPI_TRANSFER_SIZE_MAX, NULL), 0);
	assert_int_equal(spi_device_transfer(device, data, data, SPI_TRANSFER_SIZE_MAX + 1, NULL),
			 ERROR_TOO_LARGE);
	assert_int_equal(kernel_counters(fixture.kernel).spi_transfers, 1);
	close_device(device);
}

static void test_smaller_buffer(void **state)
{
	const struct kernel_options kernel = {.spi_buffer_size = 100};
	struct spi_device *device = open_device(&kernel, NULL);
	uint8_t data[101] = {0};

	(void)state;
	assert_int_equal(spi_device_transfer(device, data, NULL, 100, &fixture.err), 0);
	assert_int_equal(spi_device_transfer(device, data, NULL, 101, &fixture.err),
			 ERROR_TOO_LARGE);
	close_device(device);
}

static const char *const folders[] = {"sys", "sys/module", "sys/module/spidev",
				      "sys/module/spidev/parameters"};

#define FOLDERS (sizeof(folders) / sizeof(folders[0]))
#define SIZE_FILE "sys/module/spidev/parameters/bufsiz"

/* The limit is read from sysfs, so that the text can say it. */
static void test_buffer_size_is_read(void **state)
{
	char root[] = "/tmp/harvester-spi-XXXXXX", path[128];
	const struct linux_options options = {.root = root};
	struct spi_device *device;
	uint8_t data[65] = {0};
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < FOLDERS; i++) {
		snprintf(path, sizeof(path), "%s/%s", root, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	snprintf(path, sizeof(path), "%s/" SIZE_FILE, root);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs("64\n", file);
	fclose(file);
	device = open_device(NULL, &options);
	assert_int_equal(spi_device_transfer(device, data, NULL, 64, &fixture.err), 0);
	assert_int_equal(spi_device_transfer(device, data, NULL, 65, &fixture.err),
			 ERROR_TOO_LARGE);
	assert_string_equal(fixture.err.text,
			    "spi0.0: transfer of 65 bytes, and spidev's buffer has 64: put "
			    "`spidev.bufsiz=65` on the kernel's command line");
	close_device(device);
	unlink(path);
	for (size_t i = FOLDERS; i-- > 0;) {
		snprintf(path, sizeof(path), "%s/%s", root, folders[i]);
		rmdir(path);
	}
	rmdir(root);
}

static void test_errors(void **state)
{
	struct spi_device *device;

	(void)state;
	fixture_open(NULL, NULL, NULL);
	assert_int_equal(
		backend_open_spi(fixture.backend, "spi1.0", 0, 1000000, &device, &fixture.err),
		ERROR_NOT_FOUND);
	assert_string_equal(fixture.err.text,
			    "no /dev/spidev1.0: switch the bus on (on a Raspberry Pi "
			    "`dtparam=spi=on` in /boot/firmware/config.txt, or raspi-config)");
	assert_int_equal(
		backend_open_spi(fixture.backend, "0.0", 0, 1000000, &device, &fixture.err),
		ERROR_INVALID);
	kernel_fail_next(fixture.kernel, SPI_IOC_WR_MODE, EINVAL);
	assert_int_equal(
		backend_open_spi(fixture.backend, "spi0.0", 3, 1000000, &device, &fixture.err),
		ERROR_UNSUPPORTED);
	assert_string_equal(fixture.err.text, "the driver of spi0.0 refuses spi mode 3 (connect "
					      "the device to another bus): Invalid argument");
	assert_int_equal(
		backend_open_spi(fixture.backend, "spi0.0", 0, 1000000, &device, &fixture.err), 0);
	kernel_fail_next(fixture.kernel, SPI_IOC_MESSAGE(1), EIO);
	assert_int_equal(spi_device_transfer(device, (uint8_t *)"x", NULL, 1, &fixture.err),
			 ERROR_BUS);
	assert_string_equal(fixture.err.text,
			    "a transfer on spi0.0 failed (check the device and its wires): "
			    "Input/output error");
	close_device(device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leds),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_smaller_buffer),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_buffer_size_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
