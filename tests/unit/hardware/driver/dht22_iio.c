/* The kernel's dht11 device, as files of a folder that stands for /. */
#include "hardware/driver/dht22_iio.h"

#include <math.h>

#include "../plugin/folder.h"
#include "base/clock.h"
#include "base/error.h"
#include "hardware/driver/dht22.h"

#define DEVICES "sys/bus/iio/devices"
#define NS_PER_S 1000000000ull

static void put(const struct folder *folder, const char *device, const char *name, const void *data,
		size_t size)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/" DEVICES "/%s/%s", folder->path, device, name);
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	fclose(file);
}

static void put_text(const struct folder *folder, const char *device, const char *name,
		     const char *text)
{
	put(folder, device, name, text, strlen(text));
}

static void put_device(const struct folder *folder, const char *device, const char *name,
		       uint8_t pin)
{
	const uint8_t gpios[12] = {0, 0, 0, 7, 0, 0, 0, pin};

	put_text(folder, device, "name", name);
	put(folder, device, "of_node/gpios", gpios, sizeof(gpios));
}

static void test_find(void **state)
{
	const struct folder *folder = *state;
	char *found = NULL;
	struct error err;

	assert_int_equal(dht22_iio_find(folder->path, 4, &found, &err), ERROR_NOT_FOUND);
	assert_string_equal(err.text, "no kernel driver dht11 reads GPIO4: put "
				      "`dtoverlay=dht11,gpiopin=4` into config.txt and restart");
	put_device(folder, "iio:device0", "ads1015\n", 4);
	put_device(folder, "iio:device1", "dht11@5\n", 5);
	assert_int_equal(dht22_iio_find(folder->path, 4, &found, &err), ERROR_NOT_FOUND);
	put_device(folder, "iio:device2", "dht11@4\n", 4);
	assert_int_equal(dht22_iio_find(folder->path, 4, &found, &err), 0);
	assert_string_equal(found, at(folder, DEVICES "/iio:device2"));
	free(found);
	/* A property that is cut off names no pin. */
	put(folder, "iio:device2", "of_node/gpios", "\0\0\0\7\0\0\0\4", 8);
	assert_int_equal(dht22_iio_find(folder->path, 4, &found, &err), ERROR_NOT_FOUND);
}

static int read_values(const struct folder *folder, const char *temperature, const char *humidity,
		       struct dht22_reading *ret_reading, struct error *err)
{
	struct clock_manual clock;
	struct dht22 *sensor;
	int result;

	put_device(folder, "iio:device0", "dht11@4\n", 4);
	put_text(folder, "iio:device0", "in_temp_input", temperature);
	put_text(folder, "iio:device0", "in_humidityrelative_input", humidity);
	clock_manual_init(&clock, 0);
	assert_int_equal(dht22_create_iio(folder->path, 4, &clock.base, &sensor, err), 0);
	result = dht22_read(sensor, ret_reading, err);
	dht22_destroy(sensor);
	return result;
}

static void test_values(void **state)
{
	static const struct {
		const char *temperature, *humidity;
		int result;
		const char *text;
	} cases[] = {
		{"23400\n", "45600\n", 0, NULL},
		{"-10100\n", "100000\n", 0, NULL},
		{"0\n", "0\n", ERROR_IMPLAUSIBLE,
		 "DHT22 on GPIO4: the sensor answered only zeros: check its wire"},
		{"80100\n", "50000\n", ERROR_IMPLAUSIBLE,
		 "DHT22 on GPIO4: 80.1 °C and 50.0 % are outside the sensor's range: check the "
		 "sensor's wire and pull-up resistor"},
		{"20000\n", "-100\n", ERROR_IMPLAUSIBLE,
		 "DHT22 on GPIO4: 20.0 °C and -0.1 % are outside the sensor's range: check the "
		 "sensor's wire and pull-up resistor"},
		{"warm\n", "50000\n", ERROR_MALFORMED,
		 "DHT22 on GPIO4: the kernel's driver dht11 gave 'warm\n' in in_temp_input, which "
		 "is not a number: check the sensor and its wire"},
		{"20000\n", "", ERROR_MALFORMED,
		 "DHT22 on GPIO4: the kernel's driver dht11 gave '' in in_humidityrelative_input, "
		 "which is not a number: check the sensor and its wire"},
	};
	const struct folder *folder = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dht22_reading reading = {0};
		struct error err = {0};

		assert_int_equal(read_values(folder, cases[i].temperature, cases[i].humidity,
					     &reading, &err),
				 cases[i].result);
		if (cases[i].result) {
			assert_string_equal(err.text, cases[i].text);
			continue;
		}
		assert_true(fabs(reading.temperature_c -
				 strtod(cases[i].temperature, NULL) / 1000) < 1e-9);
		assert_true(fabs(reading.humidity_percent -
				 strtod(cases[i].humidity, NULL) / 1000) < 1e-9);
	}
}

/* It is gone while it is used. */
static void test_unbound(void **state)
{
	const struct folder *folder = *state;
	struct clock_manual clock;
	struct dht22_reading reading;
	struct dht22 *sensor;
	struct error err;

	put_device(folder, "iio:device0", "dht11@4\n", 4);
	clock_manual_init(&clock, 0);
	assert_int_equal(dht22_create_iio(folder->path, 4, &clock.base, &sensor, &err), 0);
	assert_int_equal(dht22_read(sensor, &reading, &err), ERROR_SYSTEM);
	assert_string_equal(err.text,
			    "DHT22 on GPIO4: cannot read in_temp_input from the kernel's driver "
			    "dht11 (check the sensor and its wire): No such file or directory");
	put_text(folder, "iio:device0", "in_temp_input", "23400\n");
	put_text(folder, "iio:device0", "in_humidityrelative_input", "45600\n");
	/* A failure is handed out again for 2 s, as a value is. */
	assert_int_equal(dht22_read(sensor, &reading, &err), ERROR_SYSTEM);
	clock_manual_advance_ns(&clock, 2 * NS_PER_S);
	assert_int_equal(dht22_read(sensor, &reading, &err), 0);
	dht22_destroy(sensor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_find, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_values, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_unbound, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
