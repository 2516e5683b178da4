#include "config/config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "config/config_keys.h"
#include "config/sensor_keys.h"
#include "config/update_keys.h"

#define HOST_NAME_SIZE 65

/* Make a node's name of the machine's host name: other characters become "-". The caller frees it;
 * NULL if memory runs out. */
static char *host_node_id(void)
{
	char name[HOST_NAME_SIZE] = "";

	if (gethostname(name, sizeof(name) - 1) < 0 || !*name)
		return strdup("node");
	for (char *at = name; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("-_.", *at))
			*at = '-';
	return strdup(name);
}

static int init_defaults(struct config *config)
{
	*config = (struct config){
		.cluster = {.role = ROLE_STANDALONE,
			    .node_id = host_node_id(),
			    .name = strdup("harvester"),
			    .replicas = 1,
			    .log_days = 7,
			    .log_mb = 256},
		.polling = {.interval_seconds = 10, .deadline_seconds = 10},
		.sensors = {.dht22_pin = 4, .bme680_address = 0x77},
		.leds = {.count = 11, .gpio_pin = 18, .brightness = 64, .spi = strdup("spi0.0")},
		.buzzer = {.gpio_pin = 17, .active_low = true, .max_on_seconds = 5},
		.fan = {.gpio_pin = 27, .threshold_on = 60, .threshold_off = 50},
		.logging = {.level = strdup("info"), .show_sensor_data = true},
		.hardware = {.backend = BACKEND_LINUX,
			     .i2c_backend = BACKEND_SAME,
			     .spi_backend = BACKEND_SAME,
			     .gpio_backend = BACKEND_SAME,
			     .uart_backend = BACKEND_SAME,
			     .w1_backend = BACKEND_SAME,
			     .i2c_bus = 1,
			     .seed = 1,
			     .wire_time = true},
		.http = {.listen = strdup("127.0.0.1:3000"), .connections_per_address = 64},
		.dashboard = {.plugin = strdup("dashboard")},
		.history = {.commit_seconds = 10,
			    .keep_raw_days = 14,
			    .keep_minute_days = 180,
			    .keep_hour_days = 3650,
			    .max_mb = 512},
		.sandbox = {.required = true},
		.updates = {.require_signature = true,
			    .probation_polls = 10,
			    .probation_failures = 3,
			    .from_hub = true,
			    .transfers_max = 4},
	};
	permission_rules_init(&config->permissions.rules);
	config_alerting_init(&config->alerting);
	if (config_mqtt_init(&config->mqtt) || config_influx_init(&config->influx) ||
	    !config->cluster.node_id || !config->cluster.name || !config->leds.spi ||
	    !config->logging.level || !config->http.listen || !config->dashboard.plugin)
		return ERROR_NO_MEMORY;
	return 0;
}

static void finish_sensor(struct config_sensor *sensor)
{
	for (size_t i = 0; i < sensor->fields_count; i++) {
		struct config_field *field = &sensor->fields[i];

		free(field->name);
		free(field->label);
		free(field->unit);
		free(field->quantity);
		free(field->shown_unit);
	}
	free(sensor->fields);
	free(sensor->id);
	free(sensor->name);
	free(sensor->room);
	free(sensor->main_field);
}

void config_destroy(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->plugins_count; i++) {
		free(config->plugins[i].name);
		json_decref(config->plugins[i].settings);
	}
	free(config->plugins);
	for (size_t i = 0; i < config->sensors.count; i++)
		finish_sensor(&config->sensors.list[i]);
	free(config->sensors.list);
	for (size_t i = 0; i < config->hardware.faults_count; i++) {
		free(config->hardware.faults[i].device);
		free(config->hardware.faults[i].kind);
	}
	free(config->hardware.faults);
	config_alerting_finish(&config->alerting);
	config_mqtt_finish(&config->mqtt);
	config_influx_finish(&config->influx);
	free(config->hardware.gpio_chip);
	free(config->hardware.w1_root);
	free(config->path);
	free(config->cluster.hub_url);
	free(config->cluster.node_id);
	free(config->cluster.spoke_buzzer_url);
	free(config->cluster.name);
	for (size_t i = 0; i < CONFIG_URLS_MAX; i++)
		free(config->cluster.urls[i]);
	free(config->cluster.tls_ca);
	free(config->cluster.tls_certificate);
	free(config->cluster.tls_key);
	free(config->cluster.credentials);
	free(config->leds.spi);
	free(config->logging.level);
	free(config->logging.timezone);
	free(config->http.listen);
	for (size_t i = 0; i < CONFIG_HOST_NAMES_MAX; i++)
		free(config->http.host_names[i]);
	free(config->http.tls_certificate);
	free(config->http.tls_key);
	free(config->dashboard.plugin);
	free(config->paths.plugins);
	free(config->paths.data);
	config_update_finish(config);
	free(config);
}

/* Buses without a key of their own use `backend`. */
static void settle_backends(struct config *config)
{
	enum backend_kind *kinds[] = {&config->hardware.i2c_backend, &config->hardware.spi_backend,
				      &config->hardware.gpio_backend,
				      &config->hardware.uart_backend, &config->hardware.w1_backend};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (*kinds[i] == BACKEND_SAME)
			*kinds[i] = config->hardware.backend;
	}
}

/* Join a relative path to the folder of the configuration file, since the working directory
 * depends on how the program was started. */
static int settle_path(const char *file, char **path)
{
	const char *slash = strrchr(file, '/');
	char *joined;

	if (!*path || **path == '/' || !slash)
		return 0;
	if (asprintf(&joined, "%.*s%s", (int)(slash - file + 1), file, *path) < 0)
		return ERROR_NO_MEMORY;
	free(*path);
	*path = joined;
	return 0;
}

static int settle_mqtt(const char *file, struct config_mqtt *mqtt)
{
	char **paths[] = {&mqtt->password_file, &mqtt->tls_ca, &mqtt->tls_certificate,
			  &mqtt->tls_key};
	int ret = 0;

	for (size_t i = 0; !ret && i < sizeof(paths) / sizeof(*paths); i++)
		ret = settle_path(file, paths[i]);
	return ret;
}

/* Read from `text`, or from the file `name` if `text` is NULL. */
static int read_config(const char *name, const char *text, size_t size, struct config **ret_config,
		       struct problem_list *problems)
{
	struct config *config = malloc(sizeof(*config));
	struct schema_file file = {
		.name = name,
		.size_max = CONFIG_FILE_SIZE_MAX,
		.keys = config_keys,
		.check = config_check,
		.target = config,
		.problems = problems,
	};
	int ret;

	if (!config)
		return ERROR_NO_MEMORY;
	ret = init_defaults(config);
	if (ret)
		goto out_config;
	config->path = strdup(name);
	if (!config->path) {
		ret = ERROR_NO_MEMORY;
		goto out_config;
	}
	ret = text ? schema_parse(&file, text, size) : schema_load(&file, false);
	if (ret)
		goto out_config;
	ret = settle_path(name, &config->paths.plugins);
	if (!ret)
		ret = settle_path(name, &config->paths.data);
	for (size_t i = 0; !ret && i < config->updates.trusted_keys_count; i++)
		if (!config_key_is_text(config->updates.trusted_keys[i].key))
			ret = settle_path(name, &config->updates.trusted_keys[i].key);
	if (!ret && config->updates.index && !config_index_is_url(config->updates.index))
		ret = settle_path(name, &config->updates.index);
	for (size_t i = 0; !ret && i < config->alerting.channels_count; i++)
		ret = settle_path(name, &config->alerting.channels[i].secret_file);
	if (!ret)
		ret = settle_path(name, &config->cluster.tls_ca);
	if (!ret)
		ret = settle_path(name, &config->cluster.tls_certificate);
	if (!ret)
		ret = settle_path(name, &config->cluster.tls_key);
	if (!ret)
		ret = settle_mqtt(name, &config->mqtt);
	if (!ret)
		ret = settle_path(name, &config->influx.token_file);
	if (!ret)
		ret = settle_path(name, &config->influx.tls_ca);
	if (!ret)
		ret = settle_path(name, &config->cluster.credentials);
	if (ret)
		goto out_config;
	settle_backends(config);
	*ret_config = config;
	return 0;

out_config:
	config_destroy(config);
	return ret;
}

void config_compare(const struct config *running, const struct config *fresh,
		    void (*on_found)(void *arg, const char *path, bool reloads), void *arg)
{
	schema_compare(config_keys, running, fresh, on_found, arg);
	sensor_compare_all(running, fresh, on_found, arg);
}

#define EXCHANGE(field)                                                                            \
	do {                                                                                       \
		__typeof__(running->field) kept = running->field;                                  \
                                                                                                   \
		running->field = fresh->field;                                                     \
		fresh->field = kept;                                                               \
	} while (0)

void config_adopt(struct config *running, struct config *fresh)
{
	EXCHANGE(polling);
	EXCHANGE(logging);
	EXCHANGE(dashboard);
	EXCHANGE(history);
	EXCHANGE(permissions);
	EXCHANGE(updates);
	EXCHANGE(alerting);
	EXCHANGE(plugins);
	EXCHANGE(plugins_count);
	EXCHANGE(sensors.list);
	EXCHANGE(sensors.count);
}

int config_load(const char *path, struct config **ret_config, struct problem_list *problems)
{
	return read_config(path, NULL, 0, ret_config, problems);
}

int config_parse(const char *text, size_t size, const char *name, struct config **ret_config,
		 struct problem_list *problems)
{
	return read_config(name, text, size, ret_config, problems);
}

const struct config_sensor *config_find_sensor(const struct config *config, const char *node,
					       const char *sensor)
{
	const struct config_sensor *found = NULL;
	bool is_own = !strcmp(node, config->cluster.node_id);
	size_t size = strlen(node);

	for (size_t i = 0; i < config->sensors.count; i++) {
		const struct config_sensor *item = &config->sensors.list[i];

		if (!strncmp(item->id, node, size) && item->id[size] == ':' &&
		    !strcmp(item->id + size + 1, sensor))
			return item;
		if (is_own && !strcmp(item->id, sensor))
			found = item;
	}
	return found;
}

const struct config_field *config_find_field(const struct config_sensor *sensor, const char *field)
{
	for (size_t i = 0; sensor && i < sensor->fields_count; i++)
		if (!strcmp(sensor->fields[i].name, field))
			return &sensor->fields[i];
	return NULL;
}

const struct config_plugin *config_find_plugin(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->plugins_count; i++)
		if (!strcmp(config->plugins[i].name, name))
			return &config->plugins[i];
	return NULL;
}
