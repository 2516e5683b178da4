#include "hardware/driver/w1.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "hardware/bus/w1.h"

#define MIN_MILLI_C -55000
#define MAX_MILLI_C 125000
#define POWER_ON_MILLI_C 85000

static int check(long milli_c, struct error *err)
{
	if (milli_c == POWER_ON_MILLI_C)
		return error_set(
			err, ERROR_IMPLAUSIBLE,
			"the sensor reports 85 °C, its value before the first measurement: check "
			"its power");
	if (milli_c < MIN_MILLI_C || milli_c > MAX_MILLI_C)
		return error_set(err, ERROR_IMPLAUSIBLE,
				 "%g °C is outside the sensor's range, %d to %d °C: check the "
				 "sensor's wire and pull-up resistor",
				 (double)milli_c / 1000, MIN_MILLI_C / 1000, MAX_MILLI_C / 1000);
	return 0;
}

int w1_parse_temperature(const char *text, double *ret_temperature_c, struct error *err)
{
	static const char zeros[] = "00 00 00 00 00 00 00 00 00 ";
	const char *line_end = strchr(text, '\n');
	const char *verdict = strstr(text, "crc="), *value = strstr(text, " t=");
	char *end;
	long milli_c;
	int ret;

	if (!line_end || !verdict || verdict > line_end || !value || value < line_end)
		return error_set(
			err, ERROR_MALFORMED,
			"the sensor's w1_slave file does not have the form of a thermometer's: use "
			"a DS18B20 or one like it");
	if (strncmp(line_end - 4, " YES", 4) != 0)
		return error_set(err, ERROR_CHECKSUM,
				 "checksum mismatch: check the sensor's wire and pull-up resistor");
	if (!strncmp(text, zeros, sizeof(zeros) - 1))
		return error_set(err, ERROR_IMPLAUSIBLE,
				 "the sensor answered only zeros: check its wire");
	value += 3;
	errno = 0;
	milli_c = strtol(value, &end, 10);
	if (errno || end == value || *end != '\n')
		return error_set(
			err, ERROR_MALFORMED,
			"the sensor's w1_slave file has no temperature: check that the device is a "
			"thermometer");
	ret = check(milli_c, err);
	if (!ret)
		*ret_temperature_c = (double)milli_c / 1000;
	return ret;
}

int w1_read_temperature(struct w1_bus *bus, const char *name, double *ret_temperature_c,
			struct error *err)
{
	char text[W1_TEXT_SIZE];
	int ret = w1_bus_read(bus, name, text, err);

	if (ret)
		return ret;
	ret = w1_parse_temperature(text, ret_temperature_c, err);
	return ret ? error_wrap(err, ret, "1-wire device %s", name) : 0;
}
