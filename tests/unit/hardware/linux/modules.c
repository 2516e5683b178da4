/*
 * The kernel's own simulations, where it has them: i2c-stub and gpio-sim. Root, and
 *
 *	modprobe i2c-dev; modprobe i2c-stub chip_addr=0x50
 *	modprobe gpio-sim; mount -t configfs none /sys/kernel/config
 *
 * Without them each test is skipped and says so.
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "hardware/bus/backend.h"
#include "hardware/bus/gpio.h"
#include "hardware/bus/i2c.h"
#include "hardware/linux/linux.h"

#define STUB_ADDRESS 0x50
#define SIM "/sys/kernel/config/gpio-sim"
#define SIM_DEVICE SIM "/harvester-test"
#define SIM_LINES 8
#define SECOND 1000000000ull

static struct backend *create_backend(const char *gpio_chip)
{
	const struct linux_options options = {.root = "", .gpio_chip = gpio_chip};
	struct backend *backend;

	assert_int_equal(linux_backend_create(&options, &backend, NULL), 0);
	return backend;
}

/* The first line of a file, without its end; false where it cannot be read. */
static bool read_line(const char *path, char *ret_line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool is_read = file && fgets(ret_line, (int)size, file);

	if (file)
		fclose(file);
	if (is_read)
		ret_line[strcspn(ret_line, "\n")] = '\0';
	return is_read;
}

static bool write_line(const char *path, const char *line)
{
	FILE *file = fopen(path, "we");
	bool is_written = file && fputs(line, file) >= 0;

	if (file && fclose(file))
		is_written = false;
	return is_written;
}

/* The number of the stub's bus, -1 where there is none. */
static int find_stub(void)
{
	char line[64];
	int number = -1;
	glob_t found;

	if (!glob("/sys/class/i2c-dev/i2c-*/name", 0, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			if (read_line(found.gl_pathv[i], line, sizeof(line)) &&
			    !strcmp(line, "SMBus stub driver"))
				number = (int)strtol(
					strstr(found.gl_pathv[i], "/i2c-dev/i2c-") + 13, NULL, 10);
		}
	}
	globfree(&found);
	return number;
}

static void test_i2c_stub(void **state)
{
	struct backend *backend;
	struct i2c_bus *bus;
	struct error err = {0};
	uint8_t data[4];
	int number = find_stub();

	(void)state;
	if (number < 0) {
		print_message("skipped: no i2c-stub in this kernel, or not loaded\n");
		skip();
	}
	backend = create_backend(NULL);
	assert_int_equal(backend_open_i2c(backend, (unsigned)number, &bus, &err), 0);
	assert_int_equal(i2c_bus_write_read(bus, STUB_ADDRESS, (const uint8_t *)"\x10\xab", 2, NULL,
					    0, &err),
			 0);
	assert_int_equal(
		i2c_bus_write_read(bus, STUB_ADDRESS, (const uint8_t *)"\x10", 1, data, 1, &err),
		0);
	assert_int_equal(data[0], 0xab);
	assert_int_equal(i2c_bus_write_read(bus, STUB_ADDRESS, (const uint8_t *)"\x20\x01\x02\x03",
					    4, NULL, 0, &err),
			 0);
	assert_int_equal(
		i2c_bus_write_read(bus, STUB_ADDRESS, (const uint8_t *)"\x20", 1, data, 3, &err),
		0);
	assert_memory_equal(data, "\x01\x02\x03", 3);
	assert_int_equal(i2c_bus_write_read(bus, STUB_ADDRESS + 1, (const uint8_t *)"\x20", 1, data,
					    1, &err),
			 ERROR_NO_ACKNOWLEDGE);
	i2c_bus_close(bus);
	backend_destroy(backend);
}

static void remove_sim(void)
{
	write_line(SIM_DEVICE "/live", "0");
	rmdir(SIM_DEVICE "/bank0");
	rmdir(SIM_DEVICE);
}

/* A chip of 8 lines; the path of the file that pulls line 0, and the chip's name. */
static bool create_sim(char *ret_chip, size_t chip_size, char *ret_pull, size_t pull_size)
{
	char device[64];

	if (mkdir(SIM_DEVICE, 0700) || mkdir(SIM_DEVICE "/bank0", 0700) ||
	    !write_line(SIM_DEVICE "/bank0/num_lines", "8") ||
	    !write_line(SIM_DEVICE "/live", "1") ||
	    !read_line(SIM_DEVICE "/dev_name", device, sizeof(device)) ||
	    !read_line(SIM_DEVICE "/bank0/chip_name", ret_chip, chip_size))
		return false;
	snprintf(ret_pull, pull_size, "/sys/devices/platform/%s/%s/sim_gpio0/pull", device,
		 ret_chip);
	return true;
}

static void test_gpio_sim(void **state)
{
	const struct gpio_line_config watched = {
		.direction = GPIO_INPUT, .edges = GPIO_EDGES_BOTH, .event_buffer_size = 128};
	const struct gpio_line_config out = {.direction = GPIO_OUTPUT, .value = true};
	char name[64], pull[192];
	struct gpio_edge edges[40];
	struct backend *backend;
	struct gpio_chip *chip;
	struct gpio_line *line, *second;
	struct error err = {0};
	size_t count = 0, part;
	bool value;

	(void)state;
	if (access(SIM, W_OK)) {
		print_message("skipped: no gpio-sim in this kernel, or not loaded, or not root\n");
		skip();
	}
	remove_sim(); /* of a run that was ended */
	assert_true(create_sim(name, sizeof(name), pull, sizeof(pull)));
	backend = create_backend(name);
	assert_int_equal(backend_open_gpio(backend, &chip, &err), 0);
	assert_int_equal(chip->line_count, SIM_LINES);
	assert_int_equal(gpio_chip_request(chip, 0, &watched, &line, &err), 0);
	assert_int_equal(gpio_chip_request(chip, 0, &watched, &second, &err), ERROR_BUSY);
	for (unsigned i = 0; i < 40; i++)
		assert_true(write_line(pull, i % 2 ? "pull-down" : "pull-up"));
	while (count < 40) {
		assert_int_equal(
			gpio_line_read_edges(line, edges + count, 40 - count, SECOND, &part, &err),
			0);
		count += part;
	}
	for (unsigned i = 0; i < 40; i++) {
		assert_int_equal(edges[i].sequence, i + 1);
		assert_int_equal(edges[i].rising, i % 2 == 0);
	}
	assert_int_equal(gpio_line_configure(line, &out, &err), 0);
	assert_int_equal(gpio_line_get(line, &value, &err), 0);
	assert_true(value);
	assert_int_equal(gpio_line_configure(line, &watched, &err), 0);
	gpio_line_release(line);
	gpio_chip_close(chip);
	backend_destroy(backend);
	remove_sim();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_i2c_stub),
		cmocka_unit_test(test_gpio_sim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
