/* Internal to simulation/: the members of a world. */
#ifndef HARVESTER_SIMULATION_INTERNAL_H
#define HARVESTER_SIMULATION_INTERNAL_H

#include "simulation/chip/bh1750.h"
#include "simulation/chip/bme280.h"
#include "simulation/chip/bme680.h"
#include "simulation/chip/button.h"
#include "simulation/chip/dht22.h"
#include "simulation/chip/ds18b20.h"
#include "simulation/chip/mcp3008.h"
#include "simulation/chip/pca9685.h"
#include "simulation/chip/pms5003.h"
#include "simulation/chip/relay.h"
#include "simulation/chip/sds011.h"
#include "simulation/chip/ssd1306.h"
#include "simulation/chip/ws2812.h"
#include "simulation/world.h"

/* A device, by its name in the configuration. */
struct world_device {
	const char *name;
	bool present;
	struct fault_schedule *faults; /* a member of the model; NULL: it cannot have faults */
	unsigned allowed;	       /* faults that it can have: bits 1 << kind */
};

struct world_extra;

enum world_device_index {
	WORLD_BME680,
	WORLD_BH1750,
	WORLD_SSD1306,
	WORLD_DHT22,
	WORLD_LEDS,
	WORLD_BUZZER,
	WORLD_FAN,
	WORLD_BME280, /* the first extra device: present only if configured */
	WORLD_MCP3008,
	WORLD_PMS5003,
	WORLD_SDS011,
	WORLD_DS18B20,
	WORLD_BUTTON,
	WORLD_PCA9685,
	WORLD_DEVICES,
};

/* Does not change after world_create(), except within the models, which have locks of their own. */
struct world {
	uint64_t seed;
	struct clock *clock;	 /* borrowed */
	struct backend *backend; /* owned; destroyed before the models */
	struct climate_source source;
	struct climate_source dht22_source; /* slightly different: another corner of the room */
	struct world_device devices[WORLD_DEVICES];
	struct bme680_model bme680;
	struct bh1750_model bh1750;
	struct ssd1306_model ssd1306;
	struct dht22_model dht22;
	struct ws2812_model leds;
	struct relay_model buzzer;
	struct relay_model fan;
	struct world_extra *extra; /* owned; NULL: no extra devices */
};

/* world_extra.c: attach the configured extra devices. Call before adding faults. Codes of
 * world_create(). */
int world_add_extra(struct world *world, const struct world_config *config, struct error *err);

/* Call after the backend is destroyed. */
void world_finish_extra(struct world *world);

/* Add the true state of each extra device to `root`, under its name. 0, or -1 when out of memory.
 */
int world_extra_to_json(struct world *world, json_t *root, uint64_t unix_ms);

#endif
