/* The text of a configuration file. */
#include "config/config.h"

#include <math.h>

#include "fuzz.h"
#include "problems.h"

static bool is_within(double value, double low, double high)
{
	return value >= low && value <= high;
}

static void check_values(const struct config *config)
{
	CHECK(config->cluster.node_id && config->leds.spi && config->logging.level);
	CHECK(config->http.listen && config->dashboard.plugin);
	CHECK(is_within(config->polling.interval_seconds, 0.05, 86400));
	CHECK(is_within(config->polling.deadline_seconds, 0.05, 3600));
	CHECK(config->sensors.bme680_address >= 0x08 && config->sensors.bme680_address <= 0x77);
	CHECK(config->leds.count <= 445 && config->leds.brightness <= 255);
	CHECK(is_within(config->buzzer.max_on_seconds, 0.1, 60));
	CHECK(config->fan.threshold_off < config->fan.threshold_on);
	CHECK(config->hardware.faults_count <= CONFIG_FAULTS_MAX);
	CHECK(config->plugins_count <= CONFIG_PLUGINS_MAX);
	for (size_t i = 0; i < config->plugins_count; i++) {
		const struct config_plugin *plugin = &config->plugins[i];

		CHECK(config_find_plugin(config, plugin->name) == plugin);
		CHECK(json_is_object(plugin->settings));
		CHECK(isfinite(plugin->interval_seconds) && isfinite(plugin->deadline_seconds));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problem_list problems;
	struct config *config = NULL;
	int ret;

	problem_list_init(&problems);
	ret = config_parse((const char *)data, size, "harvester.toml", &config, &problems);
	problems_check(&problems, ret, "harvester.toml");
	CHECK((config == NULL) == (ret != 0));
	if (config)
		check_values(config);
	config_destroy(config);
	problem_list_finish(&problems);
	return 0;
}
