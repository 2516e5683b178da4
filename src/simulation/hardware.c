#include "simulation/hardware.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "config/config.h"
#include "hardware/bus/backend.h"
#include "hardware/bus/mixed.h"
#include "hardware/linux/linux.h"
#include "simulation/world.h"
#include "simulation/world_create.h"

struct hardware {
	struct world *world;	    /* NULL: nothing is simulated */
	struct backend *linux_part; /* NULL: everything is */
	struct backend *mixed;
};

static struct backend *part_of(struct hardware *hardware, enum backend_kind kind)
{
	return kind == BACKEND_SIM ? world_backend(hardware->world) : hardware->linux_part;
}

static int create_parts(struct hardware *hardware, const struct config *config, struct clock *clock,
			struct error *err)
{
	const struct linux_options options = {.root = "", .gpio_chip = config->hardware.gpio_chip};
	struct mixed_parts parts;
	char names[64];
	size_t simulated = hardware_simulated(config, names, sizeof(names));
	int ret = world_check_devices(config, err);

	if (!ret && simulated > 0)
		ret = world_create_configured(config, clock, &hardware->world, err);
	if (!ret)
		ret = linux_backend_create(&options, &hardware->linux_part, err);
	if (ret)
		return ret;
	parts = (struct mixed_parts){
		.i2c = part_of(hardware, config->hardware.i2c_backend),
		.spi = part_of(hardware, config->hardware.spi_backend),
		.gpio = part_of(hardware, config->hardware.gpio_backend),
		.uart = part_of(hardware, config->hardware.uart_backend),
		.w1 = part_of(hardware, config->hardware.w1_backend),
	};
	return mixed_backend_create(&parts, &hardware->mixed, err);
}

int hardware_create(const struct config *config, struct clock *clock,
		    struct hardware **ret_hardware, struct error *err)
{
	struct hardware *hardware = calloc(1, sizeof(*hardware));
	int ret;

	if (!hardware)
		return error_set(err, ERROR_NO_MEMORY,
				 "hardware: out of memory; this machine needs more free memory");
	ret = create_parts(hardware, config, clock, err);
	if (ret)
		hardware_destroy(hardware);
	else
		*ret_hardware = hardware;
	return ret;
}

void hardware_destroy(struct hardware *hardware)
{
	if (!hardware)
		return;
	backend_destroy(hardware->mixed);
	backend_destroy(hardware->linux_part);
	world_destroy(hardware->world);
	free(hardware);
}

struct backend *hardware_backend(struct hardware *hardware)
{
	return hardware->mixed;
}

json_t *hardware_truth(struct hardware *hardware)
{
	return world_to_json(hardware->world);
}

size_t hardware_simulated(const struct config *config, char *ret_names, size_t size)
{
	const struct {
		const char *name;
		enum backend_kind kind;
	} buses[] = {
		{"i2c", config->hardware.i2c_backend},	 {"spi", config->hardware.spi_backend},
		{"gpio", config->hardware.gpio_backend}, {"uart", config->hardware.uart_backend},
		{"1-wire", config->hardware.w1_backend},
	};
	size_t count = 0;

	ret_names[0] = '\0';
	for (size_t i = 0; i < sizeof(buses) / sizeof(buses[0]); i++) {
		size_t length = strlen(ret_names);

		if (buses[i].kind == BACKEND_SIM)
			snprintf(ret_names + length, size - length, "%s%s", count++ ? ", " : "",
				 buses[i].name);
	}
	return count;
}
