/*
 * Checks that concern several keys. They skip keys that were refused before, since the struct holds
 * the default for them and not the value in the file.
 */
#include "config/config.h"
#include "config/config_keys.h"
#include "config/sensor_keys.h"

/* The node to report: `a` if the file has it, else `b`, else the root. */
static struct toml_node *either(struct toml_node *root, struct toml_node *a, struct toml_node *b)
{
	return a ? a : b ? b : root;
}

static bool is_refused(const struct toml_node *node)
{
	return node && node->refused;
}

static void check_fan(struct schema_reader *reader, struct toml_node *root,
		      const struct config *config)
{
	struct toml_node *off = toml_find(toml_find(root, "fan"), "threshold_off");
	struct toml_node *on = toml_find(toml_find(root, "fan"), "threshold_on");

	if (is_refused(off) || is_refused(on) ||
	    config->fan.threshold_off < config->fan.threshold_on)
		return;
	schema_complain(reader, either(root, off, on),
			"fan.threshold_off (%g) must be less than fan.threshold_on (%g)",
			config->fan.threshold_off, config->fan.threshold_on);
}

/* Raw readings are looked up by their minute, so minutes must be kept at least as long. */
static void check_history(struct schema_reader *reader, struct toml_node *root,
			  const struct config *config)
{
	struct toml_node *raw = toml_find(toml_find(root, "history"), "keep_raw_days");
	struct toml_node *minute = toml_find(toml_find(root, "history"), "keep_minute_days");

	if (is_refused(raw) || is_refused(minute) ||
	    config->history.keep_minute_days >= config->history.keep_raw_days)
		return;
	schema_complain(reader, either(root, minute, raw),
			"history.keep_minute_days (%u) must be at least history.keep_raw_days (%u)",
			config->history.keep_minute_days, config->history.keep_raw_days);
}

struct pin_use {
	const char *section;
	int pin;
	struct toml_node *node; /* NULL: the default */
};

static void check_pins(struct schema_reader *reader, struct toml_node *root,
		       const struct config *config)
{
	struct toml_node *dht22 = toml_find(toml_find(root, "sensors"), "dht22");
	const struct pin_use uses[] = {
		{"sensors.dht22", config->sensors.dht22_pin, toml_find(dht22, "gpio_pin")},
		{"leds", config->leds.count > 0 ? config->leds.gpio_pin : CONFIG_PIN_NONE,
		 toml_find(toml_find(root, "leds"), "gpio_pin")},
		{"buzzer", config->buzzer.gpio_pin,
		 toml_find(toml_find(root, "buzzer"), "gpio_pin")},
		{"fan", config->fan.gpio_pin, toml_find(toml_find(root, "fan"), "gpio_pin")},
	};

	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		for (size_t j = 0; j < i; j++) {
			const struct pin_use *told = uses[i].node ? &uses[i] : &uses[j];
			const struct pin_use *other = uses[i].node ? &uses[j] : &uses[i];

			if (uses[i].pin != uses[j].pin || uses[i].pin == CONFIG_PIN_NONE ||
			    is_refused(uses[i].node) || is_refused(uses[j].node))
				continue;
			schema_complain(
				reader, either(root, told->node, NULL),
				"%s.gpio_pin: use another line; GPIO %d is already used by %s%s",
				told->section, told->pin, other->section,
				other->node ? ""
					    : " (its default; set gpio_pin = -1 there if "
					      "it is not connected)");
		}
	}
}

static void check_tls(struct schema_reader *reader, struct toml_node *root,
		      const struct config *config)
{
	struct toml_node *certificate = toml_find(toml_find(root, "http"), "tls_certificate");
	struct toml_node *key = toml_find(toml_find(root, "http"), "tls_key");

	if (is_refused(certificate) || is_refused(key) ||
	    !config->http.tls_certificate == !config->http.tls_key)
		return;
	schema_complain(reader, either(root, certificate, key),
			"http.tls_certificate and http.tls_key: set both or neither");
}

static void check_cluster(struct schema_reader *reader, struct toml_node *root,
			  const struct config *config)
{
	struct toml_node *cluster = toml_find(root, "cluster");
	struct toml_node *engine = toml_find(cluster, "engine");
	struct toml_node *replicas = toml_find(cluster, "replicas");
	int files = (config->cluster.tls_ca != NULL) + (config->cluster.tls_certificate != NULL) +
		    (config->cluster.tls_key != NULL);

	if (!is_refused(replicas) && config->cluster.replicas % 2 == 0)
		schema_complain(reader, either(root, replicas, cluster),
				"cluster.replicas: expected 1, 3 or 5, not %u: an even number of "
				"servers survives no more failures than one less",
				config->cluster.replicas);
	if (files % 3)
		schema_complain(reader, either(root, cluster, NULL),
				"cluster.tls_ca, tls_certificate and tls_key: set all three or "
				"none");
	if (config->cluster.engine != CLUSTER_ENGINE_NONE && config->cluster.role == ROLE_SPOKE)
		schema_complain(reader, either(root, engine, cluster),
				"cluster.engine: a spoke sends its readings to its hub, so it "
				"cannot be a member of a cluster too: remove `role`, or `engine`");
}

/* Store the place of dashboard.plugin for a later check against the plugins folder. */
static void note_dashboard(const struct toml_node *root, struct config *config)
{
	const struct toml_node *plugin = toml_find(toml_find(root, "dashboard"), "plugin");

	if (!plugin)
		return;
	config->dashboard.plugin_line = plugin->line;
	config->dashboard.plugin_column = plugin->column;
}

void config_check(struct schema_reader *reader, struct toml_node *root, void *target)
{
	check_history(reader, root, target);
	check_fan(reader, root, target);
	check_pins(reader, root, target);
	check_tls(reader, root, target);
	sensor_check_all(reader, toml_find(root, "sensors"), target);
	check_cluster(reader, root, target);
	note_dashboard(root, target);
	config_mqtt_check(reader, root, &((struct config *)target)->mqtt);
	config_influx_check(reader, root, &((struct config *)target)->influx);
	config_alerting_check(reader, root, &((struct config *)target)->alerting);
}
