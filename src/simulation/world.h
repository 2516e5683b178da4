/*
 * The simulated world: a sim backend with the devices of the reference build, which follow one
 * scenario, and a way to look at the truth past all buses and drivers.
 */
#ifndef HARVESTER_SIMULATION_WORLD_H
#define HARVESTER_SIMULATION_WORLD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backend;
struct clock;
struct error;
struct world;

#define WORLD_PIN_NONE -1

/* Where the extra devices are. */
#define WORLD_BME280_ADDRESS 0x76 /* 0x77 where the bme680 has 0x76 */
#define WORLD_PCA9685_ADDRESS 0x40
#define WORLD_PCA9685_ALL_CALL 0x70
#define WORLD_MCP3008_SPI "spi0.1"
#define WORLD_PMS5003_UART "serial0"
#define WORLD_SDS011_UART "ttyUSB0"
#define WORLD_DS18B20_NAME "28-0316a2794bff"
#define WORLD_BUTTON_PIN 22

struct world_fault {
	const char *device;   /* "bme680", "bh1750", "ssd1306", "dht22", "leds", or an extra one */
	const char *kind;     /* as in simulation/fault.h */
	double start_seconds; /* since world_create() */
	double duration_seconds; /* 0: for ever */
	double every_seconds;	 /* from start to start; 0: once */
};

struct world_config {
	uint64_t seed;
	unsigned i2c_bus;	 /* of bme680, bh1750 (0x23) and ssd1306 (0x3c) */
	uint16_t bme680_address; /* 0x76 or 0x77; 0: absent */
	int dht22_pin;		 /* WORLD_PIN_NONE: absent, as for each pin */
	const char *led_spi;	 /* "spi0.0"; NULL: no strip */
	unsigned led_count;	 /* 0: no strip */
	int buzzer_pin;
	bool buzzer_active_low;
	int fan_pin;
	bool fan_active_low;
	bool wire_time; /* transfers take the time of their bits */
	/* Of "bme280", "mcp3008", "pms5003", "sds011", "ds18b20", "button", "pca9685". */
	const char *const *extra;
	size_t extra_count;
	const struct world_fault *faults;
	size_t faults_count;
};

/*
 * The config is copied from, the clock borrowed. ERROR_INVALID, with a text that names the device,
 * for a device that is not known, a fault that does not fit, a pin that is used twice, an address
 * or a count that cannot be.
 */
int world_create(const struct world_config *config, struct clock *clock, struct world **ret_world,
		 struct error *err);

/* NULL is allowed. Close everything that was opened on its backend before. */
void world_destroy(struct world *world);

/* Owned by the world: not for backend_destroy(). */
struct backend *world_backend(struct world *world);

/*
 * The truth of this moment, whatever drivers make of it; absent devices are left out:
 * {"bme680": {"temperature": °C, "humidity": %, "pressure": hPa, "gas_resistance": Ω},
 *  "dht22": {"temperature", "humidity"}, "bh1750": {"lux"},
 *  "ssd1306": {"on", "charge_pump", "inverted", "contrast", "pixels": 1024 bytes in hex},
 *  "leds": ["rrggbb", ...], "leds_malformed": pulses that no LED would understand,
 *  "relays": {"buzzer": {"on", "switched": times switched on, "on_seconds"}, "fan": ...},
 *  "faults": {"dht22": "checksum", ...}}: those that are on.
 * The extra ones: {"bme280": {"temperature", "humidity", "pressure"},
 *  "mcp3008": {"volts": [of 8 inputs]}, "pms5003": {"pm1", "pm25", "pm10": µg/m³},
 *  "sds011": {"pm25", "pm10"}, "ds18b20": {"temperature"}, "button": {"pressed", "presses"},
 *  "pca9685": {"awake", "frequency": Hz, "duty": [of 16 outputs, 0..1]}}.
 * The caller owns it; NULL when out of memory. Any thread.
 */
json_t *world_to_json(struct world *world);

#endif
