#include "simulation/world_create.h"

#include <string.h>

#include "base/error.h"
#include "config/config.h"
#include "simulation/world.h"

/* Each of these devices exists only as a simulated one. */
int world_check_devices(const struct config *config, struct error *err)
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

int world_create_configured(const struct config *config, struct clock *clock,
			    struct world **ret_world, struct error *err)
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
	return world_create(&world, clock, ret_world, err);
}
