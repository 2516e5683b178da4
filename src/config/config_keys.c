#include "config/config_keys.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/permission_keys.h"
#include "config/rules.h"
#include "config/sensor_keys.h"
#include "config/update_keys.h"

#define PIN_MAX 255
#define LEDS_MAX 445 /* fit into one spidev transfer of 4096 bytes */
#define HISTORY_DAYS_MAX 36500
#define TOTAL_MEMORY_MB_MIN 40 /* enough for the smallest plugin */
#define TOTAL_MEMORY_MB_MAX 1048576
#define SEED_MAX 9007199254740991.0
#define FAULT_SECONDS_MAX 31536000

#define AT(type, field) .offset = offsetof(struct type, field)
#define FLAG(key, type, field)                                                                     \
	{                                                                                          \
		.name = key, .kind = SCHEMA_BOOLEAN, AT(type, field)                               \
	}
#define INT(key, type, field, from, to)                                                            \
	{                                                                                          \
		.name = key, .kind = SCHEMA_INT, AT(type, field), .low = from, .high = to          \
	}
#define UNSIGNED(key, type, field, to)                                                             \
	{                                                                                          \
		.name = key, .kind = SCHEMA_UNSIGNED, AT(type, field), .high = to                  \
	}
#define MOST_INT(key, field, from, to)                                                             \
	{                                                                                          \
		.name = key, .kind = SCHEMA_UNSIGNED, AT(config_permissions, rules.most.field),    \
		.low = from, .high = to                                                            \
	}
#define REAL(key, type, field, from, to)                                                           \
	{                                                                                          \
		.name = key, .kind = SCHEMA_NUMBER, AT(type, field), .low = from, .high = to       \
	}
#define CHOICE(key, type, field, all)                                                              \
	{                                                                                          \
		.name = key, .kind = SCHEMA_CHOICE, AT(type, field), .choices = all                \
	}
#define WORD(key, type, field, all)                                                                \
	{                                                                                          \
		.name = key, .kind = SCHEMA_STRING, AT(type, field), .choices = all                \
	}
#define STRING(key, type, field, rule, words)                                                      \
	{                                                                                          \
		.name = key, .kind = SCHEMA_STRING, AT(type, field), .valid = rule,                \
		.expected = words                                                                  \
	}
#define PIN(field)                                                                                 \
	{                                                                                          \
		.name = "gpio_pin", .kind = SCHEMA_INT, AT(config, field), .low = CONFIG_PIN_NONE, \
		.high = PIN_MAX, .expected = "a GPIO line from 0 to 255, or -1 for none"           \
	}
#define SECTION(key, all)                                                                          \
	{                                                                                          \
		.name = key, .kind = SCHEMA_TABLE, .keys = all                                     \
	}
/* A section that a running node reloads; config_adopt() must exchange it too. */
#define LIVE_SECTION(key, all)                                                                     \
	{                                                                                          \
		.name = key, .kind = SCHEMA_TABLE, .keys = all, .reloads = true                    \
	}
#define LIVE_CUSTOM(key, reader)                                                                   \
	{                                                                                          \
		.name = key, .kind = SCHEMA_CUSTOM, .read = reader, .reloads = true                \
	}
#define LIST(key, reader, same)                                                                    \
	{                                                                                          \
		.name = key, .kind = SCHEMA_CUSTOM, .read = reader, .equal = same                  \
	}
#define CUSTOM(key, reader)                                                                        \
	{                                                                                          \
		.name = key, .kind = SCHEMA_CUSTOM, .read = reader                                 \
	}

/* In the order of enum node_role. */
static const char *const roles[] = {"standalone", "hub", "spoke", NULL};
static const char *const engines[] = {"none", "nats", NULL};
static const char *const targets[] = {"native", "pulley64", NULL};
static const char *const backends[] = {"linux", "sim", NULL};
static const char *const levels[] = {"debug", "info", "warning", "error", NULL};
/* Keep equal to simulation/chip/fault.h and simulation/world.h. */
static const char *const fault_kinds[] = {"no-acknowledge",
					  "stuck-bus",
					  "checksum",
					  "missing-edges",
					  "unplugged",
					  "arbitration-loss",
					  "timeout",
					  "wrong-id",
					  "all-zeros",
					  "all-ones",
					  "random-calibration",
					  "truncated-frames",
					  "shifted-frames",
					  "extra-edges",
					  "implausible",
					  NULL};
static const char *const devices[] = {"bme280",	 "mcp3008", "pms5003", "sds011",
				      "ds18b20", "button",  "pca9685", NULL};

#define DEVICES_EXPECTED                                                                           \
	"\"bme280\", \"mcp3008\", \"pms5003\", \"sds011\", \"ds18b20\", \"button\" or \"pca9685\""

static void read_settings(struct schema_reader *reader, struct toml_node *node, const char *path,
			  void *target)
{
	struct config_plugin *plugin = target;
	json_t *settings;

	if (node->kind != TOML_TABLE) {
		schema_refuse(reader, node, path, "a table");
		return;
	}
	settings = schema_to_json(reader, node, path);
	if (!settings)
		return;
	json_decref(plugin->settings);
	plugin->settings = settings;
}

static void read_grant(struct schema_reader *reader, struct toml_node *node, const char *path,
		       void *target)
{
	struct config_plugin *plugin = target;

	permission_read_rules(reader, node, path, &plugin->grant);
}

/* clang-format off */
const struct schema_key config_plugin_keys[] = {
	FLAG("enabled", config_plugin, enabled),
	INT("led", config_plugin, led, -1, LEDS_MAX - 1),
	REAL("interval_seconds", config_plugin, interval_seconds, 0.005, 86400),
	REAL("deadline_seconds", config_plugin, deadline_seconds, 0.05, 3600),
	CUSTOM("settings", read_settings),
	CUSTOM("grant", read_grant),
	{0},
};
/* clang-format on */

static void read_plugin(struct schema_reader *reader, struct toml_node *node, const char *path,
			struct config *config)
{
	struct config_plugin *plugin;

	if (!rule_is_label(node->key)) {
		schema_complain(reader, node, "%s: the name of a plugin is " RULE_LABEL, path);
		return;
	}
	plugin = schema_append(reader, &config->plugins, &config->plugins_count, sizeof(*plugin));
	if (!plugin)
		return;
	plugin->name = strdup(node->key);
	plugin->line = node->key_line;
	plugin->column = node->key_column;
	plugin->enabled = true;
	plugin->led = -1;
	plugin->settings = json_object();
	permission_rules_init(&plugin->grant);
	if (!plugin->name || !plugin->settings)
		reader->no_memory = true;
	else
		schema_read(reader, node, path, config_plugin_keys, plugin);
}

static void read_plugins(struct schema_reader *reader, struct toml_node *node, const char *path,
			 void *target)
{
	struct config *config = target;
	char child_path[SCHEMA_PATH_SIZE];

	if (node->kind != TOML_TABLE) {
		schema_refuse(reader, node, path, "a table for each plugin, [plugins.NAME]");
		return;
	}
	for (struct toml_node *child = node->first; child; child = child->next) {
		if (config->plugins_count == CONFIG_PLUGINS_MAX) {
			schema_complain(reader, child,
					"%s: sections for more than %d plugins: remove some", path,
					CONFIG_PLUGINS_MAX);
			return;
		}
		schema_join(child_path, path, child->key);
		read_plugin(reader, child, child_path, config);
	}
}

static const char *find_device(const struct toml_node *node)
{
	for (size_t i = 0; node->kind == TOML_STRING && devices[i]; i++)
		if (!strcmp(devices[i], node->text))
			return devices[i];
	return NULL;
}

static bool has_device(const struct config *config, const char *device)
{
	for (size_t i = 0; i < config->hardware.devices_count; i++)
		if (config->hardware.devices[i] == device)
			return true;
	return false;
}

static void read_devices(struct schema_reader *reader, struct toml_node *node, const char *path,
			 void *target)
{
	struct config *config = target;

	if (node->kind != TOML_ARRAY)
		schema_refuse(reader, node, path, "an array of devices, such as [\"bme280\"]");
	for (struct toml_node *item = node->first; item; item = item->next) {
		const char *device = find_device(item);

		if (!device)
			schema_refuse(reader, item, path, DEVICES_EXPECTED);
		else if (has_device(config, device))
			schema_complain(reader, item,
					"%s: \"%s\" is listed twice: remove one of the two", path,
					device);
		else /* each device only once, so there is room */
			config->hardware.devices[config->hardware.devices_count++] = device;
	}
}

static void read_host_name(struct schema_reader *reader, struct toml_node *item, const char *path,
			   char **names)
{
	size_t count = 0;

	if (item->kind != TOML_STRING || !rule_is_host(item->text)) {
		schema_refuse(reader, item, path, RULE_HOST);
		return;
	}
	while (names[count])
		count++;
	if (count == CONFIG_HOST_NAMES_MAX) {
		schema_complain(reader, item, "%s: more than %d names: remove some", path,
				CONFIG_HOST_NAMES_MAX);
		return;
	}
	names[count] = strdup(item->text);
	reader->no_memory |= !names[count];
}

static void read_host_names(struct schema_reader *reader, struct toml_node *node, const char *path,
			    void *target)
{
	struct config *config = target;

	if (node->kind != TOML_ARRAY)
		schema_refuse(reader, node, path,
			      "an array of host names, such as [\"pi.example.org\"]");
	for (struct toml_node *item = node->first; item; item = item->next)
		read_host_name(reader, item, path, config->http.host_names);
}

static void read_url(struct schema_reader *reader, struct toml_node *item, const char *path,
		     char **urls)
{
	size_t count = 0;

	if (item->kind != TOML_STRING || !rule_is_server(item->text)) {
		schema_refuse(reader, item, path, RULE_SERVER);
		return;
	}
	while (urls[count])
		count++;
	if (count == CONFIG_URLS_MAX) {
		schema_complain(reader, item, "%s: more than %d addresses: remove some", path,
				CONFIG_URLS_MAX);
		return;
	}
	urls[count] = strdup(item->text);
	reader->no_memory |= !urls[count];
}

static void read_urls(struct schema_reader *reader, struct toml_node *node, const char *path,
		      void *target)
{
	struct config *config = target;

	if (node->kind != TOML_ARRAY)
		schema_refuse(reader, node, path,
			      "an array of addresses, such as [\"nats://pi.local:4222\"]");
	for (struct toml_node *item = node->first; item; item = item->next)
		read_url(reader, item, path, config->cluster.urls);
}

static bool have_same_urls(const void *a, const void *b)
{
	const struct config *one = a, *other = b;

	for (size_t i = 0; i <= CONFIG_URLS_MAX; i++) {
		const char *url = one->cluster.urls[i], *peer = other->cluster.urls[i];

		if (!url || !peer)
			return url == peer;
		if (strcmp(url, peer) != 0)
			return false;
	}
	return true;
}

/* clang-format off */
const struct schema_key config_fault_keys[] = {
	STRING("device", config_fault, device, rule_is_name, RULE_NAME),
	WORD("kind", config_fault, kind, fault_kinds),
	REAL("start_seconds", config_fault, start_seconds, 0, FAULT_SECONDS_MAX),
	REAL("duration_seconds", config_fault, duration_seconds, 0, FAULT_SECONDS_MAX),
	REAL("every_seconds", config_fault, every_seconds, 0, FAULT_SECONDS_MAX),
	{0},
};
/* clang-format on */

static void read_fault(struct schema_reader *reader, struct toml_node *node, const char *path,
		       struct config *config)
{
	size_t refused = reader->refused;
	struct config_fault *fault;

	fault = schema_append(reader, &config->hardware.faults, &config->hardware.faults_count,
			      sizeof(*fault));
	if (!fault)
		return;
	schema_read(reader, node, path, config_fault_keys, fault);
	if (reader->refused > refused || reader->no_memory)
		return;
	if (!fault->device || !fault->kind)
		schema_complain(reader, node, "%s: a fault needs a device and a kind", path);
	else if (fault->every_seconds > 0 &&
		 (fault->duration_seconds <= 0 || fault->every_seconds <= fault->duration_seconds))
		schema_complain(reader, node,
				"%s: with every_seconds, duration_seconds must be above 0 and "
				"below every_seconds",
				path);
}

static void read_faults(struct schema_reader *reader, struct toml_node *node, const char *path,
			void *target)
{
	struct config *config = target;

	if (node->kind != TOML_ARRAY) {
		schema_refuse(reader, node, path, "an array of tables, [[hardware.faults]]");
		return;
	}
	for (struct toml_node *child = node->first; child; child = child->next) {
		if (config->hardware.faults_count == CONFIG_FAULTS_MAX) {
			schema_complain(reader, child, "%s: more than %d faults: remove some", path,
					CONFIG_FAULTS_MAX);
			return;
		}
		read_fault(reader, child, path, config);
	}
}

static bool have_same_devices(const void *a, const void *b)
{
	const struct config *one = a, *other = b;

	if (one->hardware.devices_count != other->hardware.devices_count)
		return false;
	for (size_t i = 0; i < one->hardware.devices_count; i++)
		if (strcmp(one->hardware.devices[i], other->hardware.devices[i]) != 0)
			return false;
	return true;
}

static bool is_same_time(double a, double b)
{
	return !(a < b) && !(a > b);
}

static bool is_same_fault(const struct config_fault *a, const struct config_fault *b)
{
	return !strcmp(a->device, b->device) && !strcmp(a->kind, b->kind) &&
	       is_same_time(a->start_seconds, b->start_seconds) &&
	       is_same_time(a->duration_seconds, b->duration_seconds) &&
	       is_same_time(a->every_seconds, b->every_seconds);
}

static bool have_same_faults(const void *a, const void *b)
{
	const struct config *one = a, *other = b;

	if (one->hardware.faults_count != other->hardware.faults_count)
		return false;
	for (size_t i = 0; i < one->hardware.faults_count; i++)
		if (!is_same_fault(&one->hardware.faults[i], &other->hardware.faults[i]))
			return false;
	return true;
}

/* clang-format off */
static const struct schema_key cluster_keys[] = {
	CHOICE("role", config, cluster.role, roles),
	STRING("hub_url", config, cluster.hub_url, rule_is_url, RULE_URL),
	STRING("node_id", config, cluster.node_id, rule_is_label, RULE_LABEL),
	STRING("spoke_buzzer_url", config, cluster.spoke_buzzer_url, rule_is_url, RULE_URL),
	CHOICE("engine", config, cluster.engine, engines),
	STRING("name", config, cluster.name, rule_is_name, RULE_NAME),
	LIST("urls", read_urls, have_same_urls),
	STRING("tls_ca", config, cluster.tls_ca, rule_is_path, RULE_PATH),
	STRING("tls_certificate", config, cluster.tls_certificate, rule_is_path, RULE_PATH),
	STRING("tls_key", config, cluster.tls_key, rule_is_path, RULE_PATH),
	STRING("credentials", config, cluster.credentials, rule_is_path, RULE_PATH),
	{
		.name = "replicas", .kind = SCHEMA_UNSIGNED, AT(config, cluster.replicas),
		.low = 1, .high = 5
	},
	{
		.name = "log_days", .kind = SCHEMA_UNSIGNED, AT(config, cluster.log_days),
		.low = 1, .high = 365
	},
	{
		.name = "log_mb", .kind = SCHEMA_UNSIGNED, AT(config, cluster.log_mb),
		.low = 16, .high = 1048576
	},
	{0},
};

static const struct schema_key polling_keys[] = {
	REAL("interval_seconds", config, polling.interval_seconds, 0.005, 86400),
	REAL("deadline_seconds", config, polling.deadline_seconds, 0.05, 3600),
	{0},
};

static const struct schema_key dht22_keys[] = {
	PIN(sensors.dht22_pin),
	{.read = sensor_read_dht22_key},
};

static const struct schema_key bme680_keys[] = {
	{.name = "i2c_address", .kind = SCHEMA_ADDRESS, AT(config, sensors.bme680_address)},
	{.read = sensor_read_bme680_key},
};

static const struct schema_key sensor_keys[] = {
	SECTION("dht22", dht22_keys),
	SECTION("bme680", bme680_keys),
	{.read = sensor_read},
};

static const struct schema_key led_keys[] = {
	UNSIGNED("count", config, leds.count, LEDS_MAX),
	PIN(leds.gpio_pin),
	UNSIGNED("brightness", config, leds.brightness, 255),
	STRING("spi", config, leds.spi, rule_is_spi, RULE_SPI),
	{0},
};

static const struct schema_key buzzer_keys[] = {
	PIN(buzzer.gpio_pin),
	FLAG("active_low", config, buzzer.active_low),
	REAL("max_on_seconds", config, buzzer.max_on_seconds, 0.1, 60),
	{0},
};

static const struct schema_key fan_keys[] = {
	PIN(fan.gpio_pin),
	REAL("threshold_on", config, fan.threshold_on, -40, 150),
	REAL("threshold_off", config, fan.threshold_off, -40, 150),
	FLAG("active_low", config, fan.active_low),
	REAL("min_off_seconds", config, fan.min_off_seconds, 0, 3600),
	{0},
};

static const struct schema_key logging_keys[] = {
	WORD("level", config, logging.level, levels),
	FLAG("show_sensor_data", config, logging.show_sensor_data),
	STRING("timezone", config, logging.timezone, NULL, NULL),
	{0},
};

static const struct schema_key hardware_keys[] = {
	CHOICE("backend", config, hardware.backend, backends),
	CHOICE("i2c_backend", config, hardware.i2c_backend, backends),
	CHOICE("spi_backend", config, hardware.spi_backend, backends),
	CHOICE("gpio_backend", config, hardware.gpio_backend, backends),
	CHOICE("uart_backend", config, hardware.uart_backend, backends),
	CHOICE("w1_backend", config, hardware.w1_backend, backends),
	STRING("gpio_chip", config, hardware.gpio_chip, rule_is_label, RULE_LABEL),
	UNSIGNED("i2c_bus", config, hardware.i2c_bus, 255),
	{.name = "seed", .kind = SCHEMA_UINT64, AT(config, hardware.seed), .high = SEED_MAX},
	FLAG("wire_time", config, hardware.wire_time),
	LIST("devices", read_devices, have_same_devices),
	STRING("w1_root", config, hardware.w1_root, NULL, NULL),
	LIST("faults", read_faults, have_same_faults),
	{0},
};

static const struct schema_key http_keys[] = {
	STRING("listen", config, http.listen, rule_is_listen, RULE_LISTEN),
	CUSTOM("host_names", read_host_names),
	FLAG("public_read", config, http.public_read),
	FLAG("push_without_token", config, http.push_without_token),
	{.name = "connections_per_address", .kind = SCHEMA_UNSIGNED,
	 AT(config, http.connections_per_address), .low = 4, .high = 8192},
	STRING("tls_certificate", config, http.tls_certificate, NULL, NULL),
	STRING("tls_key", config, http.tls_key, NULL, NULL),
	{0},
};

static const struct schema_key dashboard_keys[] = {
	STRING("plugin", config, dashboard.plugin, rule_is_name, RULE_NAME),
	{0},
};

static const struct schema_key history_keys[] = {
	REAL("commit_seconds", config, history.commit_seconds, 0.1, 3600),
	UNSIGNED("keep_raw_days", config, history.keep_raw_days, HISTORY_DAYS_MAX),
	UNSIGNED("keep_minute_days", config, history.keep_minute_days, HISTORY_DAYS_MAX),
	UNSIGNED("keep_hour_days", config, history.keep_hour_days, HISTORY_DAYS_MAX),
	{.name = "max_mb", .kind = SCHEMA_UNSIGNED, AT(config, history.max_mb), .low = 8,
	 .high = 1048576},
	{0},
};

const struct schema_key config_permissions_keys[] = {
	FLAG("auto_approve", config_permissions, auto_approve),
	FLAG("strict_imports", config_permissions, strict_imports),
	CUSTOM("deny_i2c", permission_read_deny_i2c),
	CUSTOM("deny_gpio", permission_read_deny_gpio),
	CUSTOM("deny_spi", permission_read_deny_spi),
	CUSTOM("deny_uart", permission_read_deny_uart),
	MOST_INT("max_memory_mb", memory_mb, PERMISSION_MEMORY_MB_MIN, PERMISSION_MEMORY_MB_MAX),
	{
		.name = "total_memory_mb", .kind = SCHEMA_UNSIGNED,
		AT(config_permissions, total_memory_mb),
		.low = TOTAL_MEMORY_MB_MIN, .high = TOTAL_MEMORY_MB_MAX
	},
	MOST_INT("max_state_kb", state_kb, 0, PERMISSION_STATE_KB_MAX),
	MOST_INT("max_host_calls_per_poll", host_calls_per_poll, 1, PERMISSION_HOST_CALLS_MAX),
	REAL("max_deadline_seconds", config_permissions, rules.most.deadline_seconds,
	     PERMISSION_DEADLINE_SECONDS_MIN, PERMISSION_DEADLINE_SECONDS_MAX),
	REAL("min_poll_interval_seconds", config_permissions, rules.most.poll_interval_seconds,
	     PERMISSION_INTERVAL_SECONDS_MIN, PERMISSION_INTERVAL_SECONDS_MAX),
	{0},
};

/* The readers of the deny_ keys need a struct config_permissions as their target. */
static void read_permissions(struct schema_reader *reader, struct toml_node *node,
			     const char *path, void *target)
{
	struct config *config = target;

	schema_read(reader, node, path, config_permissions_keys, &config->permissions);
}

static const struct schema_key paths_keys[] = {
	STRING("plugins", config, paths.plugins, rule_is_path, RULE_PATH),
	STRING("data", config, paths.data, rule_is_path, RULE_PATH),
	{0},
};

static const struct schema_key sandbox_keys[] = {
	FLAG("required", config, sandbox.required),
	{0},
};

static const struct schema_key engine_keys[] = {
	CHOICE("target", config, engine.target, targets),
	{0},
};

static void read_alerting(struct schema_reader *reader, struct toml_node *node, const char *path,
			  void *target)
{
	schema_read(reader, node, path, config_alerting_keys, &((struct config *)target)->alerting);
}

static void read_alerts(struct schema_reader *reader, struct toml_node *node, const char *path,
			void *target)
{
	config_alert_read_all(reader, node, path, &((struct config *)target)->alerting);
}

static void read_channels(struct schema_reader *reader, struct toml_node *node, const char *path,
			  void *target)
{
	config_channel_read_all(reader, node, path, &((struct config *)target)->alerting);
}

const struct schema_key config_keys[] = {
	SECTION("cluster", cluster_keys),
	LIVE_SECTION("polling", polling_keys),
	SECTION("sensors", sensor_keys),
	SECTION("leds", led_keys),
	SECTION("buzzer", buzzer_keys),
	SECTION("fan", fan_keys),
	LIVE_SECTION("logging", logging_keys),
	SECTION("hardware", hardware_keys),
	SECTION("http", http_keys),
	LIVE_SECTION("dashboard", dashboard_keys),
	LIVE_SECTION("history", history_keys),
	LIVE_CUSTOM("permissions", read_permissions),
	SECTION("paths", paths_keys),
	SECTION("sandbox", sandbox_keys),
	SECTION("engine", engine_keys),
	LIVE_SECTION("updates", config_update_keys),
	LIVE_CUSTOM("plugins", read_plugins),
	SECTION("mqtt", config_mqtt_keys),
	SECTION("influx", config_influx_keys),
	LIVE_CUSTOM("alerting", read_alerting),
	LIVE_CUSTOM("alert", read_alerts),
	LIVE_CUSTOM("notify", read_channels),
	{0},
};
/* clang-format on */

const char *config_role_name(enum node_role role)
{
	return roles[role];
}

const char *config_engine_target(enum engine_target target)
{
	return target == ENGINE_NATIVE ? NULL : targets[target];
}
