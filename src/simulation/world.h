/*
 * The simulated world: a simulated backend with the devices of the reference build, whose sensors
 * all measure one simulated room (scenario.h). world_to_json() tells the true values, without any
 * bus or driver.
 */
#ifndef HARVESTER_SIMULATION_WORLD_H
#define HARVESTER_SIMULATION_WORLD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backend;
struct climate_source;
struct clock;
struct error;
struct world;

#define WORLD_PIN_NONE -1

/* Addresses and names of the extra devices. */
#define WORLD_BME280_ADDRESS 0x76 /* 0x77 if the bme680 has 0x76 */
#define WORLD_PCA9685_ADDRESS 0x40
#define WORLD_PCA9685_ALL_CALL 0x70
#define WORLD_MCP3008_SPI "spi0.1"
#define WORLD_PMS5003_UART "serial0"
#define WORLD_SDS011_UART "ttyUSB0"
#define WORLD_DS18B20_NAME "28-0316a2794bff"
#define WORLD_BUTTON_PIN 22

struct world_fault {
	const char *device;   /* "bme680", "bh1750", "ssd1306", "dht22", "leds", or an extra one */
	const char *kind;     /* as in simulation/chip/fault.h */
	double start_seconds; /* since world_create() */
	double duration_seconds; /* 0: for ever */
	double every_seconds;	 /* from one start to the next; 0: happens once */
};

struct world_config {
	uint64_t seed;
	unsigned i2c_bus;	 /* number of the bus of bme680, bh1750 (0x23) and ssd1306 (0x3c) */
	uint16_t bme680_address; /* 0x76 or 0x77; 0: absent */
	int dht22_pin;		 /* WORLD_PIN_NONE: absent, for each pin */
	const char *led_spi;	 /* "spi0.0"; NULL: no strip */
	unsigned led_count;	 /* 0: no strip */
	int buzzer_pin;
	bool buzzer_active_low;
	int fan_pin;
	bool fan_active_low;
	bool wire_time; /* a transfer takes as long as its bits on a real wire */
	/* What all sensors measure; copied, its arg is borrowed. NULL: the room of scenario.h. */
	const struct climate_source *climate;
	/* Names of extra devices: "bme280", "mcp3008", "pms5003", "sds011", "ds18b20", "button",
	 * "pca9685". */
	const char *const *extra;
	size_t extra_count;
	const struct world_fault *faults;
	size_t faults_count;
};

/*
 * Create a world. `config` need not outlive the call; `clock` is borrowed. ERROR_INVALID or
 * ERROR_EXISTS, with a text that names the device, for an unknown device, a fault that it cannot
 * have, a pin or address that is used twice, or an impossible address or count. ERROR_TOO_LARGE for
 * too many faults, ERROR_NO_MEMORY.
 */
int world_create(const struct world_config *config, struct clock *clock, struct world **ret_world,
		 struct error *err);

/* Close everything that was opened on its backend first. NULL is allowed. */
void world_destroy(struct world *world);

/* Borrowed until world_destroy(), which destroys it. */
struct backend *world_backend(struct world *world);

/*
 * The true state of every device now, whatever drivers read; absent devices are left out:
 * {"bme680": {"temperature": °C, "humidity": %, "pressure": hPa, "gas_resistance": Ω},
 *  "dht22": {"temperature", "humidity"}, "bh1750": {"lux"},
 *  "ssd1306": {"on", "charge_pump", "inverted", "contrast", "pixels": 1024 bytes in hex},
 *  "leds": ["rrggbb", ...], "leds_malformed": number of invalid pulses,
 *  "relays": {"buzzer": {"on", "switched": times switched on, "on_seconds"}, "fan": ...},
 *  "faults": {"dht22": "checksum", ...}}: the active ones.
 * Of the extra devices: {"bme280": {"temperature", "humidity", "pressure"},
 *  "mcp3008": {"volts": [of 8 inputs]}, "pms5003": {"pm1", "pm25", "pm10": µg/m³},
 *  "sds011": {"pm25", "pm10"}, "ds18b20": {"temperature"}, "button": {"pressed", "presses"},
 *  "pca9685": {"awake", "frequency": Hz, "duty": [of 16 outputs, 0..1]}}.
 * The caller releases it with json_decref(); NULL if memory runs out. Any thread.
 */
json_t *world_to_json(struct world *world);

#endif
