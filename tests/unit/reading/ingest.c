#include "reading/ingest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "config/config.h"
#include "reading/filter/filters.h"
#include "reading/intake.h"
#include "reading/owners.h"
#include "reading/table.h"

#define NOW_MS UINT64_C(1800000000000)

struct fixture {
	struct config *config;
	struct clock_manual clock;
	struct reading_ingest ingest;
	char warning[READING_INGEST_TEXT_SIZE], warned[32];
	unsigned warnings;
};

static bool is_installed(void *arg, const char *plugin)
{
	(void)arg;
	return !strcmp(plugin, "dht22") || !strcmp(plugin, "copy");
}

static void on_owners_changed(void *arg, const char *plugin)
{
	(void)arg, (void)plugin;
}

static void on_warning(void *arg, const char *plugin, const char *text)
{
	struct fixture *fixture = arg;

	fixture->warnings++;
	snprintf(fixture->warned, sizeof(fixture->warned), "%s", plugin);
	snprintf(fixture->warning, sizeof(fixture->warning), "%s", text);
}

static int setup(void **state)
{
	static const struct reading_owners_events events = {is_installed, on_owners_changed, NULL};
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	clock_manual_init(&fixture->clock, NOW_MS);
	assert_int_equal(config_parse("", 0, "c.toml", &fixture->config, NULL), 0);
	fixture->ingest = (struct reading_ingest){
		.config = fixture->config,
		.clock = &fixture->clock.base,
		.table = reading_table_create(),
		.intake = reading_intake_create(),
		.owners = reading_owners_create(&events),
		.on_warning = on_warning,
		.arg = fixture,
	};
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	reading_owners_destroy(fixture->ingest.owners);
	reading_intake_destroy(fixture->ingest.intake);
	reading_table_destroy(fixture->ingest.table);
	config_destroy(fixture->config);
	free(fixture);
	return 0;
}

static int poll(struct fixture *fixture, const char *plugin, const char *text, struct error *err)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	const struct reading_source source = {
		.node = fixture->ingest.config->cluster.node_id,
		.plugin = plugin,
		.now_ms = clock_unix_ms(fixture->ingest.clock),
	};
	struct reading_batch batch;
	int ret;

	reading_batch_init(&batch, value, &source);
	json_decref(value);
	ret = reading_ingest_batch(&fixture->ingest, plugin, &batch, err);
	reading_batch_finish(&batch);
	return ret;
}

static void a_result_is_in_the_table(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(poll(fixture, "dht22", "{\"t\": 21.5}", NULL), 0);
	assert_int_equal(reading_table_count(fixture->ingest.table), 1);
	assert_int_equal(fixture->warnings, 0);
}

/* Its sensor is the one of an installed plugin: ignored, and said once. */
static void a_sensor_of_another_plugin_is_ignored(void **state)
{
	static const char text[] = "{\"sensor_id\": \"dht22\", \"t\": 99}";
	struct fixture *fixture = *state;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(poll(fixture, "copy", text, NULL), 0);
		assert_int_equal(reading_table_count(fixture->ingest.table), 0);
	}
	assert_int_equal(fixture->warnings, 1);
	assert_string_equal(fixture->warned, "copy");
	assert_string_equal(fixture->warning,
			    "its sensor dht22 belongs to the plugin dht22: these readings are "
			    "ignored; give one of the two another sensor_id");
}

static void a_malformed_result_is_refused_and_counted(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};

	assert_int_equal(poll(fixture, "dht22", "7", &err), ERROR_MALFORMED);
	assert_int_equal(reading_table_count(fixture->ingest.table), 0);
	assert_int_equal(reading_intake_at(fixture->ingest.intake, 0)->refused, 1);
}

static void what_was_replaced_is_told(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(poll(fixture, "dht22", "{\"t\": 1, \"name\": \"a\\u0007\"}", NULL), 0);
	assert_int_equal(fixture->warnings, 1);
	assert_int_equal(reading_intake_at(fixture->ingest.intake, 0)->left_out, 1);
}

static void use_config(struct fixture *fixture, const char *text)
{
	config_destroy(fixture->config);
	assert_int_equal(config_parse(text, strlen(text), "c.toml", &fixture->config, NULL), 0);
	fixture->ingest.config = fixture->config;
	fixture->ingest.filters = reading_filters_create();
}

static void assert_data(struct fixture *fixture, const char *expected)
{
	const struct reading *reading = reading_table_find(
		fixture->ingest.table, fixture->config->cluster.node_id, "dht22");

	assert_non_null(reading);
	assert_string_equal(reading->text, expected);
}

/* What the table gets, and so every consumer, is filtered; a rejected value is counted. */
static void filters_come_before_the_table(void **state)
{
	struct fixture *fixture = *state;

	use_config(fixture,
		   "[sensors.dht22.fields.t]\nfilters = [{offset = 1}, {reject = [0, 50]}]\n");
	assert_int_equal(poll(fixture, "dht22", "{\"t\": 20.5}", NULL), 0);
	assert_data(fixture, "{\"t\":21.5}");
	assert_int_equal(reading_intake_at(fixture->ingest.intake, 0) == NULL, 1);
	assert_int_equal(poll(fixture, "dht22", "{\"t\": 50}", NULL), 0);
	assert_non_null(reading_intake_at(fixture->ingest.intake, 0));
	assert_int_equal(reading_intake_at(fixture->ingest.intake, 0)->rejected, 1);
	reading_filters_destroy(fixture->ingest.filters);
}

/* A plugin that returns a sensor no longer: its value ends, once, and comes again. */
static void a_timeout_ends_a_value(void **state)
{
	struct fixture *fixture = *state;
	uint64_t revision;

	use_config(fixture, "[sensors.dht22.fields.t]\nfilters = [{timeout = 30}]\n");
	assert_int_equal(poll(fixture, "dht22", "{\"t\": 1, \"u\": 2}", NULL), 0);
	clock_manual_advance_ns(&fixture->clock, UINT64_C(29999000000));
	reading_ingest_expire(&fixture->ingest);
	assert_data(fixture, "{\"t\":1.0,\"u\":2}");
	clock_manual_advance_ns(&fixture->clock, 1000000);
	reading_ingest_expire(&fixture->ingest);
	revision = reading_table_revision(fixture->ingest.table);
	reading_ingest_expire(&fixture->ingest);
	assert_int_equal(reading_table_revision(fixture->ingest.table), revision);
	assert_non_null(strstr(
		reading_table_find(fixture->ingest.table, fixture->config->cluster.node_id, "dht22")
			->text,
		"{\"t\":null,\"u\":2,\"error\":\"t: no value for 30 s (timeout)\""));
	assert_int_equal(poll(fixture, "dht22", "{\"t\": 1}", NULL), 0);
	assert_data(fixture, "{\"t\":1.0}");
	reading_filters_destroy(fixture->ingest.filters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_result_is_in_the_table, setup, teardown),
		cmocka_unit_test_setup_teardown(a_sensor_of_another_plugin_is_ignored, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_malformed_result_is_refused_and_counted, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_was_replaced_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(filters_come_before_the_table, setup, teardown),
		cmocka_unit_test_setup_teardown(a_timeout_ends_a_value, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
