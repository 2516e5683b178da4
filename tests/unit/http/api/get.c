#include "fixture.h"

#include "base/log.h"

#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

static json_t *get_json(struct fixture *fixture, const char *request)
{
	struct answer answer;
	json_t *body;

	exchange(fixture, request, &answer);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer_header(&answer, "Content-Type"), "application/json");
	body = json_loads(answer_text(&answer), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(body);
	answer_finish(&answer);
	return body;
}

static void test_readings_of_an_empty_table(void **state)
{
	json_t *body = get_json(*state, GET("/api/readings"));

	assert_int_equal(json_array_size(json_object_get(body, "readings")), 0);
	assert_true(json_is_integer(json_object_get(body, "last_update")));
	json_decref(body);
}

static void test_readings_follow_the_table(void **state)
{
	json_t *body, *reading;

	fixture_put(*state, "a", 21.4, true);
	json_decref(get_json(*state, GET("/api/readings")));
	fixture_put(*state, "a", 22.5, true);
	body = get_json(*state, GET("/api/readings"));
	assert_int_equal(json_array_size(json_object_get(body, "readings")), 1);
	reading = json_array_get(json_object_get(body, "readings"), 0);
	assert_string_equal(json_string_value(json_object_get(reading, "sensor_id")), "node-1:a");
	assert_true(json_is_true(json_object_get(reading, "simulated")));
	assert_true(json_real_value(json_object_get(json_object_get(reading, "data"),
						    "temperature")) == 22.5);
	json_decref(body);
}

static void test_numbers_are_short(void **state)
{
	fixture_put(*state, "a", 21.4, false);
	assert_exchange(*state, GET("/api/readings"), 200, "{\"temperature\":21.4}");
}

static void test_readings_unchanged_are_not_sent_again(void **state)
{
	char request[2048], tag[1024];
	struct answer answer;

	fixture_put(*state, "a", 1, false);
	exchange(*state, GET("/api/readings"), &answer);
	snprintf(tag, sizeof(tag), "%s", answer_header(&answer, "ETag"));
	answer_finish(&answer);
	snprintf(request, sizeof(request),
		 "GET /api/readings HTTP/1.1\r\n" HOST "If-None-Match: %s\r\n\r\n", tag);
	exchange(*state, request, &answer);
	assert_int_equal(answer.status, 304);
	assert_int_equal(answer.body.size, 0);
	assert_string_equal(answer_header(&answer, "ETag"), tag);
	answer_finish(&answer);

	fixture_put(*state, "a", 2, false);
	exchange(*state, request, &answer);
	assert_int_equal(answer.status, 200);
	assert_string_not_equal(answer_header(&answer, "ETag"), tag);
	answer_finish(&answer);
}

static void test_logs(void **state)
{
	struct log_record record = {.level = LOG_WARNING, .source = "dht22", .text = "\"<b>°\""};
	struct fixture *fixture = *state;
	json_t *body;

	log_ring_write(fixture->log, &record);
	body = get_json(fixture, GET("/api/logs"));
	assert_int_equal(json_object_size(body), 1);
	assert_string_equal(json_string_value(json_array_get(json_object_get(body, "logs"), 0)),
			    "1970-01-01T00:00:00.000Z warning dht22: \"<b>°\"");
	json_decref(body);
}

static void test_fan_status(void **state)
{
	struct fixture *fixture = *state;

	assert_exchange(fixture, GET("/api/fan/status"), 200, "{\"fan_on\":false}");
	fixture->fake.fan_on = true;
	assert_exchange(fixture, GET("/api/fan/status"), 200, "{\"fan_on\":true}");
	fixture->fake.fail_with = ERROR_BUS;
	assert_exchange(fixture, GET("/api/fan/status"), 500, "\"detail\":\"as the test wished\"");
}

static void test_others(void **state)
{
	assert_exchange(*state, GET("/api/v1/simulation"), 200, "{\"scenario\":\"calm\"}");
	assert_exchange(*state, GET("/api/v1/plugins"), 200, "{\"name\":\"dht22\",");
	assert_exchange(*state, GET("/healthz"), 200, "{\"status\":\"ok\"}");
	assert_exchange(*state, GET("/healthz?any=thing"), 200, "ok");
}

static void test_without_actions_and_log(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture);
	fixture.config.actions = (struct web_actions){0};
	fixture.config.log = NULL;
	fixture_start(&fixture);
	assert_exchange(&fixture, GET("/api/fan/status"), 404,
			"this node has no fan: set gpio_pin under [fan] in its configuration");
	assert_exchange(&fixture, GET("/api/v1/simulation"), 404, "the hardware is real");
	assert_exchange(&fixture, GET("/api/v1/plugins"), 503,
			"this node runs no plugins now: try again when it has started");
	assert_exchange(&fixture, GET("/api/logs"), 200, "{\"logs\":[]}");
	fixture_finish(&fixture);
}

static json_t *give_nothing(void *arg)
{
	(void)arg;
	return NULL;
}

static void test_an_action_without_memory(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture);
	fixture.config.actions.plugins = give_nothing;
	fixture_start(&fixture);
	assert_exchange(&fixture, GET("/api/v1/plugins"), 500, "out of memory");
	fixture_finish(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_readings_of_an_empty_table),
		TEST(test_readings_follow_the_table),
		TEST(test_numbers_are_short),
		TEST(test_readings_unchanged_are_not_sent_again),
		TEST(test_logs),
		TEST(test_fan_status),
		TEST(test_others),
		cmocka_unit_test(test_without_actions_and_log),
		cmocka_unit_test(test_an_action_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
