/* DHT22: temperature and humidity. The host reads the sensor; this shows on an LED how it feels. */
#include <math.h>
#include <stdlib.h>

#include "climate_plugin.h"

#define PIN 4
#define LED 1
#define WARM 25.0f
#define COLD 15.0f

static void show(float temperature)
{
	uint8_t red = temperature > WARM ? 255 : 0, blue = temperature < COLD ? 255 : 0;
	uint8_t green = red || blue ? 0 : 255;

	harvester_plugin_led_controller_set_led(LED, red, green, blue);
	harvester_plugin_led_controller_sync_leds();
}

/* What is NaN here is shown as absent. */
void exports_example_climate_climate_logic_poll(
	exports_example_climate_climate_logic_climate_t *ret_climate)
{
	climate_plugin_tuple2_f32_f32_t measured = {NAN, NAN};
	climate_plugin_string_t error;

	if (harvester_plugin_gpio_provider_read_dht22(PIN, &measured, &error)) {
		show(measured.f0);
	} else {
		harvester_plugin_log_write(HARVESTER_PLUGIN_LOG_LEVEL_ERROR, &error);
		climate_plugin_string_free(&error);
	}
	ret_climate->temperature = measured.f0;
	ret_climate->humidity = measured.f1;
}

/* The names of the generated types are long: they begin with the interface's. */
typedef exports_harvester_plugin_description_logic_field_t field;

static field describe_field(const char *name, const char *unit, double minimum, double maximum)
{
	field described = {
		.unit.is_some = true,
		.quantity.is_some = true,
		.decimals = {true, 1},
		.minimum = {true, minimum},
		.maximum = {true, maximum},
	};

	climate_plugin_string_dup(&described.field, name);
	climate_plugin_string_dup(&described.unit.val, unit);
	/* Both are called like what they measure. */
	climate_plugin_string_dup(&described.quantity.val, name);
	return described;
}

/* The host calls this once. The caller frees the list and its texts. */
void exports_harvester_plugin_description_logic_describe(
	exports_harvester_plugin_description_logic_list_field_t *ret_fields)
{
	ret_fields->ptr = calloc(2, sizeof(*ret_fields->ptr));
	ret_fields->len = ret_fields->ptr ? 2 : 0;
	if (!ret_fields->len)
		return;
	ret_fields->ptr[0] = describe_field("temperature", "°C", -40, 80);
	ret_fields->ptr[1] = describe_field("humidity", "%", 0, 100);
}
