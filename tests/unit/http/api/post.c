#include "fixture.h"

#define POST(path) "POST " path " HTTP/1.1\r\n" HOST "\r\n"

/* POST a body of this type (NULL: none is named) to a path. */
static void check_post(struct fixture *fixture, const char *path, const char *type,
		       const char *body, int status, const char *part)
{
	char request[1024];

	snprintf(request, sizeof(request),
		 "POST %s HTTP/1.1\r\n" HOST "%s%s%sContent-Length: %zu\r\n\r\n%s", path,
		 type ? "Content-Type: " : "", type ? type : "", type ? "\r\n" : "", strlen(body),
		 body);
	assert_exchange(fixture, request, status, part);
}

static void check_buzzer(struct fixture *fixture, const char *body, int status, const char *part)
{
	check_post(fixture, "/api/buzzer", "application/json", body, status, part);
}

static void test_buzzer_by_action(void **state)
{
	struct fixture *fixture = *state;

	assert_exchange(fixture, POST("/api/buzzer?action=beep"), 200, "ok");
	assert_int_equal(fixture->fake.pattern, WEB_BUZZER_SINGLE);
	assert_exchange(fixture, POST("/api/buzzer?action=beep3"), 200, "ok");
	assert_int_equal(fixture->fake.pattern, WEB_BUZZER_TRIPLE);
	assert_exchange(fixture, POST("/api/buzzer?action=long"), 200, "ok");
	assert_int_equal(fixture->fake.pattern, WEB_BUZZER_LONG);
	assert_exchange(fixture, POST("/api/buzzer/test"), 200, "ok");
	assert_int_equal(fixture->fake.pattern, WEB_BUZZER_TEST);
	assert_int_equal(fixture->fake.buzzer_calls, 4);
}

static void test_buzzer_by_pattern(void **state)
{
	struct fixture *fixture = *state;

	check_buzzer(fixture, "{\"pattern\":\"single\"}", 200, "ok");
	assert_int_equal(fixture->fake.pattern, WEB_BUZZER_SINGLE);
	check_buzzer(fixture, " {\"pattern\" : \"triple\"} ", 200, "ok");
	assert_int_equal(fixture->fake.pattern, WEB_BUZZER_TRIPLE);
	check_post(fixture, "/api/buzzer", "Application/JSON; charset=utf-8",
		   "{\"pattern\":\"long\"}", 200, "ok");
	assert_int_equal(fixture->fake.pattern, WEB_BUZZER_LONG);
	assert_int_equal(fixture->fake.buzzer_calls, 3);
}

static void test_buzzer_refuses_actions(void **state)
{
	static const char wanted[] = "the parameter `action` must be beep, beep3 or long";
	struct fixture *fixture = *state;

	assert_exchange(fixture, POST("/api/buzzer"), 400, wanted);
	assert_exchange(fixture, POST("/api/buzzer?action"), 400, "action");
	assert_exchange(fixture, POST("/api/buzzer?action="), 400, wanted);
	assert_exchange(fixture, POST("/api/buzzer?action=BEEP"), 400, wanted);
	assert_exchange(fixture, POST("/api/buzzer?action=beep%00"), 400, wanted);
	assert_exchange(fixture, POST("/api/buzzer?action=single"), 400, wanted);
	assert_exchange(fixture, POST("/api/buzzer?sound=beep"), 400, "unknown parameter");
	assert_exchange(fixture, POST("/api/buzzer?action=beep&times=3"), 400, "unknown parameter");
	assert_exchange(fixture, POST("/api/buzzer?action=beep&action=long"), 400, "once");
	assert_int_equal(fixture->fake.buzzer_calls, 0);
}

static void test_buzzer_refuses_bodies(void **state)
{
	static const char wanted[] =
		"pattern must be \\\"single\\\", \\\"triple\\\" or \\\"long\\\"";
	struct fixture *fixture = *state;

	check_buzzer(fixture, "{", 400, "the body is not valid JSON: line 1, column 1: ");
	check_buzzer(fixture, "{\"pattern\":\"long\"} x", 400, "the body is not valid JSON");
	check_buzzer(fixture, "{\"pattern\":\"long\",\"pattern\":\"long\"}", 400, "duplicate");
	check_buzzer(fixture, "{\"pattern\":\"\xff\"}", 400, "unable to decode byte 0xff");
	check_buzzer(fixture, "[]", 400, "the body must be a JSON object with the field `pattern`");
	check_buzzer(fixture, "null", 400, "the body is not valid JSON");
	check_buzzer(fixture, "{}", 400, wanted);
	check_buzzer(fixture, "{\"pattern\":3}", 400, wanted);
	check_buzzer(fixture, "{\"pattern\":\"beep\"}", 400, wanted);
	check_buzzer(fixture, "{\"pattern\":\"long\",\"x\":1}", 400, "unknown field");
	check_post(fixture, "/api/buzzer?action=beep", "application/json",
		   "{\"pattern\":\"single\"}", 400, "not both");
	assert_int_equal(fixture->fake.buzzer_calls, 0);
}

static void test_buzzer_refuses_other_types(void **state)
{
	static const char *const types[] = {NULL, "text/plain", "application/x-www-form-urlencoded",
					    "application/jsonp", "application/jso"};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		check_post(*state, "/api/buzzer", types[i], "{\"pattern\":\"single\"}", 415,
			   "the body must be JSON: send the header Content-Type: application/json");
}

static void test_tests_take_no_body(void **state)
{
	struct fixture *fixture = *state;

	check_post(fixture, "/api/buzzer/test", "application/json", "{}", 400, "takes no body");
	check_post(fixture, "/api/fan/test", "application/json", "{}", 400, "takes no body");
	check_post(fixture, "/api/fan/test", NULL, "", 200, "ok");
	assert_int_equal(fixture->fake.buzzer_calls, 0);
	assert_int_equal(fixture->fake.fan_tests, 1);
}

static void test_a_failure_is_told(void **state)
{
	static const struct {
		int code;
		int status;
	} table[] = {
		{ERROR_BUSY, 503},	  {ERROR_NO_SENSOR, 404}, {ERROR_INVALID, 400},
		{ERROR_UNSUPPORTED, 501}, {ERROR_NOT_FOUND, 404}, {ERROR_SYSTEM, 500},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		fixture->fake.fail_with = table[i].code;
		assert_exchange(fixture, POST("/api/buzzer/test"), table[i].status,
				"as the test wished");
		assert_exchange(fixture, POST("/api/fan/test"), table[i].status,
				"as the test wished");
	}
}

static int fail_without_text(void *arg, struct error *err)
{
	(void)arg, (void)err;
	return ERROR_BUSY;
}

static void test_without_devices(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture);
	fixture.config.actions = (struct web_actions){.fan_test = fail_without_text};
	fixture_start(&fixture);
	assert_exchange(
		&fixture, POST("/api/buzzer?action=beep"), 404,
		"this node has no buzzer: set gpio_pin under [buzzer] in its configuration");
	assert_exchange(
		&fixture, POST("/api/buzzer/test"), 404,
		"this node has no buzzer: set gpio_pin under [buzzer] in its configuration");
	assert_exchange(&fixture, POST("/api/fan/test"), 503, "\"detail\":\"busy\"");
	fixture_finish(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_buzzer_by_action),	       TEST(test_buzzer_by_pattern),
		TEST(test_buzzer_refuses_actions),     TEST(test_buzzer_refuses_bodies),
		TEST(test_buzzer_refuses_other_types), TEST(test_tests_take_no_body),
		TEST(test_a_failure_is_told),	       cmocka_unit_test(test_without_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
