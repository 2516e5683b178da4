#include "simulation/world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "simulation/internal.h"
#include "simulation/scenario.h"

#define BH1750_ADDRESS 0x23
#define SSD1306_ADDRESS 0x3c
#define FAULT_SECONDS_MAX 1e9
#define DHT22_WARMER 0.3 /* °C */
#define DHT22_DRIER 1.2	 /* % */

static void climate_of_room(void *arg, uint64_t unix_ms, struct climate *ret_climate)
{
	const struct world *world = arg;

	*ret_climate = (struct climate){
		.temperature = scenario_value(world->seed, SCENARIO_TEMPERATURE, unix_ms),
		.humidity = scenario_value(world->seed, SCENARIO_HUMIDITY, unix_ms),
		.pressure = scenario_value(world->seed, SCENARIO_PRESSURE, unix_ms),
		.gas_resistance = scenario_value(world->seed, SCENARIO_GAS_RESISTANCE, unix_ms),
		.light = scenario_value(world->seed, SCENARIO_LIGHT, unix_ms),
		.dust = scenario_value(world->seed, SCENARIO_DUST, unix_ms),
	};
}

static void climate_at_dht22(void *arg, uint64_t unix_ms, struct climate *ret_climate)
{
	climate_of_room(arg, unix_ms, ret_climate);
	ret_climate->temperature += DHT22_WARMER;
	ret_climate->humidity -= DHT22_DRIER;
}

static void choose_climate(struct world *world, const struct climate_source *climate)
{
	world->source = (struct climate_source){climate_of_room, world};
	world->dht22_source = (struct climate_source){climate_at_dht22, world};
	if (climate) {
		world->source = *climate;
		world->dht22_source = *climate;
	}
}

static void name_devices(struct world *world)
{
	const struct world_device devices[WORLD_DEVICES] = {
		[WORLD_BME680] = {"bme680", false, &world->bme680.chip.faults, CHIP_BOSCH_FAULTS},
		[WORLD_BH1750] = {"bh1750", false, &world->bh1750.chip.faults,
				  CHIP_FAULTS | 1u << FAULT_ALL_ONES},
		[WORLD_SSD1306] = {"ssd1306", false, &world->ssd1306.chip.faults, CHIP_FAULTS},
		[WORLD_DHT22] = {"dht22", false, &world->dht22.faults, DHT22_FAULTS},
		[WORLD_LEDS] = {"leds", false, &world->leds.faults, WS2812_FAULTS},
		[WORLD_BUZZER] = {"buzzer", false, NULL, 0},
		[WORLD_FAN] = {"fan", false, NULL, 0},
		[WORLD_BME280] = {"bme280", false, NULL, CHIP_BOSCH_FAULTS},
		[WORLD_MCP3008] = {"mcp3008", false, NULL, MCP3008_FAULTS},
		[WORLD_PMS5003] = {"pms5003", false, NULL, SERIAL_FAULTS},
		[WORLD_SDS011] = {"sds011", false, NULL, SERIAL_FAULTS},
		[WORLD_DS18B20] = {"ds18b20", false, NULL, DS18B20_FAULTS},
		[WORLD_BUTTON] = {"button", false, NULL, BUTTON_FAULTS},
		[WORLD_PCA9685] = {"pca9685", false, NULL, CHIP_REGISTER_FAULTS},
	};

	memcpy(world->devices, devices, sizeof(devices));
}

/* Set `present` also if attaching fails, so that the model is finished. */
static void attach_i2c(struct world *world, enum world_device_index index, unsigned bus,
		       uint16_t address, struct chip *chip, int *rc, struct error *err)
{
	world->devices[index].present = true;
	if (!*rc)
		*rc = sim_attach_i2c(world->backend, bus, address, &chip->device, err);
}

static int add_chips(struct world *world, const struct world_config *config, struct error *err)
{
	unsigned bus = config->i2c_bus;
	int rc = sim_add_i2c_bus(world->backend, bus, err);

	if (config->bme680_address) {
		bme680_model_init(&world->bme680, NULL, false, world->clock, &world->source);
		attach_i2c(world, WORLD_BME680, bus, config->bme680_address, &world->bme680.chip,
			   &rc, err);
	}
	bh1750_model_init(&world->bh1750, world->clock, &world->source);
	attach_i2c(world, WORLD_BH1750, bus, BH1750_ADDRESS, &world->bh1750.chip, &rc, err);
	ssd1306_model_init(&world->ssd1306, world->clock);
	attach_i2c(world, WORLD_SSD1306, bus, SSD1306_ADDRESS, &world->ssd1306.chip, &rc, err);
	return rc;
}

static int add_dht22(struct world *world, int pin, struct error *err)
{
	int rc;

	if (pin < 0)
		return 0;
	rc = dht22_model_init(&world->dht22, world->backend, (unsigned)pin, world->clock,
			      &world->dht22_source, err);
	world->devices[WORLD_DHT22].present = !rc;
	return rc ? error_wrap(err, rc, "dht22") : 0;
}

static int add_relay(struct world *world, enum world_device_index index, struct relay_model *relay,
		     int pin, bool active_low, struct error *err)
{
	int rc;

	if (pin < 0)
		return 0;
	rc = relay_model_init(relay, world->backend, (unsigned)pin, active_low, world->clock, err);
	world->devices[index].present = !rc;
	return rc ? error_wrap(err, rc, "%s", world->devices[index].name) : 0;
}

static int add_leds(struct world *world, const struct world_config *config, struct error *err)
{
	if (!config->led_spi || config->led_count == 0)
		return 0;
	if (config->led_count > WS2812_LEDS_MAX)
		return error_set(
			err, ERROR_INVALID,
			"%u LEDs: at most %d can be simulated; set a smaller count under [leds]",
			config->led_count, WS2812_LEDS_MAX);
	ws2812_model_init(&world->leds, config->led_count, world->clock);
	world->devices[WORLD_LEDS].present = true;
	return sim_attach_spi(world->backend, config->led_spi, &world->leds.device, err);
}

/* NULL, with the reason in *err, if the world has no device of that name. */
static struct world_device *find_device(struct world *world, const char *name, struct error *err)
{
	for (unsigned i = 0; i < WORLD_DEVICES; i++) {
		if (strcmp(world->devices[i].name, name) != 0)
			continue;
		if (world->devices[i].present)
			return &world->devices[i];
		error_set(err, ERROR_INVALID,
			  "a fault of %s, which is not simulated here: add the device, or remove "
			  "the fault from [[hardware.faults]]",
			  name);
		return NULL;
	}
	error_set(
		err, ERROR_INVALID,
		"a fault of '%s', which the simulation does not know: use one of bme680, bh1750, "
		"ssd1306, dht22, leds, bme280, mcp3008, pms5003, sds011, ds18b20, button, pca9685",
		name);
	return NULL;
}

static bool are_seconds(double seconds)
{
	return isfinite(seconds) && seconds >= 0 && seconds <= FAULT_SECONDS_MAX;
}

static int add_fault(struct world *world, const struct world_fault *wanted, struct error *err)
{
	struct world_device *device = find_device(world, wanted->device, err);
	struct fault fault;
	int rc;

	if (!device)
		return ERROR_INVALID;
	if (!are_seconds(wanted->start_seconds) || !are_seconds(wanted->duration_seconds) ||
	    !are_seconds(wanted->every_seconds))
		return error_set(err, ERROR_INVALID,
				 "%s: the times of a fault in [[hardware.faults]] must be from 0 "
				 "to %.0f seconds",
				 wanted->device, FAULT_SECONDS_MAX);
	rc = fault_kind_parse(wanted->kind, &fault.kind, err);
	if (rc)
		return error_wrap(err, rc, "%s", wanted->device);
	fault.start_ns = (uint64_t)(wanted->start_seconds * 1e9);
	fault.duration_ns = (uint64_t)(wanted->duration_seconds * 1e9);
	fault.every_ns = (uint64_t)(wanted->every_seconds * 1e9);
	return fault_schedule_add(device->faults, device->name, device->allowed, &fault, err);
}

static int add_all(struct world *world, const struct world_config *config, struct error *err)
{
	int rc = add_chips(world, config, err);

	if (!rc)
		rc = add_dht22(world, config->dht22_pin, err);
	if (!rc)
		rc = add_leds(world, config, err);
	if (!rc)
		rc = add_relay(world, WORLD_BUZZER, &world->buzzer, config->buzzer_pin,
			       config->buzzer_active_low, err);
	if (!rc)
		rc = add_relay(world, WORLD_FAN, &world->fan, config->fan_pin,
			       config->fan_active_low, err);
	if (!rc)
		rc = world_add_extra(world, config, err);
	for (size_t i = 0; i < config->faults_count && !rc; i++)
		rc = add_fault(world, &config->faults[i], err);
	return rc;
}

int world_create(const struct world_config *config, struct clock *clock, struct world **ret_world,
		 struct error *err)
{
	const struct sim_options options = {.wire_time = config->wire_time};
	struct world *world = calloc(1, sizeof(*world));
	int rc;

	if (!world)
		return error_set(err, ERROR_NO_MEMORY,
				 "the simulated devices: out of memory; this machine needs more "
				 "free memory");
	world->seed = config->seed;
	world->clock = clock;
	choose_climate(world, config->climate);
	name_devices(world);
	rc = sim_backend_create(clock, &options, &world->backend, err);
	if (!rc)
		rc = add_all(world, config, err);
	if (rc) {
		world_destroy(world);
		return rc;
	}
	*ret_world = world;
	return 0;
}

void world_destroy(struct world *world)
{
	if (!world)
		return;
	backend_destroy(world->backend);
	if (world->devices[WORLD_BME680].present)
		bme680_model_finish(&world->bme680);
	if (world->devices[WORLD_BH1750].present)
		bh1750_model_finish(&world->bh1750);
	if (world->devices[WORLD_SSD1306].present)
		ssd1306_model_finish(&world->ssd1306);
	if (world->devices[WORLD_LEDS].present)
		ws2812_model_finish(&world->leds);
	if (world->devices[WORLD_BUZZER].present)
		relay_model_finish(&world->buzzer);
	if (world->devices[WORLD_FAN].present)
		relay_model_finish(&world->fan);
	world_finish_extra(world);
	free(world);
}

struct backend *world_backend(struct world *world)
{
	return world->backend;
}
