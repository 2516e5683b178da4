#include "hardware/driver/dht22_iio.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "hardware/driver/dht22.h"

#define DEVICES "/sys/bus/iio/devices/iio:device*"
#define NAME "dht11" /* of the driver; the device's name begins with it */
#define PATH_SIZE 512

/* Read the first bytes of FOLDER/NAME, up to `size`. Returns how many, or a negative errno. */
static ssize_t read_front(const char *folder, const char *name, void *ret_data, size_t size)
{
	char path[PATH_SIZE];
	ssize_t count;
	int fd, saved;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	count = read(fd, ret_data, size);
	saved = errno;
	close(fd);
	return count < 0 ? -saved : count;
}

/* The device tree property "gpios" has three big-endian cells: the chip, the line, flags. */
static bool is_on_pin(const char *folder, unsigned pin)
{
	uint8_t cells[12];

	return read_front(folder, "of_node/gpios", cells, sizeof(cells)) == sizeof(cells) &&
	       ((uint32_t)cells[4] << 24 | (uint32_t)cells[5] << 16 | (uint32_t)cells[6] << 8 |
		cells[7]) == pin;
}

static bool is_dht11(const char *folder)
{
	char name[sizeof(NAME)] = "";

	return read_front(folder, "name", name, sizeof(name) - 1) > 0 && !strcmp(name, NAME);
}

int dht22_iio_find(const char *root, unsigned pin, char **ret_folder, struct error *err)
{
	char pattern[PATH_SIZE];
	char *folder = NULL;
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s" DEVICES, root);
	if (!glob(pattern, 0, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc && !folder; i++) {
			if (is_dht11(found.gl_pathv[i]) && is_on_pin(found.gl_pathv[i], pin))
				folder = strdup(found.gl_pathv[i]);
		}
	}
	globfree(&found);
	if (!folder)
		return error_set(err, ERROR_NOT_FOUND,
				 "no kernel driver dht11 reads GPIO%u: put "
				 "`dtoverlay=dht11,gpiopin=%u` into config.txt and restart",
				 pin, pin);
	*ret_folder = folder;
	return 0;
}

/* The driver returns ETIMEDOUT if too few edges came, EIO if the frame is invalid. */
static int code_of(int number)
{
	if (number == ETIMEDOUT)
		return ERROR_TIMEOUT;
	return number == EIO ? ERROR_CHECKSUM : ERROR_SYSTEM;
}

static int read_milli(const char *folder, const char *name, double *ret_value, struct error *err)
{
	char text[32], *end;
	ssize_t size = read_front(folder, name, text, sizeof(text) - 1);
	long milli;

	if (size < 0)
		return error_set_errno(err, code_of((int)-size), (int)-size,
				       "cannot read %s from the kernel's driver dht11 (check the "
				       "sensor and its wire)",
				       name);
	text[size] = '\0';
	milli = strtol(text, &end, 10);
	if (end == text || (*end && *end != '\n'))
		return error_set(err, ERROR_MALFORMED,
				 "the kernel's driver dht11 gave '%.20s' in %s, which is not a "
				 "number: check the sensor and its wire",
				 text, name);
	*ret_value = (double)milli / 1000.0;
	return 0;
}

int dht22_iio_read(const char *folder, struct dht22_reading *ret_reading, struct error *err)
{
	struct dht22_reading reading;
	int ret = read_milli(folder, "in_temp_input", &reading.temperature_c, err);

	if (!ret)
		ret = read_milli(folder, "in_humidityrelative_input", &reading.humidity_percent,
				 err);
	if (!ret)
		*ret_reading = reading;
	return ret;
}
