#include "base/clock.h"
#include "simulation/internal.h"

#define HEX_SIZE (2 * SSD1306_MEMORY_SIZE + 1)

static json_t *bme680_to_json(const struct world *world, uint64_t unix_ms)
{
	struct climate climate = climate_at(&world->source, unix_ms);

	return json_pack("{s:f, s:f, s:f, s:f}", "temperature", climate.temperature, "humidity",
			 climate.humidity, "pressure", climate.pressure / 100, "gas_resistance",
			 climate.gas_resistance);
}

static json_t *dht22_to_json(const struct world *world, uint64_t unix_ms)
{
	struct climate climate = climate_at(&world->dht22_source, unix_ms);
	double temperature;
	double humidity;

	dht22_round(&climate, &temperature, &humidity);
	return json_pack("{s:f, s:f}", "temperature", temperature, "humidity", humidity);
}

static json_t *bh1750_to_json(const struct world *world, uint64_t unix_ms)
{
	return json_pack("{s:f}", "lux", climate_at(&world->source, unix_ms).light);
}

static void write_hex(const uint8_t *bytes, size_t size, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		ret_text[2 * i] = digits[bytes[i] >> 4];
		ret_text[2 * i + 1] = digits[bytes[i] & 0xf];
	}
	ret_text[2 * size] = '\0';
}

static json_t *ssd1306_to_json(struct world *world)
{
	struct ssd1306_picture picture;
	char pixels[HEX_SIZE];

	ssd1306_model_look(&world->ssd1306, &picture);
	write_hex(picture.memory, sizeof(picture.memory), pixels);
	return json_pack("{s:b, s:b, s:b, s:i, s:s}", "on", picture.on, "charge_pump",
			 picture.charge_pump, "inverted", picture.inverted, "contrast",
			 picture.contrast, "pixels", pixels);
}

static json_t *colors_to_json(const struct ws2812_color *colors, unsigned count)
{
	json_t *array = json_array();
	int rc = array ? 0 : -1;

	for (unsigned i = 0; i < count && !rc; i++)
		rc = json_array_append_new(array, json_sprintf("%02x%02x%02x", colors[i].red,
							       colors[i].green, colors[i].blue));
	if (!rc)
		return array;
	json_decref(array);
	return NULL;
}

static int set_leds(struct world *world, json_t *root)
{
	struct ws2812_color colors[WS2812_LEDS_MAX];
	uint64_t malformed;

	ws2812_model_look(&world->leds, colors, &malformed);
	return json_object_set_new(root, "leds", colors_to_json(colors, world->leds.count)) |
	       json_object_set_new(root, "leds_malformed", json_integer((json_int_t)malformed));
}

static json_t *relay_to_json(struct relay_model *relay)
{
	struct relay_truth truth;

	relay_model_look(relay, &truth);
	return json_pack("{s:b, s:I, s:f}", "on", truth.on, "switched", (json_int_t)truth.switched,
			 "on_seconds", truth.on_seconds);
}

static json_t *relays_to_json(struct world *world)
{
	json_t *relays = json_object();
	int rc = relays ? 0 : -1;

	if (!rc && world->devices[WORLD_BUZZER].present)
		rc = json_object_set_new(relays, "buzzer", relay_to_json(&world->buzzer));
	if (!rc && world->devices[WORLD_FAN].present)
		rc = json_object_set_new(relays, "fan", relay_to_json(&world->fan));
	if (!rc)
		return relays;
	json_decref(relays);
	return NULL;
}

static json_t *faults_to_json(const struct world *world)
{
	uint64_t now = clock_monotonic_ns(world->clock);
	json_t *faults = json_object();
	int rc = faults ? 0 : -1;

	for (unsigned i = 0; i < WORLD_DEVICES && !rc; i++) {
		const struct world_device *device = &world->devices[i];
		const char *name = NULL;

		if (device->present && device->faults)
			name = fault_schedule_name(device->faults, now);
		if (name)
			rc = json_object_set_new(faults, device->name, json_string(name));
	}
	if (!rc)
		return faults;
	json_decref(faults);
	return NULL;
}

static int set_present(struct world *world, json_t *root, uint64_t unix_ms)
{
	const struct world_device *devices = world->devices;
	int rc = 0;

	/* json_object_set_new() fails on NULL. */
	if (devices[WORLD_BME680].present)
		rc |= json_object_set_new(root, "bme680", bme680_to_json(world, unix_ms));
	if (devices[WORLD_DHT22].present)
		rc |= json_object_set_new(root, "dht22", dht22_to_json(world, unix_ms));
	if (devices[WORLD_BH1750].present)
		rc |= json_object_set_new(root, "bh1750", bh1750_to_json(world, unix_ms));
	if (devices[WORLD_SSD1306].present)
		rc |= json_object_set_new(root, "ssd1306", ssd1306_to_json(world));
	if (devices[WORLD_LEDS].present)
		rc |= set_leds(world, root);
	rc |= world_extra_to_json(world, root, unix_ms);
	rc |= json_object_set_new(root, "relays", relays_to_json(world));
	rc |= json_object_set_new(root, "faults", faults_to_json(world));
	return rc;
}

json_t *world_to_json(struct world *world)
{
	json_t *root = json_object();

	if (!root)
		return NULL;
	if (set_present(world, root, clock_unix_ms(world->clock)) == 0)
		return root;
	json_decref(root);
	return NULL;
}
