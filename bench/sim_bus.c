#include "sim_bus.h"

#include <linux/i2c.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "hardware/bus/backend.h"
#include "hardware/bus/i2c.h"
#include "simulation/world.h"

#define MESSAGES_MAX 2

static struct i2c_bus *bus; /* the library is one process's bus */

int sim_bus_open(void)
{
	const struct world_config config = {
		.seed = 1,
		.i2c_bus = 1,
		.dht22_pin = WORLD_PIN_NONE,
		.buzzer_pin = WORLD_PIN_NONE,
		.fan_pin = WORLD_PIN_NONE,
		.wire_time = true,
	};
	struct world *world;
	int ret;

	ret = world_create(&config, clock_system(), &world, NULL);
	return ret ? ret : backend_open_i2c(world_backend(world), 1, &bus, NULL);
}

int sim_bus_transfer(const struct i2c_msg *kernel_messages, unsigned count)
{
	struct i2c_message messages[MESSAGES_MAX];

	if (count > MESSAGES_MAX)
		return ERROR_TOO_LARGE;
	for (unsigned i = 0; i < count; i++)
		messages[i] = (struct i2c_message){
			.address = kernel_messages[i].addr,
			.flags = kernel_messages[i].flags & I2C_M_RD ? I2C_MESSAGE_READ : 0,
			.size = kernel_messages[i].len,
			.data = kernel_messages[i].buf,
		};
	return i2c_bus_transfer(bus, messages, count, NULL);
}
