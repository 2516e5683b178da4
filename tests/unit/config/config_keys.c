/* The keys, one by one: what they mean, their limits, and what is said about a wrong one. */
#include "config/config_keys.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "parse.h"

/* Rules that narrow nothing. */
static void assert_widest(const struct permission_rules *rules)
{
	struct permission_rules widest;

	permission_rules_init(&widest);
	assert_memory_equal(rules, &widest, sizeof(widest));
}

static void test_empty_file_gives_all_defaults(void **state)
{
	struct config *config = parse("");

	(void)state;
	assert_string_equal(config->path, "c.toml");
	assert_int_equal(config->cluster.role, ROLE_STANDALONE);
	assert_null(config->cluster.hub_url);
	assert_true(strlen(config->cluster.node_id) > 0);
	assert_true(config->polling.interval_seconds == 10);
	assert_true(config->polling.deadline_seconds == 10);
	assert_int_equal(config->sensors.dht22_pin, 4);
	assert_int_equal(config->sensors.bme680_address, 0x77);
	assert_int_equal(config->leds.count, 11);
	assert_int_equal(config->leds.gpio_pin, 18);
	assert_int_equal(config->leds.brightness, 64);
	assert_string_equal(config->leds.spi, "spi0.0");
	assert_int_equal(config->buzzer.gpio_pin, 17);
	assert_true(config->buzzer.active_low);
	assert_true(config->buzzer.max_on_seconds == 5);
	assert_int_equal(config->fan.gpio_pin, 27);
	assert_false(config->fan.active_low);
	assert_true(config->fan.min_off_seconds == 0);
	assert_true(config->fan.threshold_on == 60);
	assert_true(config->fan.threshold_off == 50);
	assert_string_equal(config->logging.level, "info");
	assert_true(config->logging.show_sensor_data);
	assert_null(config->logging.timezone);
	assert_int_equal(config->hardware.backend, BACKEND_LINUX);
	assert_int_equal(config->hardware.i2c_backend, BACKEND_LINUX);
	assert_int_equal(config->hardware.spi_backend, BACKEND_LINUX);
	assert_int_equal(config->hardware.gpio_backend, BACKEND_LINUX);
	assert_int_equal(config->hardware.uart_backend, BACKEND_LINUX);
	assert_null(config->hardware.gpio_chip);
	assert_int_equal(config->hardware.i2c_bus, 1);
	assert_int_equal(config->hardware.seed, 1);
	assert_true(config->hardware.wire_time);
	assert_int_equal(config->hardware.faults_count, 0);
	assert_string_equal(config->http.listen, "127.0.0.1:3000");
	assert_false(config->http.public_read);
	assert_false(config->http.push_without_token);
	assert_int_equal(config->http.connections_per_address, 64);
	assert_null(config->http.tls_certificate);
	assert_null(config->http.tls_key);
	assert_string_equal(config->dashboard.plugin, "dashboard");
	assert_true(config->history.commit_seconds == 10);
	assert_int_equal(config->history.keep_raw_days, 14);
	assert_int_equal(config->history.keep_minute_days, 180);
	assert_int_equal(config->history.keep_hour_days, 3650);
	assert_int_equal(config->history.max_mb, 512);
	assert_false(config->permissions.auto_approve);
	assert_false(config->permissions.strict_imports);
	assert_int_equal(config->permissions.total_memory_mb, 0);
	assert_widest(&config->permissions.rules);
	assert_true(config->sandbox.required);
	assert_int_equal(config->plugins_count, 0);
	assert_null(config_find_plugin(config, "dht22"));
	config_destroy(config);
}

static void test_every_key_is_read(void **state)
{
	struct config *config = parse("[cluster]\n"
				      "role = \"spoke\"\n"
				      "hub_url = \"https://hub:3000\"\n"
				      "node_id = \"n.1\"\n"
				      "spoke_buzzer_url = \"http://b\"\n"
				      "[polling]\n"
				      "interval_seconds = 0.005\n"
				      "deadline_seconds = 3600\n"
				      "[sensors]\n"
				      "dht22.gpio_pin = -1\n"
				      "bme680.i2c_address = 0x76\n"
				      "[leds]\n"
				      "count = 445\n"
				      "gpio_pin = 10\n"
				      "brightness = 255\n"
				      "spi = \"spi1.2\"\n"
				      "[buzzer]\n"
				      "gpio_pin = 0\n"
				      "max_on_seconds = 60\n"
				      "active_low = false\n"
				      "[fan]\n"
				      "gpio_pin = 255\n"
				      "threshold_on = 41.5\n"
				      "threshold_off = 41\n"
				      "active_low = true\n"
				      "min_off_seconds = 3600\n"
				      "[logging]\n"
				      "level = \"debug\"\n"
				      "show_sensor_data = false\n"
				      "timezone = \"Europe/Berlin\"\n"
				      "[hardware]\n"
				      "gpio_backend = \"linux\"\n"
				      "backend = \"sim\"\n"
				      "uart_backend = \"linux\"\n"
				      "gpio_chip = \"pinctrl-rp1\"\n"
				      "i2c_bus = 22\n"
				      "seed = 9007199254740991\n"
				      "wire_time = false\n"
				      "[http]\n"
				      "listen = \"[::1]:0\"\n"
				      "public_read = true\n"
				      "push_without_token = true\n"
				      "tls_certificate = \"/etc/c.pem\"\n"
				      "tls_key = \"/etc/k.pem\"\n"
				      "[dashboard]\n"
				      "plugin = \"page\"\n"
				      "[history]\n"
				      "commit_seconds = 0.1\n"
				      "keep_raw_days = 0\n"
				      "keep_minute_days = 36500\n"
				      "keep_hour_days = 1\n"
				      "max_mb = 1048576\n"
				      "[permissions]\n"
				      "auto_approve = true\n"
				      "strict_imports = true\n"
				      "total_memory_mb = 1048576\n"
				      "[sandbox]\n"
				      "required = false\n");

	(void)state;
	assert_int_equal(config->cluster.role, ROLE_SPOKE);
	assert_string_equal(config->cluster.hub_url, "https://hub:3000");
	assert_string_equal(config->cluster.node_id, "n.1");
	assert_string_equal(config->cluster.spoke_buzzer_url, "http://b");
	assert_true(config->polling.interval_seconds == 0.005);
	assert_true(config->polling.deadline_seconds == 3600);
	assert_int_equal(config->sensors.dht22_pin, CONFIG_PIN_NONE);
	assert_int_equal(config->sensors.bme680_address, 0x76);
	assert_int_equal(config->leds.count, 445);
	assert_int_equal(config->leds.gpio_pin, 10);
	assert_int_equal(config->leds.brightness, 255);
	assert_string_equal(config->leds.spi, "spi1.2");
	assert_int_equal(config->buzzer.gpio_pin, 0);
	assert_true(config->buzzer.max_on_seconds == 60);
	assert_false(config->buzzer.active_low);
	assert_int_equal(config->fan.gpio_pin, 255);
	assert_true(config->fan.threshold_on == 41.5);
	assert_true(config->fan.threshold_off == 41);
	assert_true(config->fan.active_low);
	assert_true(config->fan.min_off_seconds == 3600);
	assert_string_equal(config->logging.level, "debug");
	assert_false(config->logging.show_sensor_data);
	assert_string_equal(config->logging.timezone, "Europe/Berlin");
	assert_int_equal(config->hardware.backend, BACKEND_SIM);
	assert_int_equal(config->hardware.i2c_backend, BACKEND_SIM);
	assert_int_equal(config->hardware.spi_backend, BACKEND_SIM);
	assert_int_equal(config->hardware.gpio_backend, BACKEND_LINUX);
	assert_int_equal(config->hardware.uart_backend, BACKEND_LINUX);
	assert_string_equal(config->hardware.gpio_chip, "pinctrl-rp1");
	assert_int_equal(config->hardware.i2c_bus, 22);
	assert_true(config->hardware.seed == 9007199254740991u);
	assert_false(config->hardware.wire_time);
	assert_string_equal(config->http.listen, "[::1]:0");
	assert_true(config->http.public_read);
	assert_true(config->http.push_without_token);
	assert_string_equal(config->http.tls_certificate, "/etc/c.pem");
	assert_string_equal(config->http.tls_key, "/etc/k.pem");
	assert_string_equal(config->dashboard.plugin, "page");
	assert_true(config->history.commit_seconds == 0.1);
	assert_int_equal(config->history.keep_raw_days, 0);
	assert_int_equal(config->history.keep_minute_days, 36500);
	assert_int_equal(config->history.keep_hour_days, 1);
	assert_int_equal(config->history.max_mb, 1048576);
	assert_true(config->permissions.auto_approve);
	assert_true(config->permissions.strict_imports);
	assert_int_equal(config->permissions.total_memory_mb, 1048576);
	assert_false(config->sandbox.required);
	config_destroy(config);
}

static void test_address_as_text(void **state)
{
	struct config *config = parse("[sensors.bme680]\ni2c_address = \"0x08\"\n");

	(void)state;
	assert_int_equal(config->sensors.bme680_address, 0x08);
	config_destroy(config);
	refuse("[sensors.bme680]\ni2c_address = \"119\"\n",
	       "c.toml:2:15: sensors.bme680.i2c_address: expected an i2c address from 0x08 to 0x77 "
	       "(0x77 or \"0x77\"), found the string \"119\"\n");
	refuse("sensors.bme680.i2c_address = 0x78",
	       "c.toml:1:30: sensors.bme680.i2c_address: expected an i2c address from 0x08 to 0x77 "
	       "(0x77 or \"0x77\"), found the integer 120\n");
	refuse("sensors.bme680.i2c_address = 7",
	       "c.toml:1:30: sensors.bme680.i2c_address: expected an i2c address from 0x08 to 0x77 "
	       "(0x77 or \"0x77\"), found the integer 7\n");
}

static void test_plugins(void **state)
{
	struct config *config = parse("[plugins.a]\n"
				      "[plugins.b-2_B]\n"
				      "enabled = false\n"
				      "led = 3\n"
				      "interval_seconds = 2.5\n"
				      "deadline_seconds = 1\n"
				      "[plugins.b-2_B.settings]\n"
				      "x = [1, 2.5, true]\n"
				      "day = 2026-01-31\n"
				      "at = 2026-01-31T12:00:00Z\n"
				      "deep.er = \"\\u00e9\"\n");
	const struct config_plugin *plugin = config_find_plugin(config, "a");
	char *settings;

	(void)state;
	assert_int_equal(config->plugins_count, 2);
	assert_non_null(plugin);
	assert_true(plugin->enabled);
	assert_int_equal(plugin->led, -1);
	assert_true(plugin->interval_seconds == 0);
	assert_true(plugin->deadline_seconds == 0);
	assert_true(json_is_object(plugin->settings));
	assert_int_equal(json_object_size(plugin->settings), 0);
	assert_widest(&plugin->grant);

	plugin = config_find_plugin(config, "b-2_B");
	assert_non_null(plugin);
	assert_false(plugin->enabled);
	assert_int_equal(plugin->led, 3);
	assert_true(plugin->interval_seconds == 2.5);
	assert_true(plugin->deadline_seconds == 1);
	settings = json_dumps(plugin->settings, JSON_COMPACT);
	assert_string_equal(settings,
			    "{\"x\":[1,2.5,true],\"day\":\"2026-01-31\","
			    "\"at\":\"2026-01-31T12:00:00Z\",\"deep\":{\"er\":\"\u00e9\"}}");
	free(settings);
	config_destroy(config);
}

static void test_permissions(void **state)
{
	struct config *config = parse("[permissions]\n"
				      "deny_i2c = [0x77]\n"
				      "deny_gpio = [2, 3]\n"
				      "deny_spi = [\"spi0.1\"]\n"
				      "deny_uart = \"*\"\n"
				      "max_memory_mb = 8\n"
				      "total_memory_mb = 40\n"
				      "max_deadline_seconds = 0.05\n"
				      "max_state_kb = 0\n"
				      "max_host_calls_per_poll = 1\n"
				      "min_poll_interval_seconds = 86400\n");
	const struct permission_rules *rules = &config->permissions.rules;

	(void)state;
	assert_true(permission_has_i2c(&rules->denied, 0x77));
	assert_int_equal(rules->denied.i2c_count, 1);
	assert_int_equal(rules->denied.gpio_count, 2);
	assert_true(permission_has_spi(&rules->denied, "spi0.1"));
	assert_false(permission_has_spi(&rules->denied, "spi0.0"));
	assert_true(permission_has_uart(&rules->denied, "ttyUSB7"));
	assert_int_equal(rules->most.memory_mb, 8);
	assert_int_equal(config->permissions.total_memory_mb, 40);
	assert_true(rules->most.deadline_seconds == 0.05);
	assert_int_equal(rules->most.state_kb, 0);
	assert_int_equal(rules->most.host_calls_per_poll, 1);
	assert_true(rules->most.poll_interval_seconds == 86400);
	config_destroy(config);
}

static void test_bad_permissions(void **state)
{
	(void)state;
	refuse("permissions = true", "c.toml:1:15: permissions: expected a table, found the "
				     "boolean true\n");
	refuse("[permissions]\ndeny_12c = []\nmax_memory_mb = 513\nmax_deadline_seconds = 0\n"
	       "max_state_kb = -1\nmax_host_calls_per_poll = 0\nmin_poll_interval_seconds = 0.001\n"
	       "deny_uart = true\ndeny_spi = [\"*\"]\n",
	       "c.toml:2:1: unknown key permissions.deny_12c, did you mean deny_i2c?\n"
	       "c.toml:3:17: permissions.max_memory_mb: expected an integer from 8 to 512, found "
	       "the integer 513\n"
	       "c.toml:4:24: permissions.max_deadline_seconds: expected a number from 0.05 to "
	       "3600, found the integer 0\n"
	       "c.toml:5:16: permissions.max_state_kb: expected an integer from 0 to 1024, found "
	       "the integer -1\n"
	       "c.toml:6:27: permissions.max_host_calls_per_poll: expected an integer from 1 to "
	       "100000, found the integer 0\n"
	       "c.toml:7:29: permissions.min_poll_interval_seconds: expected a number from 0.005 "
	       "to "
	       "86400, found the number 0.001\n"
	       "c.toml:8:13: permissions.deny_uart: expected an array of names, or \"*\" for all, "
	       "found the boolean true\n"
	       "c.toml:9:13: permissions.deny_spi: expected the name of an spi device, such as "
	       "\"spi0.0\", found the string \"*\"\n");
}

static void test_bad_total_memory(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		refuse(i ? "[permissions]\ntotal_memory_mb = 39\n"
			 : "[permissions]\ntotal_memory_mb = 1048577\n",
		       i ? "c.toml:2:19: permissions.total_memory_mb: expected an integer from 40 "
			   "to "
			   "1048576, found the integer 39\n"
			 : "c.toml:2:19: permissions.total_memory_mb: expected an integer from 40 "
			   "to "
			   "1048576, found the integer 1048577\n");
}

static void test_grants(void **state)
{
	struct config *config = parse("[plugins.a.grant]\n"
				      "deny_gpio = \"*\"\n"
				      "allow_i2c = [0x77]\n"
				      "allow_gpio_in = [4]\n"
				      "allow_spi = false\n"
				      "allow_uart = true\n"
				      "allow_leds = false\n"
				      "i2c_bus = [2]\n"
				      "share_gpio = []\n"
				      "memory_mb = 32\n"
				      "poll_interval_seconds = 60\n");
	const struct permission_rules *grant = &config_find_plugin(config, "a")->grant;

	(void)state;
	/* What is written narrows … */
	assert_int_equal(grant->most.i2c_count, 1);
	assert_int_equal(grant->most.gpio_count, 1);
	assert_int_equal(permission_gpio_direction(&grant->most, 4), PERMISSION_IN);
	assert_int_equal(grant->most.spi_count, 0);
	assert_int_equal(grant->most.uart_count, 1);
	assert_true(permission_has_uart(&grant->most, "serial0"));
	assert_false(grant->most.leds);
	assert_true(permission_has_i2c_bus(&grant->most, 2, 1));
	assert_int_equal(grant->most.share_gpio_count, 0);
	assert_int_equal(grant->most.memory_mb, 32);
	assert_true(grant->most.poll_interval_seconds == 60);
	assert_int_equal(grant->denied.gpio_count, PERMISSION_GPIO_MAX);
	/* … and the rest stays as asked. */
	assert_int_equal(grant->most.share_i2c_count, PERMISSION_I2C_MAX);
	assert_true(grant->most.buzzer && grant->most.fan);
	assert_int_equal(grant->most.state_kb, 1024);
	assert_int_equal(grant->denied.i2c_count, 0);
	config_destroy(config);
	refuse("plugins.a.grant = true", "c.toml:1:19: plugins.a.grant: expected a table, found "
					 "the boolean true\n");
	refuse("[plugins.a.grant]\nallow_led = true\nmemory_mb = 1\ndeny_i2c = [1]\n",
	       "c.toml:2:1: unknown key plugins.a.grant.allow_led, did you mean allow_leds?\n"
	       "c.toml:3:13: plugins.a.grant.memory_mb: expected an integer from 8 to 512, found "
	       "the integer 1\n"
	       "c.toml:4:13: plugins.a.grant.deny_i2c: expected an i2c address from 0x08 to 0x77 "
	       "(0x3C or \"0x3C\"), found the integer 1\n");
}

static void test_bad_plugins(void **state)
{
	(void)state;
	refuse("plugins = 3", "c.toml:1:11: plugins: expected a table for each plugin, "
			      "[plugins.NAME], found the integer 3\n");
	refuse("plugins.x = 3", "c.toml:1:13: plugins.x: expected a table, found the integer 3\n");
	refuse("[plugins.\"a b\"]", "c.toml:1:10: plugins.a b: the name of a plugin is 1 to 64 "
				    "letters, digits, \"-\", \"_\" and \".\"\n");
	refuse("[plugins.x]\nsetings = {}\nsettings = 1\n",
	       "c.toml:2:1: unknown section plugins.x.setings, did you mean settings?\n"
	       "c.toml:3:12: plugins.x.settings: expected a table, found the integer 1\n");
	refuse("[plugins.x.settings]\na = nan\nb = [inf]\n",
	       "c.toml:2:5: plugins.x.settings.a: expected a finite number, found the number nan\n"
	       "c.toml:3:6: plugins.x.settings.b: expected a finite number, found the number "
	       "inf\n");
}

static void test_limit_of_plugins(void **state)
{
	struct buffer text;
	struct config *config;

	(void)state;
	buffer_init(&text, 65536);
	REPEAT(&text, 0, CONFIG_PLUGINS_MAX, "[plugins.p%d]\n");
	config = parse(text.data);
	assert_int_equal(config->plugins_count, CONFIG_PLUGINS_MAX);
	config_destroy(config);
	REPEAT(&text, CONFIG_PLUGINS_MAX, 2, "[plugins.p%d]\n");
	refuse(text.data,
	       "c.toml:129:10: plugins: sections for more than 128 plugins: remove some\n");
	buffer_finish(&text);
}

static void test_faults(void **state)
{
	struct config *config = parse("[[hardware.faults]]\n"
				      "device = \"dht22\"\n"
				      "kind = \"checksum\"\n"
				      "start_seconds = 1.5\n"
				      "duration_seconds = 6\n"
				      "every_seconds = 120\n"
				      "[[hardware.faults]]\n"
				      "device = \"bh1750\"\n"
				      "kind = \"unplugged\"\n");

	(void)state;
	assert_int_equal(config->hardware.faults_count, 2);
	assert_string_equal(config->hardware.faults[0].device, "dht22");
	assert_string_equal(config->hardware.faults[0].kind, "checksum");
	assert_true(config->hardware.faults[0].start_seconds == 1.5);
	assert_true(config->hardware.faults[0].duration_seconds == 6);
	assert_true(config->hardware.faults[0].every_seconds == 120);
	assert_string_equal(config->hardware.faults[1].kind, "unplugged");
	assert_true(config->hardware.faults[1].duration_seconds == 0);
	config_destroy(config);

	refuse("hardware.faults = {}", "c.toml:1:19: hardware.faults: expected an array of tables, "
				       "[[hardware.faults]], found a table\n");
	refuse("[[hardware.faults]]\ndevice = \"x\"\n",
	       "c.toml:1:1: hardware.faults: a fault needs a device and a kind\n");
	refuse("[[hardware.faults]]\ndevice = \"x\"\nkind = \"bad\"\nevery_seconds = -1\n",
	       "c.toml:3:8: hardware.faults.kind: expected \"no-acknowledge\", \"stuck-bus\", "
	       "\"checksum\", \"missing-edges\", \"unplugged\", \"arbitration-loss\", \"timeout\", "
	       "\"wrong-id\", \"all-zeros\", \"all-ones\", \"random-calibration\", "
	       "\"truncated-frames\", \"shifted-frames\", \"extra-edges\" or \"implausible\", "
	       "found the string \"bad\"\n"
	       "c.toml:4:17: hardware.faults.every_seconds: expected a number from 0 to "
	       "3.1536e+07, "
	       "found the integer -1\n");
	refuse("[[hardware.faults]]\ndevice = \"x\"\nkind = \"checksum\"\nduration_seconds = 6\n"
	       "every_seconds = 6\n",
	       "c.toml:1:1: hardware.faults: with every_seconds, duration_seconds must be above 0 "
	       "and below every_seconds\n");
}

static void test_host_names(void **state)
{
	struct config *config = parse("[http]\nhost_names = [\"pi.example\", \"pi\"]\n");
	char text[256] = "http.host_names = [";

	(void)state;
	assert_string_equal(config->http.host_names[0], "pi.example");
	assert_string_equal(config->http.host_names[1], "pi");
	assert_null(config->http.host_names[2]);
	config_destroy(config);
	refuse("http.host_names = [\"pi:80\", 3]\n",
	       "c.toml:1:20: http.host_names: expected a host name without its port, such as "
	       "\"pi.example.org\", found the string \"pi:80\"\n"
	       "c.toml:1:29: http.host_names: expected a host name without its port, such as "
	       "\"pi.example.org\", found the integer 3\n");
	refuse("http.host_names = \"pi\"\n",
	       "c.toml:1:19: http.host_names: expected an array of host names, such as "
	       "[\"pi.example.org\"], found the string \"pi\"\n");
	for (int i = 0; i < CONFIG_HOST_NAMES_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "\"n\",");
	text[strlen(text)] = ']';
	config = parse(text);
	assert_non_null(config->http.host_names[CONFIG_HOST_NAMES_MAX - 1]);
	config_destroy(config);
	text[strlen(text) - 1] = '\0';
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "\"n\"]");
	refuse(text, "c.toml:1:84: http.host_names: more than 16 names: remove some\n");
}

static void test_cluster(void **state)
{
	struct config *config = parse("");
	char text[256] = "cluster.urls = [";

	(void)state;
	assert_int_equal(config->cluster.engine, CLUSTER_ENGINE_NONE);
	assert_string_equal(config->cluster.name, "harvester");
	assert_null(config->cluster.urls[0]);
	assert_int_equal(config->cluster.replicas, 1);
	assert_int_equal(config->cluster.log_days, 7);
	assert_int_equal(config->cluster.log_mb, 256);
	config_destroy(config);
	config = parse("[cluster]\nengine = \"nats\"\nname = \"home\"\nurls = [\"nats://a:4222\", "
		       "\"tls://b\"]\ntls_ca = \"ca.pem\"\ntls_certificate = \"/c.pem\"\n"
		       "tls_key = \"k.pem\"\nreplicas = 3\nlog_days = 365\nlog_mb = 16\n");
	assert_int_equal(config->cluster.engine, CLUSTER_ENGINE_NATS);
	assert_string_equal(config->cluster.name, "home");
	assert_string_equal(config->cluster.urls[1], "tls://b");
	assert_null(config->cluster.urls[2]);
	assert_string_equal(config->cluster.tls_certificate, "/c.pem");
	assert_int_equal(config->cluster.replicas, 3);
	config_destroy(config);
	refuse("cluster.urls = [\"http://a\", 3]\n",
	       "c.toml:1:17: cluster.urls: expected the address of a server, such as "
	       "\"nats://pi.local:4222\", found the string \"http://a\"\n"
	       "c.toml:1:29: cluster.urls: expected the address of a server, such as "
	       "\"nats://pi.local:4222\", found the integer 3\n");
	refuse("cluster.urls = \"nats://a\"\n",
	       "c.toml:1:16: cluster.urls: expected an array of addresses, such as "
	       "[\"nats://pi.local:4222\"], found the string \"nats://a\"\n");
	refuse("[cluster]\nreplicas = 2\n",
	       "c.toml:2:1: cluster.replicas: expected 1, 3 or 5, not 2: an even number of "
	       "servers survives no more failures than one less\n");
	refuse("[cluster]\ntls_ca = \"a\"\n",
	       "c.toml:1:2: cluster.tls_ca, tls_certificate and tls_key: set all three or none\n");
	refuse("[cluster]\nrole = \"spoke\"\nengine = \"nats\"\n",
	       "c.toml:3:1: cluster.engine: a spoke sends its readings to its hub, so it cannot "
	       "be a member of a cluster too: remove `role`, or `engine`\n");
	for (int i = 0; i < CONFIG_URLS_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "\"nats://n\",");
	text[strlen(text)] = ']';
	config = parse(text);
	assert_non_null(config->cluster.urls[CONFIG_URLS_MAX - 1]);
	config_destroy(config);
	text[strlen(text) - 1] = '\0';
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "\"nats://n\"]");
	refuse(text, "c.toml:1:105: cluster.urls: more than 8 addresses: remove some\n");
}

static void test_devices(void **state)
{
	struct config *config = parse("[hardware]\ndevices = [\"button\", \"bme280\"]\n"
				      "w1_root = \"/tmp/w1\"\n");

	(void)state;
	assert_int_equal(config->hardware.devices_count, 2);
	assert_string_equal(config->hardware.devices[0], "button");
	assert_string_equal(config->hardware.devices[1], "bme280");
	assert_string_equal(config->hardware.w1_root, "/tmp/w1");
	config_destroy(config);
	config = parse("");
	assert_int_equal(config->hardware.devices_count, 0);
	config_destroy(config);
	refuse("[hardware]\ndevices = [\"button\", \"toaster\", \"button\", 3]\n",
	       "c.toml:2:22: hardware.devices: expected \"bme280\", \"mcp3008\", \"pms5003\", "
	       "\"sds011\", \"ds18b20\", \"button\" or \"pca9685\", found the string "
	       "\"toaster\"\nc.toml:2:33: hardware.devices: \"button\" is listed twice: remove one "
	       "of the two\nc.toml:2:43: hardware.devices: expected \"bme280\", \"mcp3008\", "
	       "\"pms5003\", \"sds011\", \"ds18b20\", \"button\" or \"pca9685\", found the integer "
	       "3\n");
	refuse("hardware.devices = true\n",
	       "c.toml:1:20: hardware.devices: expected an array of "
	       "devices, such as [\"bme280\"], found the boolean true\n");
}

#define FAULT "[[hardware.faults]]\ndevice='d%d'\nkind='unplugged'\n"

static void test_limit_of_faults(void **state)
{
	struct buffer text;
	struct config *config;

	(void)state;
	buffer_init(&text, 65536);
	REPEAT(&text, 0, CONFIG_FAULTS_MAX, FAULT);
	config = parse(text.data);
	assert_int_equal(config->hardware.faults_count, CONFIG_FAULTS_MAX);
	config_destroy(config);
	REPEAT(&text, 0, 2, FAULT);
	refuse(text.data, "c.toml:193:1: hardware.faults: more than 64 faults: remove some\n");
	buffer_finish(&text);
}

static void test_bad_values(void **state)
{
	(void)state;
	refuse("[polling]\ninterval_seconds = 0.0049\ndeadline_seconds = inf\n",
	       "c.toml:2:20: polling.interval_seconds: expected a number from 0.005 to 86400, "
	       "found "
	       "the number 0.0049\n"
	       "c.toml:3:20: polling.deadline_seconds: expected a number from 0.05 to 3600, found "
	       "the number inf\n");
	refuse("polling.interval_seconds = nan", "c.toml:1:28: polling.interval_seconds: expected "
						 "a number from 0.005 to 86400, found "
						 "the number nan\n");
	refuse("polling.interval_seconds = 86401", "c.toml:1:28: polling.interval_seconds: "
						   "expected a number from 0.005 to 86400, found "
						   "the integer 86401\n");
	refuse("leds.count = 446", "c.toml:1:14: leds.count: expected an integer from 0 to 445, "
				   "found the integer 446\n");
	refuse("leds.count = -9223372036854775808",
	       "c.toml:1:14: leds.count: expected an integer from 0 to 445, found the integer "
	       "-9223372036854775808\n");
	refuse("fan.gpio_pin = -2",
	       "c.toml:1:16: fan.gpio_pin: expected a GPIO line from 0 to 255, or -1 for none, "
	       "found the integer -2\n");
	refuse("fan.gpio_pin = 256",
	       "c.toml:1:16: fan.gpio_pin: expected a GPIO line from 0 to 255, or -1 for none, "
	       "found the integer 256\n");
	refuse("hardware.seed = 9007199254740992",
	       "c.toml:1:17: hardware.seed: expected an integer from 0 to 9007199254740991, found "
	       "the integer 9007199254740992\n");
	refuse("cluster.role = \"hup\"", "c.toml:1:16: cluster.role: expected \"standalone\", "
					 "\"hub\" or \"spoke\", found the "
					 "string \"hup\"\n");
	refuse("http.tls_key = \"key.pem\"",
	       "c.toml:1:6: http.tls_certificate and http.tls_key: set both or neither\n");
	refuse("http.listen = \"3000\"",
	       "c.toml:1:15: http.listen: expected \"ADDRESS:PORT\", such as \"127.0.0.1:3000\" or "
	       "\"[::1]:3000\", found the string \"3000\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_file_gives_all_defaults),
		cmocka_unit_test(test_every_key_is_read),
		cmocka_unit_test(test_address_as_text),
		cmocka_unit_test(test_plugins),
		cmocka_unit_test(test_permissions),
		cmocka_unit_test(test_bad_permissions),
		cmocka_unit_test(test_bad_total_memory),
		cmocka_unit_test(test_grants),
		cmocka_unit_test(test_bad_plugins),
		cmocka_unit_test(test_limit_of_plugins),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_host_names),
		cmocka_unit_test(test_cluster),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_limit_of_faults),
		cmocka_unit_test(test_bad_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
