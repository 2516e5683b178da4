#include "daemon/hardware.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "config/config.h"
#include "hardware/bus/backend.h"
#include "hardware/bus/mixed.h"
#include "hardware/linux/linux.h"
#include "simulation/world.h"

struct hardware {
	struct world *world;	    /* NULL: nothing is simulated */
	struct backend *linux_part; /* NULL: everything is */
	struct backend *mixed;
};

/* Each device in [hardware] devices is a simulated one, so its bus must be simulated. */
static int check_devices(const struct config *config, struct error *err)
{
	const struct {
		const char *device, *bus;
		enum backend_kind kind;
	} places[] = {
		{"bme280", "i2c", config->hardware.i2c_backend},
		{"pca9685", "i2c", config->hardware.i2c_backend},
		{"mcp3008", "spi", config->hardware.spi_backend},
		{"pms5003", "uart", config->hardware.uart_backend},
		{"sds011", "uart", config->hardware.uart_backend},
		{"ds18b20", "w1", config->hardware.w1_backend},
		{"button", "gpio", config->hardware.gpio_backend},
	};

	for (size_t i = 0; i < config->hardware.devices_count; i++)
		for (size_t j = 0; j < sizeof(places) / sizeof(places[0]); j++)
			if (!strcmp(places[j].device, config->hardware.devices[i]) &&
			    places[j].kind != BACKEND_SIM)
				return error_set(
					err, ERROR_INVALID,
					"[hardware] devices: %s needs `%s_backend = \"sim\"`",
					places[j].device, places[j].bus);
	return 0;
}

/* The world contains only the devices that are on simulated buses. */
static int create_world(struct hardware *hardware, const struct config *config, struct clock *clock,
			struct error *err)
{
	bool has_gpio = config->hardware.gpio_backend == BACKEND_SIM;
	struct world_fault faults[CONFIG_FAULTS_MAX];
	struct world_config world = {
		.seed = config->hardware.seed,
		.i2c_bus = config->hardware.i2c_bus,
		.dht22_pin = has_gpio ? config->sensors.dht22_pin : WORLD_PIN_NONE,
		.led_count = config->leds.count,
		.buzzer_pin = has_gpio ? config->buzzer.gpio_pin : WORLD_PIN_NONE,
		.buzzer_active_low = config->buzzer.active_low,
		.fan_pin = has_gpio ? config->fan.gpio_pin : WORLD_PIN_NONE,
		.fan_active_low = config->fan.active_low,
		.wire_time = config->hardware.wire_time,
		.extra = config->hardware.devices,
		.extra_count = config->hardware.devices_count,
		.faults = faults,
		.faults_count = config->hardware.faults_count,
	};

	if (config->hardware.i2c_backend == BACKEND_SIM)
		world.bme680_address = config->sensors.bme680_address;
	if (config->hardware.spi_backend == BACKEND_SIM)
		world.led_spi = config->leds.spi;
	for (size_t i = 0; i < world.faults_count; i++) {
		const struct config_fault *fault = &config->hardware.faults[i];

		faults[i] = (struct world_fault){
			.device = fault->device,
			.kind = fault->kind,
			.start_seconds = fault->start_seconds,
			.duration_seconds = fault->duration_seconds,
			.every_seconds = fault->every_seconds,
		};
	}
	return world_create(&world, clock, &hardware->world, err);
}

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
	int ret = check_devices(config, err);

	if (!ret && simulated > 0)
		ret = create_world(hardware, config, clock, err);
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
		return error_set(err, ERROR_NO_MEMORY, "hardware: out of memory");
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
