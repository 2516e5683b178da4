#include "fixture.h"

#define POST(path, body)                                                                           \
	"POST /api/v1/nodes/" path " HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n"       \
	"Content-Length: " body
#define GET(path) "GET /api/v1/nodes" path " HTTP/1.1\r\n" HOST "\r\n"
#define SINGLE "20\r\n\r\n{\"pattern\":\"single\"}"
#define LONG "18\r\n\r\n{\"pattern\":\"long\"}"
#define TRIPLE "20\r\n\r\n{\"pattern\":\"triple\"}"
#define RED "34\r\n\r\n{\"color\":\"#ff0080\",\"seconds\":3600}"

static void test_nodes(void **state)
{
	assert_exchange(*state, GET(""), 200, "{\"nodes\":[{\"node\":\"node-1\"}]}");
	assert_exchange(*state, GET("?x=1"), 400, "x: unknown");
}

static void test_buzzer(void **state)
{
	struct fixture *fixture = *state;

	assert_exchange(fixture, POST("self/buzzer", SINGLE), 204, "");
	assert_int_equal(fixture->fake.pattern, WEB_BUZZER_SINGLE);
	assert_exchange(fixture, POST("node-1/buzzer", LONG), 204, "");
	assert_int_equal(fixture->fake.pattern, WEB_BUZZER_LONG);
	assert_exchange(fixture, POST("self/buzzer", TRIPLE), 204, "");
	assert_int_equal(fixture->fake.pattern, WEB_BUZZER_TRIPLE);
	assert_int_equal(fixture->fake.buzzer_calls, 3);
	fixture->fake.fail_with = ERROR_NOT_FOUND;
	assert_exchange(fixture, POST("self/buzzer", SINGLE), 404, "as the test wished");
}

static void test_bad_bodies(void **state)
{
	struct fixture *fixture = *state;

	assert_exchange(fixture, POST("self/buzzer", "0\r\n\r\n"), 400,
			"the body is not valid JSON");
	assert_exchange(fixture, POST("self/buzzer", "2\r\n\r\n{}"), 400, "pattern: is missing");
	assert_exchange(fixture, POST("self/buzzer", "2\r\n\r\n[]"), 400, "must be a JSON object");
	assert_exchange(fixture, POST("self/buzzer", "15\r\n\r\n{\"pattern\":\"x\"}"), 400,
			"pattern: expected one of single, triple, long");
	assert_exchange(fixture, POST("self/buzzer", "13\r\n\r\n{\"pattern\":1}"), 400,
			"pattern: expected a string");
	assert_exchange(fixture, POST("self/buzzer", "12\r\n\r\n{\"patern\":1}"), 400,
			"patern: unknown; did you mean pattern?");
	assert_exchange(fixture,
			"POST /api/v1/nodes/self/buzzer HTTP/1.1\r\n" HOST
			"Content-Length: 20\r\n\r\n{\"pattern\":\"single\"}",
			415,
			"the body must be JSON: send the header Content-Type: application/json");
	assert_exchange(fixture,
			POST("self/leds", "34\r\n\r\n{\"color\":\"#ff0080\",\"seconds\":3601}"),
			400, "seconds: expected an integer from 1 to 3600");
	assert_int_equal(fixture->fake.buzzer_calls + fixture->fake.lights, 0);
}

static void test_fan(void **state)
{
	struct fixture *fixture = *state;

	fixture->fake.fan_on = true;
	assert_exchange(fixture, GET("/self/fan"), 200, "{\"on\":true}");
	assert_exchange(fixture, POST("self/fan", "17\r\n\r\n{\"action\":\"test\"}"), 204, "");
	assert_int_equal(fixture->fake.fan_tests, 1);
	assert_exchange(fixture, POST("self/fan", "15\r\n\r\n{\"action\":\"on\"}"), 400,
			"action: expected one of test");
}

static void test_leds(void **state)
{
	struct fixture *fixture = *state;

	assert_exchange(fixture, GET("/self/leds"), 200, "{\"leds\":[],\"brightness\":64}");
	assert_exchange(fixture, POST("self/leds", RED), 204, "");
	assert_int_equal(fixture->fake.color, 0xff0080);
	assert_int_equal(fixture->fake.seconds, 3600);
}

static void test_paths(void **state)
{
	assert_exchange(*state, GET("//fan"), 404, "");
	assert_exchange(*state, GET("/a/b/fan"), 404, "");
	assert_exchange(*state, GET("/self/fan/"), 404, "");
	assert_exchange(*state, GET("/%3Cscript%3E/fan"), 404,
			"no node is called <script>: GET /api/v1/nodes lists the nodes");
	assert_exchange(*state, GET("/a%2Fb/fan"), 404, "");
	assert_exchange(*state, GET("/\xff/fan"), 404,
			"no node is called ?: GET /api/v1/nodes lists the nodes");
	assert_exchange(*state, "PUT /api/v1/nodes/self/fan HTTP/1.1\r\n" HOST "\r\n", 405,
			"GET, HEAD, POST");
}

/* Another node's answer comes later; the test gives it. */
struct far {
	struct fake fake; /* of this node */
	int refuse_with;
	char node[32], device[32], pattern[32];
	web_sent_cb *on_sent;
	void *sent_arg;
};

static int send_far(void *arg, const char *node, const char *device, const json_t *body,
		    web_sent_cb *on_sent, void *sent_arg, struct error *err)
{
	struct far *far = arg;
	const char *pattern = json_string_value(json_object_get(body, "pattern"));

	if (far->refuse_with)
		return error_set(err, far->refuse_with, "refused");
	snprintf(far->node, sizeof(far->node), "%s", node);
	snprintf(far->device, sizeof(far->device), "%s", device);
	snprintf(far->pattern, sizeof(far->pattern), "%s", pattern ? pattern : "");
	far->on_sent = on_sent;
	far->sent_arg = sent_arg;
	return 0;
}

static void far_init(struct fixture *fixture, struct far *far)
{
	memset(far, 0, sizeof(*far));
	fixture_init(fixture);
	fixture->config.actions.arg = far;
	fixture->config.actions.send_to_node = send_far;
	fixture_start(fixture);
}

static void ask_far(struct client *client, struct fixture *fixture, struct far *far,
		    const char *request)
{
	client_open(client, fixture);
	client_send(client, request);
	while (!far->on_sent)
		uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void check_far(struct client *client, int status, const char *text)
{
	struct answer answer;

	assert_true(client_receive(client, "POST", &answer));
	assert_int_equal(answer.status, status);
	assert_contains(answer_text(&answer), text);
	answer_finish(&answer);
}

static void test_another_node(void **state)
{
	const struct error late = {ERROR_TIMEOUT, "b is out of reach"};
	struct fixture fixture;
	struct client client;
	struct far far;

	(void)state;
	far_init(&fixture, &far);
	ask_far(&client, &fixture, &far, POST("b/buzzer", LONG));
	assert_string_equal(far.node, "b");
	assert_string_equal(far.device, "buzzer");
	assert_string_equal(far.pattern, "long");
	assert_int_equal(client.received.size, 0);
	/* Others are answered meanwhile. */
	assert_exchange(&fixture, GET("/self/fan"), 200, "on");
	far.on_sent(far.sent_arg, 0, NULL, NULL);
	check_far(&client, 204, "");
	/* The connection goes on. */
	far.on_sent = NULL;
	client_send(&client, GET("/b/leds"));
	while (!far.on_sent)
		uv_run(&fixture.loop, UV_RUN_ONCE);
	far.on_sent(far.sent_arg, 0, NULL, json_pack("{s:[]}", "leds"));
	check_far(&client, 200, "{\"leds\":[]}");
	far.on_sent = NULL;
	client_send(&client, GET("/b/fan"));
	while (!far.on_sent)
		uv_run(&fixture.loop, UV_RUN_ONCE);
	far.on_sent(far.sent_arg, ERROR_TIMEOUT, &late, NULL);
	check_far(&client, 504, "b is out of reach");
	client_close(&client);
	far.refuse_with = ERROR_NOT_FOUND;
	assert_exchange(&fixture, GET("/c/fan"), 404, "refused");
	fixture_finish(&fixture);
}

static void test_answer_after_the_client_left(void **state)
{
	struct fixture fixture;
	struct client client;
	struct far far;

	(void)state;
	far_init(&fixture, &far);
	ask_far(&client, &fixture, &far, GET("/b/fan"));
	client_close(&client);
	assert_exchange(&fixture, GET("/self/fan"), 200, "on");
	far.on_sent(far.sent_arg, 0, NULL, json_object());
	assert_exchange(&fixture, GET("/self/fan"), 200, "on");
	fixture_finish(&fixture);
}

static void test_answer_after_the_server_ended(void **state)
{
	struct fixture fixture;
	struct client client;
	struct far far;

	(void)state;
	far_init(&fixture, &far);
	ask_far(&client, &fixture, &far, GET("/b/fan"));
	web_close(fixture.web, fixture_closed, &fixture);
	client_wait_ended(&client);
	client_close(&client);
	far.on_sent(far.sent_arg, 0, NULL, json_object());
	fixture.web = NULL;
	uv_run(&fixture.loop, UV_RUN_DEFAULT);
	assert_int_equal(fixture.closed--, 1);
	fixture_finish(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nodes),
		TEST(test_buzzer),
		TEST(test_bad_bodies),
		TEST(test_fan),
		TEST(test_leds),
		TEST(test_paths),
		cmocka_unit_test(test_another_node),
		cmocka_unit_test(test_answer_after_the_client_left),
		cmocka_unit_test(test_answer_after_the_server_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
