/* The extra devices of a world, present only if the configuration lists them. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "simulation/internal.h"

#define BME680_TAKES_ITS_ADDRESS 0x77

struct world_extra {
	struct bme280_model bme280;
	struct mcp3008_model mcp3008;
	struct pms5003_model pms5003;
	struct sds011_model sds011;
	struct ds18b20_model ds18b20;
	struct button_model button;
	struct pca9685_model pca9685;
};

static int add_bme280(struct world *world, const struct world_config *config, struct error *err)
{
	uint16_t address = config->bme680_address == WORLD_BME280_ADDRESS ? BME680_TAKES_ITS_ADDRESS
									  : WORLD_BME280_ADDRESS;
	struct bme280_model *bme280 = &world->extra->bme280;

	bme280_model_init(bme280, NULL, world->clock, &world->source);
	world->devices[WORLD_BME280].faults = &bme280->chip.faults;
	return sim_attach_i2c(world->backend, config->i2c_bus, address, &bme280->chip.device, err);
}

static int add_mcp3008(struct world *world, const struct world_config *config, struct error *err)
{
	struct mcp3008_model *mcp3008 = &world->extra->mcp3008;

	(void)config;
	mcp3008_model_init(mcp3008, world->clock, &world->source);
	world->devices[WORLD_MCP3008].faults = &mcp3008->faults;
	return sim_attach_spi(world->backend, WORLD_MCP3008_SPI, &mcp3008->device, err);
}

static int add_pms5003(struct world *world, const struct world_config *config, struct error *err)
{
	struct serial *serial = &world->extra->pms5003.serial;

	(void)config;
	pms5003_model_init(&world->extra->pms5003, world->clock, &world->source);
	world->devices[WORLD_PMS5003].faults = &serial->faults;
	return sim_attach_uart(world->backend, WORLD_PMS5003_UART, &serial->device, err);
}

static int add_sds011(struct world *world, const struct world_config *config, struct error *err)
{
	struct serial *serial = &world->extra->sds011.serial;

	(void)config;
	sds011_model_init(&world->extra->sds011, world->clock, &world->source);
	world->devices[WORLD_SDS011].faults = &serial->faults;
	return sim_attach_uart(world->backend, WORLD_SDS011_UART, &serial->device, err);
}

static int add_ds18b20(struct world *world, const struct world_config *config, struct error *err)
{
	struct ds18b20_model *ds18b20 = &world->extra->ds18b20;

	(void)config;
	ds18b20_model_init(ds18b20, world->clock, &world->source);
	world->devices[WORLD_DS18B20].faults = &ds18b20->faults;
	return sim_attach_w1(world->backend, WORLD_DS18B20_NAME, &ds18b20->device, err);
}

static int add_button(struct world *world, const struct world_config *config, struct error *err)
{
	struct button_model *button = &world->extra->button;

	world->devices[WORLD_BUTTON].faults = &button->faults;
	return button_model_init(button, world->backend, WORLD_BUTTON_PIN, config->seed,
				 world->clock, err);
}

static int add_pca9685(struct world *world, const struct world_config *config, struct error *err)
{
	struct pca9685_model *pca9685 = &world->extra->pca9685;
	int rc;

	pca9685_model_init(pca9685, world->clock);
	world->devices[WORLD_PCA9685].faults = &pca9685->chip.faults;
	rc = sim_attach_i2c(world->backend, config->i2c_bus, WORLD_PCA9685_ADDRESS,
			    &pca9685->chip.device, err);
	if (!rc)
		rc = sim_attach_i2c(world->backend, config->i2c_bus, WORLD_PCA9685_ALL_CALL,
				    &pca9685->all_call, err);
	return rc;
}

static int add_one(struct world *world, const struct world_config *config, const char *name,
		   struct error *err)
{
	static int (*const add[])(struct world *, const struct world_config *, struct error *) = {
		[WORLD_BME280] = add_bme280,   [WORLD_MCP3008] = add_mcp3008,
		[WORLD_PMS5003] = add_pms5003, [WORLD_SDS011] = add_sds011,
		[WORLD_DS18B20] = add_ds18b20, [WORLD_BUTTON] = add_button,
		[WORLD_PCA9685] = add_pca9685,
	};

	for (unsigned i = WORLD_BME280; i < WORLD_DEVICES; i++) {
		struct world_device *device = &world->devices[i];
		int rc;

		if (strcmp(device->name, name) != 0)
			continue;
		if (device->present)
			return error_set(
				err, ERROR_EXISTS,
				"%s is listed twice in `devices` under [hardware]: list it once",
				name);
		device->present = true; /* so that world_finish_extra() finishes it */
		rc = add[i](world, config, err);
		return rc ? error_wrap(err, rc, "%s", name) : 0;
	}
	return error_set(err, ERROR_INVALID,
			 "'%s' in `devices` under [hardware] is no extra device of the simulation: "
			 "use bme280, mcp3008, pms5003, sds011, ds18b20, button or pca9685",
			 name);
}

int world_add_extra(struct world *world, const struct world_config *config, struct error *err)
{
	int rc = 0;

	if (!config->extra_count)
		return 0;
	world->extra = calloc(1, sizeof(*world->extra));
	if (!world->extra)
		return error_set(err, ERROR_NO_MEMORY,
				 "the simulated devices: out of memory; this machine needs more "
				 "free memory");
	for (size_t i = 0; i < config->extra_count && !rc; i++)
		rc = add_one(world, config, config->extra[i], err);
	return rc;
}

void world_finish_extra(struct world *world)
{
	if (world->devices[WORLD_BME280].present)
		bme280_model_finish(&world->extra->bme280);
	if (world->devices[WORLD_PCA9685].present)
		pca9685_model_finish(&world->extra->pca9685);
	free(world->extra);
}

static json_t *reals_to_json(const double *values, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_real(values[i]));
	return array;
}

static json_t *mcp3008_to_json(const struct climate *climate)
{
	double volts[MCP3008_CHANNELS];

	for (unsigned channel = 0; channel < MCP3008_CHANNELS; channel++)
		volts[channel] = mcp3008_volts(climate, channel);
	return json_pack("{s:o}", "volts", reals_to_json(volts, MCP3008_CHANNELS));
}

static json_t *button_to_json(const struct button_model *button)
{
	struct button_truth truth;

	button_model_look(button, &truth);
	return json_pack("{s:b, s:I}", "pressed", truth.pressed, "presses",
			 (json_int_t)truth.presses);
}

static json_t *pca9685_to_json(struct pca9685_model *pca9685)
{
	struct pca9685_outputs outputs;

	pca9685_model_look(pca9685, &outputs);
	return json_pack("{s:b, s:f, s:o}", "awake", outputs.awake, "frequency",
			 outputs.frequency_hz, "duty",
			 reals_to_json(outputs.duty, PCA9685_CHANNELS));
}

static json_t *one_to_json(struct world *world, unsigned index, const struct climate *climate)
{
	switch (index) {
	case WORLD_BME280:
		return json_pack("{s:f, s:f, s:f}", "temperature", climate->temperature, "humidity",
				 climate->humidity, "pressure", climate->pressure / 100);
	case WORLD_MCP3008:
		return mcp3008_to_json(climate);
	case WORLD_PMS5003:
		return json_pack("{s:f, s:f, s:f}", "pm1", climate->dust * PMS5003_PM1_SHARE,
				 "pm25", climate->dust, "pm10", climate->dust * PMS5003_PM10_SHARE);
	case WORLD_SDS011:
		return json_pack("{s:f, s:f}", "pm25", climate->dust, "pm10",
				 climate->dust * SDS011_PM10_SHARE);
	case WORLD_DS18B20:
		return json_pack("{s:f}", "temperature", climate->temperature);
	case WORLD_BUTTON:
		return button_to_json(&world->extra->button);
	default:
		return pca9685_to_json(&world->extra->pca9685);
	}
}

int world_extra_to_json(struct world *world, json_t *root, uint64_t unix_ms)
{
	struct climate climate = climate_at(&world->source, unix_ms);
	int rc = 0;

	/* json_object_set_new() fails on NULL. */
	for (unsigned i = WORLD_BME280; i < WORLD_DEVICES; i++)
		if (world->devices[i].present)
			rc |= json_object_set_new(root, world->devices[i].name,
						  one_to_json(world, i, &climate));
	return rc;
}
