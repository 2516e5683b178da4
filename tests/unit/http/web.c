#include "fixture.h"

#define GET_HEALTH "GET /healthz HTTP/1.1\r\n" HOST "\r\n"

static void check_answer(struct client *client, int status)
{
	struct answer answer;

	assert_true(client_receive(client, "GET", &answer));
	assert_int_equal(answer.status, status);
	answer_finish(&answer);
}

static void test_address(void **state)
{
	struct fixture *fixture = *state;
	char wanted[64];

	assert_true(web_port(fixture->web) > 0);
	snprintf(wanted, sizeof(wanted), "127.0.0.1:%u", web_port(fixture->web));
	assert_string_equal(web_address(fixture->web), wanted);
}

static void check_create_fails(struct fixture *fixture, const char *listen, int code,
			       const char *text)
{
	struct web_config config = fixture->config;
	struct web *web = NULL;
	struct error err = {0};

	config.listen = listen;
	assert_int_equal(web_create(&fixture->loop, &config, &web, &err), code);
	assert_int_equal(err.code, code);
	assert_string_equal(err.text, text);
	assert_null(web);
}

static void test_address_in_use(void **state)
{
	struct fixture *fixture = *state;
	char text[256];

	snprintf(text, sizeof(text),
		 "cannot listen on %s (--listen chooses another address): Address already in use",
		 web_address(fixture->web));
	check_create_fails(fixture, web_address(fixture->web), ERROR_SYSTEM, text);
	/* The one that was there first is not disturbed. */
	assert_exchange(fixture, GET_HEALTH, 200, "ok");
}

static void test_bad_address(void **state)
{
	check_create_fails(*state, "nonsense", ERROR_INVALID,
			   "listen on nonsense: expected ADDR:PORT, as in 127.0.0.1:3000 or "
			   "[::1]:3000");
}

static void test_close_ends_open_connections(void **state)
{
	struct client idle, half;
	struct fixture fixture;
	char address[64];

	(void)state;
	fixture_init(&fixture);
	fixture_start(&fixture);
	client_open(&idle, &fixture);
	client_send(&idle, GET_HEALTH);
	check_answer(&idle, 200);
	client_open(&half, &fixture);
	client_send(&half, "POST /api/buzzer HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc");
	snprintf(address, sizeof(address), "%s", web_address(fixture.web));
	web_close(fixture.web, fixture_closed, &fixture);
	assert_int_equal(fixture.closed, 0);
	client_wait_ended(&idle);
	client_wait_ended(&half);
	client_close(&idle);
	client_close(&half);
	fixture.web = NULL;
	uv_run(&fixture.loop, UV_RUN_DEFAULT);
	assert_int_equal(fixture.closed, 1);
	fixture.closed = 0;
	/* The address is free again. */
	fixture.config.listen = address;
	fixture_start(&fixture);
	assert_exchange(&fixture, GET_HEALTH, 200, "ok");
	fixture_finish(&fixture);
}

static void check_page(struct fixture *fixture, const char *part)
{
	assert_exchange(fixture, "GET / HTTP/1.1\r\n" HOST "\r\n", 200, part);
}

/* A page that names the host's script is served at /; one that does not, in a frame. */
#define SCRIPT "<script src=/assets/harvester.js>"

static void test_set_page(void **state)
{
	static const char page[] = SCRIPT "<p>first °</p>";
	struct fixture *fixture = *state;
	char *large = calloc(1, WEB_PAGE_SIZE_MAX + 1);

	assert_non_null(large);
	check_page(fixture, "built-in page");
	assert_int_equal(web_set_page(fixture->web, page, strlen(page)), 0);
	check_page(fixture, page);
	assert_int_equal(web_set_page(fixture->web, SCRIPT "second", strlen(SCRIPT) + 3), 0);
	check_page(fixture, "sec");
	memset(large, 'x', WEB_PAGE_SIZE_MAX + 1);
	memcpy(large, SCRIPT, strlen(SCRIPT));
	assert_int_equal(web_set_page(fixture->web, large, WEB_PAGE_SIZE_MAX + 1), ERROR_TOO_LARGE);
	check_page(fixture, "sec");
	assert_int_equal(web_set_page(fixture->web, large, WEB_PAGE_SIZE_MAX), 0);
	check_page(fixture, "xxxx");
	assert_int_equal(web_set_page(fixture->web, NULL, 0), 0);
	check_page(fixture, "built-in page");
	free(large);
}

/* The old page is still being sent while the new one takes its place. */
static void test_set_page_during_a_download(void **state)
{
	struct fixture *fixture = *state;
	struct client client;
	struct answer answer;
	char *large = malloc(WEB_PAGE_SIZE_MAX);

	assert_non_null(large);
	memset(large, 'x', WEB_PAGE_SIZE_MAX);
	memcpy(large, SCRIPT, strlen(SCRIPT));
	assert_int_equal(web_set_page(fixture->web, large, WEB_PAGE_SIZE_MAX), 0);
	client_open(&client, fixture);
	client_send(&client, "GET / HTTP/1.1\r\n" HOST "\r\n");
	while (!client.received.size)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	assert_true(client.received.size < WEB_PAGE_SIZE_MAX);
	assert_int_equal(web_set_page(fixture->web, "new", 3), 0);
	assert_true(client_receive(&client, "GET", &answer));
	assert_int_equal(answer.body.size, WEB_PAGE_SIZE_MAX);
	assert_memory_equal(answer.body.data, large, WEB_PAGE_SIZE_MAX);
	answer_finish(&answer);
	client_close(&client);
	free(large);
}

static void test_two_clients_at_once(void **state)
{
	struct client first, second;

	client_open(&first, *state);
	client_open(&second, *state);
	client_send(&first, "GET /hea");
	client_send(&second, "GET /no");
	client_send(&first, "lthz HTTP/1.1\r\n" HOST "\r\n");
	check_answer(&first, 200);
	client_send(&second, " HTTP/1.1\r\n" HOST "\r\n");
	check_answer(&second, 404);
	client_send(&first, GET_HEALTH);
	client_send(&second, GET_HEALTH);
	check_answer(&second, 200);
	check_answer(&first, 200);
	client_close(&first);
	client_close(&second);
}

static void test_counters(void **state)
{
	struct fixture *fixture = *state;
	struct web_counters counters;

	fixture->fake.fail_with = ERROR_BUS;
	assert_exchange(fixture, GET_HEALTH, 200, "ok");
	assert_exchange(fixture, "GET /no HTTP/1.1\r\n" HOST "\r\n", 404, "");
	assert_exchange(fixture, "POST /no HTTP/1.1\r\n" HOST "\r\n", 404, "");
	assert_exchange(fixture, "POST /api/fan/test HTTP/1.1\r\n" HOST "\r\n", 500, "");
	web_counters(fixture->web, &counters);
	assert_int_equal(counters.requests, 4);
	assert_int_equal(counters.refused, 2);
	assert_int_equal(counters.errors, 1);
}

static void test_silent_connection_is_closed(void **state)
{
	struct client never, half, kept;
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture);
	fixture.config.idle_seconds = 1;
	fixture_start(&fixture);
	client_open(&never, &fixture);
	client_open(&half, &fixture);
	client_send(&half, "GET /healthz HT");
	client_open(&kept, &fixture);
	client_send(&kept, GET_HEALTH);
	check_answer(&kept, 200);
	client_wait_ended(&never);
	client_wait_ended(&half);
	client_wait_ended(&kept);
	client_close(&never);
	client_close(&half);
	client_close(&kept);
	fixture_finish(&fixture);
}

static void on_drip(uv_timer_t *timer)
{
	struct client *client = timer->data;

	if (send(client->fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		uv_timer_stop(timer);
}

/* A byte every 50 ms keeps it from being silent; the whole request still has its time. */
static void test_dripping_request_is_cut(void **state)
{
	struct fixture fixture;
	struct client client;
	uv_timer_t drip;

	(void)state;
	fixture_init(&fixture);
	fixture.config.request_seconds = 1;
	fixture_start(&fixture);
	client_open(&client, &fixture);
	client_send(&client, "GET /healthz HTTP/1.1\r\nX-Slow: ");
	uv_timer_init(&fixture.loop, &drip);
	drip.data = &client;
	uv_timer_start(&drip, on_drip, 0, 50);
	client_wait_ended(&client);
	uv_close((uv_handle_t *)&drip, NULL);
	client_close(&client);
	assert_exchange(&fixture, GET_HEALTH, 200, "ok");
	fixture_finish(&fixture);
}

static void test_connections_of_one_address(void **state)
{
	struct client first, second, third;
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture);
	fixture.config.connections_per_address_max = 2;
	fixture_start(&fixture);
	client_open(&first, &fixture);
	client_send(&first, GET_HEALTH);
	check_answer(&first, 200);
	client_open(&second, &fixture);
	client_send(&second, GET_HEALTH);
	check_answer(&second, 200);
	client_open(&third, &fixture);
	client_wait_ended(&third);
	assert_int_equal(third.received.size, 0);
	client_close(&third);
	client_close(&second);
	client_send(&first, GET_HEALTH);
	check_answer(&first, 200);
	client_close(&first);
	fixture_finish(&fixture);
}

/* Over the limit of all, a connection waits its turn. */
static void test_connections_in_all(void **state)
{
	struct client first, second;
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture);
	fixture.config.connections_max = 1;
	fixture_start(&fixture);
	client_open(&first, &fixture);
	client_send(&first, GET_HEALTH);
	check_answer(&first, 200);
	client_open(&second, &fixture);
	client_send(&second, GET_HEALTH);
	client_send(&first, GET_HEALTH);
	check_answer(&first, 200);
	assert_int_equal(second.received.size, 0);
	client_close(&first);
	check_answer(&second, 200);
	client_close(&second);
	fixture_finish(&fixture);
}

static void test_many_connections(void **state)
{
	struct client clients[60];
	const size_t count = sizeof(clients) / sizeof(*clients);

	for (size_t i = 0; i < count; i++)
		client_open(&clients[i], *state);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < count; i++)
			client_send(&clients[i], GET_HEALTH);
		for (size_t i = 0; i < count; i++)
			check_answer(&clients[i], 200);
	}
	for (size_t i = 0; i < count; i++)
		client_close(&clients[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_address),
		TEST(test_address_in_use),
		TEST(test_bad_address),
		cmocka_unit_test(test_close_ends_open_connections),
		TEST(test_set_page),
		TEST(test_set_page_during_a_download),
		TEST(test_two_clients_at_once),
		TEST(test_counters),
		cmocka_unit_test(test_silent_connection_is_closed),
		cmocka_unit_test(test_dripping_request_is_cut),
		cmocka_unit_test(test_connections_of_one_address),
		cmocka_unit_test(test_connections_in_all),
		TEST(test_many_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
