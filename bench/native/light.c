/* light SECONDS SENSORS: the job of plugins/bh1750 as a loop in C: poll so many, and print their
 * readings as JSON. */
#include <linux/i2c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../sim_bus.h"

#define ADDRESS 0x23
#define POWER_ON 0x01
#define CONTINUOUS_HIGH_RESOLUTION 0x10
#define ONE_SHOT_LOW_RESOLUTION 0x23
#define LOW_RESOLUTION_SECONDS 0.024
#define COUNTS_PER_LUX 1.2

static void wait_seconds(double seconds)
{
	const struct timespec span = {(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)};

	nanosleep(&span, NULL);
}

static void transfer(uint16_t flags, uint8_t *data, uint16_t size)
{
	const struct i2c_msg message = {ADDRESS, flags, size, data};

	if (sim_bus_transfer(&message, 1)) {
		fputs("the simulated light sensor does not answer\n", stderr);
		exit(1);
	}
}

static void command(uint8_t code)
{
	transfer(0, &code, 1);
}

static double read_lux(void)
{
	uint8_t answer[2];

	transfer(I2C_M_RD, answer, sizeof answer);
	return (answer[0] << 8 | answer[1]) / COUNTS_PER_LUX;
}

static double first_lux(void)
{
	double lux;

	command(POWER_ON);
	command(ONE_SHOT_LOW_RESOLUTION);
	wait_seconds(LOW_RESOLUTION_SECONDS);
	lux = read_lux();
	command(POWER_ON);
	command(CONTINUOUS_HIGH_RESOLUTION);
	return lux;
}

static void show(double lux)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	printf("{\"sensor_id\": \"bh1750\", \"illuminance\": %.2f, \"timestamp_ms\": %lld}\n", lux,
	       now.tv_sec * 1000LL + now.tv_nsec / 1000000);
	fflush(stdout);
}

int main(int count, char **arguments)
{
	const double interval = count == 3 ? atof(arguments[1]) : 0;
	const int sensors = count == 3 ? atoi(arguments[2]) : 0;

	if (interval <= 0 || sensors <= 0 || sim_bus_open()) {
		fputs("usage: light SECONDS SENSORS; or the simulated bus does not open\n", stderr);
		return 1;
	}
	for (int i = 0; i < sensors; i++)
		show(first_lux());
	for (;;) {
		wait_seconds(interval);
		for (int i = 0; i < sensors; i++)
			show(read_lux());
	}
}
