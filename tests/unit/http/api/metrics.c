#include "known.h"

#define GET "GET /metrics HTTP/1.1\r\n" HOST "\r\n"

#define T "harvester_reading_temperature_celsius"
#define LABELS(sensor, field) "{node=\"node-1\",sensor=\"" sensor "\",field=\"" field "\"}"

static void test_readings_in_base_units(void **state)
{
	struct fixture *fixture = *state;
	struct known known;

	describe(fixture, &known,
		 "{\"\":{\"temperature\":{\"unit\":\"°C\",\"quantity\":\"temperature\"},"
		 "\"outside\":{\"unit\":\"°F\",\"quantity\":\"temperature\"},"
		 "\"pressure\":{\"unit\":\"hPa\",\"quantity\":\"pressure\"},"
		 "\"humidity\":{\"unit\":\"%\",\"quantity\":\"humidity\"},"
		 "\"gas\":{\"unit\":\"kΩ\"},"
		 "\"used\":{\"unit\":\"kWh\",\"quantity\":\"energy\",\"kind\":\"counter\"}}}");
	put(fixture, "a",
	    "{\"temperature\":21.5,\"pressure\":1013.25,\"humidity\":50,"
	    "\"outside\":212,\"gas\":2,\"used\":1}");
	put(fixture, "b", "{\"temperature\":-1,\"humidity\":null,\"text\":\"x\",\"list\":[1]}");
	assert_exchange(fixture, GET, 200,
			"# HELP " T " Fields of readings with the quantity temperature.\n"
			"# TYPE " T " gauge\n# UNIT " T
			" celsius\n" T LABELS("a", "temperature") " 21.5\n" T LABELS(
				"a", "outside") " 100\n" T LABELS("b", "temperature") " -1\n");
	assert_exchange(fixture, GET, 200,
			"harvester_reading_pressure_pascals" LABELS("a", "pressure") " 101325\n");
	assert_exchange(fixture, GET, 200,
			"harvester_reading_humidity_ratio" LABELS("a", "humidity") " 0.5\n# ");
	assert_exchange(fixture, GET, 200, "harvester_reading_ohms" LABELS("a", "gas") " 2000\n");
	assert_exchange(fixture, GET, 200,
			"# TYPE harvester_reading_energy_joules_total counter\n"
			"harvester_reading_energy_joules_total" LABELS("a", "used") " 3600000\n");
	assert_exchange(fixture, GET, 200,
			"harvester_reading_timestamp_seconds{node=\"node-1\",sensor=\"a\"} "
			"1700000000\n");
	forget(fixture, &known);
}

/* A unit is never guessed from the name of a field. */
static void test_without_a_declaration(void **state)
{
	put(*state, "a", "{\"temperature\":21.5}");
	assert_exchange(*state, GET, 200,
			"harvester_reading_value" LABELS("a", "temperature") " 21.5\n");
}

/* Names of fields are a plugin's: they are labels, and cannot break out of them. */
static void test_other_fields_are_labels(void **state)
{
	put(*state, "a", "{\"x\\\"} 1 \\\\\":7,\"on\":true}");
	assert_exchange(*state, GET, 200,
			"harvester_reading_value{node=\"node-1\",sensor=\"a\",field=\"x\\\"} 1 "
			"\\\\\"} 7\n"
			"harvester_reading_value{node=\"node-1\",sensor=\"a\",field=\"on\"} 1\n");
}

/* 256 sensors of 60 fields are more than the text holds; an honest plugin loses none. */
static void test_a_flood_costs_its_own_plugin(void **state)
{
	static const char *const floods[] = {"flood", "flood-b", "flood-c", "flood-d", "flood-e"};
	struct buffer data;
	struct answer answer;
	char sensor[16];

	buffer_init(&data, READING_SIZE_MAX);
	for (int i = 0; i < 60; i++)
		buffer_printf(&data, "%s\"field-%02d-%050d\":1", i ? "," : "{", i, 0);
	buffer_append(&data, "}", 2);
	/* Each alone would fit into the text; together they do not. */
	for (int i = 0; i < 5 * 150; i++) {
		snprintf(sensor, sizeof(sensor), "s%d", i);
		put_as(*state, floods[i % 5], sensor, data.data);
	}
	buffer_finish(&data);
	put_as(*state, "honest", "zz", "{\"count\":42}");
	exchange(*state, GET, &answer);
	assert_contains(answer_text(&answer), "sensor=\"zz\",field=\"count\"} 42\n");
	assert_contains(answer_text(&answer),
			"harvester_plugin_samples_dropped{node=\"node-1\",plugin=\"flood\"} ");
	assert_null(
		strstr(answer_text(&answer), "samples_dropped{node=\"node-1\",plugin=\"honest"));
	answer_finish(&answer);
}

static void test_own_counters(void **state)
{
	struct answer answer;

	assert_exchange(*state, "GET /no HTTP/1.1\r\n" HOST "\r\n", 404, "");
	exchange(*state, GET, &answer);
	assert_string_equal(answer_header(&answer, "Content-Type"),
			    "text/plain; version=0.0.4; charset=utf-8");
	assert_contains(answer_text(&answer), "harvester_http_requests_total 1\n");
	assert_contains(answer_text(&answer), "harvester_http_refused_total 1\n");
	assert_contains(answer_text(&answer), "harvester_event_clients 0\n");
	assert_contains(answer_text(&answer), "harvester_build_info{version=\"");
	assert_contains(answer_text(&answer), "harvester_plugin_up{plugin=\"dht22\"} 0\n");
	assert_contains(answer_text(&answer), "harvester_queue_length{queue=\"i2c\"} 3\n");
	assert_contains(answer_text(&answer), "harvester_state_writes_refused_total 7\n");
	assert_contains(answer_text(&answer), "harvester_bundles_installed_total 1\n");
	assert_contains(answer_text(&answer), "harvester_bundles_refused_total 2\n");
	assert_contains(answer_text(&answer), "harvester_bundles_rolled_back_total 3\n");
	answer_finish(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_readings_in_base_units),
		TEST(test_without_a_declaration),
		TEST(test_other_fields_are_labels),
		TEST(test_a_flood_costs_its_own_plugin),
		TEST(test_own_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
