/* DHT22: temperature and humidity. The host reads the sensor; this shows on an LED how it feels. */
#include <math.h>

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
