#include "fixture.h"

#define POST_BUZZER "POST /api/buzzer HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n"
#define PATTERN "{\"pattern\":\"single\"}"
#define SWALLOWED_MAX (16 * WEB_BODY_MAX)

/* The pattern with blanks behind it, up to `size` bytes. The caller frees it. */
static char *padded_body(size_t size)
{
	char *body = malloc(size);

	assert_non_null(body);
	memset(body, ' ', size);
	memcpy(body, PATTERN, strlen(PATTERN));
	return body;
}

static void check_body_of(struct fixture *fixture, size_t size, int status)
{
	char *body = padded_body(size), head[256];
	struct client client;
	struct answer answer;

	client_open(&client, fixture);
	snprintf(head, sizeof(head), POST_BUZZER "Content-Length: %zu\r\n\r\n", size);
	client_send(&client, head);
	client_send_bytes(&client, body, size);
	assert_true(client_receive(&client, "POST", &answer));
	assert_int_equal(answer.status, status);
	answer_finish(&answer);
	client_close(&client);
	free(body);
}

static void test_body_at_the_limit(void **state)
{
	check_body_of(*state, WEB_BODY_MAX, 200);
}

static void test_body_over_the_limit(void **state)
{
	struct fixture *fixture = *state;

	check_body_of(fixture, WEB_BODY_MAX + 1, 413);
	check_body_of(fixture, SWALLOWED_MAX, 413);
	assert_int_equal(fixture->fake.buzzer_calls, 0);
}

static void test_connection_lives_on_after_a_large_body(void **state)
{
	char *body = padded_body(WEB_BODY_MAX + 1), head[256];
	struct client client;
	struct answer answer;

	client_open(&client, *state);
	snprintf(head, sizeof(head), POST_BUZZER "Content-Length: %d\r\n\r\n", WEB_BODY_MAX + 1);
	client_send(&client, head);
	client_send_bytes(&client, body, WEB_BODY_MAX + 1);
	client_send(&client, "GET /healthz HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client_receive(&client, "POST", &answer));
	assert_int_equal(answer.status, 413);
	answer_finish(&answer);
	assert_true(client_receive(&client, "GET", &answer));
	assert_int_equal(answer.status, 200);
	answer_finish(&answer);
	client_close(&client);
	free(body);
}

/* Only the head is sent: the answer must not wait for a body. */
static void check_refused_by_head(struct fixture *fixture, const char *head)
{
	struct client client;
	struct answer answer;

	client_open(&client, fixture);
	client_send(&client, head);
	assert_true(client_receive(&client, "POST", &answer));
	assert_int_equal(answer.status, 413);
	answer_finish(&answer);
	client_wait_ended(&client);
	client_close(&client);
}

static void test_hopeless_body_is_refused_at_once(void **state)
{
	check_refused_by_head(*state, POST_BUZZER "Content-Length: 1048577\r\n\r\n");
	check_refused_by_head(*state, POST_BUZZER "Content-Length: 9223372036854775807\r\n\r\n");
	check_refused_by_head(*state, POST_BUZZER "Content-Length: 65537\r\n"
						  "Expect: 100-continue\r\n\r\n");
}

static void test_expected_body_is_asked_for(void **state)
{
	struct client client;
	struct answer answer;

	client_open(&client, *state);
	client_send(&client, POST_BUZZER "Content-Length: 20\r\nExpect: 100-continue\r\n\r\n");
	assert_true(client_receive(&client, "POST", &answer));
	assert_int_equal(answer.status, 100);
	answer_finish(&answer);
	client_send(&client, PATTERN);
	assert_true(client_receive(&client, "POST", &answer));
	assert_int_equal(answer.status, 200);
	answer_finish(&answer);
	client_close(&client);
}

static void test_chunked_body(void **state)
{
	assert_exchange(*state,
			POST_BUZZER "Transfer-Encoding: chunked\r\n\r\n"
				    "3\r\n{\"p\r\n11\r\nattern\":\"single\"}\r\n0\r\n\r\n",
			200, "ok");
}

/* Chunks of 4 KiB, `count` of them, and the end if it is wanted. */
static void send_chunks(struct client *client, size_t count)
{
	char chunk[6 + 4096 + 2 + 1];

	snprintf(chunk, sizeof(chunk), "1000\r\n%4096s\r\n", "");
	client_send(client, POST_BUZZER "Transfer-Encoding: chunked\r\n\r\n");
	for (size_t i = 0; i < count && !client->ended; i++)
		client_send(client, chunk);
}

static void test_chunked_body_over_the_limit(void **state)
{
	struct client client;
	struct answer answer;

	client_open(&client, *state);
	send_chunks(&client, WEB_BODY_MAX / 4096 + 1);
	client_send(&client, "0\r\n\r\n");
	assert_true(client_receive(&client, "POST", &answer));
	assert_int_equal(answer.status, 413);
	answer_finish(&answer);
	client_close(&client);
}

static void test_chunks_without_end_are_cut_off(void **state)
{
	struct client client;

	client_open(&client, *state);
	send_chunks(&client, SWALLOWED_MAX / 4096 + 1);
	client_wait_ended(&client);
	client_close(&client);
}

/* The library may take the end of what was sent for mere silence. */
static void start_impatient(struct fixture *fixture)
{
	fixture_init(fixture);
	fixture->config.idle_seconds = 1;
	fixture_start(fixture);
}

/*
 * Send these requests, each over its own connection and with nothing behind it, and take what
 * comes: a refusal by 4xx or 5xx, or the end of the connection without an answer.
 */
static void check_unreadable(struct fixture *fixture, const char *const *requests, size_t count)
{
	struct client *clients = calloc(count, sizeof(*clients));
	struct answer answer;

	assert_non_null(clients);
	for (size_t i = 0; i < count; i++) {
		client_open(&clients[i], fixture);
		client_send(&clients[i], requests[i]);
		shutdown(clients[i].fd, SHUT_WR);
	}
	for (size_t i = 0; i < count; i++) {
		if (client_receive(&clients[i], "GET", &answer)) {
			if (answer.status < 400 || answer.status > 505)
				fail_msg("%d to: %s", answer.status, requests[i]);
			answer_finish(&answer);
		}
		client_wait_ended(&clients[i]);
		client_close(&clients[i]);
	}
	free(clients);
	assert_int_equal(fixture->fake.buzzer_calls, 0);
	assert_exchange(fixture, "GET /healthz HTTP/1.1\r\n" HOST "\r\n", 200, "ok");
}

static void test_truncated_requests(void **state)
{
	static const char *const requests[] = {
		"G",
		"GET /healthz HTTP/1.1\r\n" HOST,
		POST_BUZZER "Content-Length: 20\r\n\r\n{\"pat",
		POST_BUZZER "Transfer-Encoding: chunked\r\n\r\n14\r\n{\"pat",
	};
	struct fixture fixture;

	(void)state;
	start_impatient(&fixture);
	check_unreadable(&fixture, requests, sizeof(requests) / sizeof(*requests));
	fixture_finish(&fixture);
}

static void test_malformed_requests(void **state)
{
	static const char *const requests[] = {
		"\r\n\r\n\r\n",
		"GET\r\n\r\n",
		"GET /healthz HTTP/9.9\r\n" HOST "\r\n",
		"GET /healthz HTTP/1.1\r\n\r\n",
		"GET /healthz HTTP/1.1\r\nHost\r\n\r\n",
		"\x16\x03\x01\x02\x01\x01\xfc\x03\x03\r\n\r\n",
		POST_BUZZER "Content-Length: x\r\n\r\n",
		POST_BUZZER "Content-Length: -1\r\n\r\n",
		POST_BUZZER "Content-Length: 99999999999999999999999\r\n\r\n",
		POST_BUZZER "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
	};
	struct fixture fixture;

	(void)state;
	start_impatient(&fixture);
	check_unreadable(&fixture, requests, sizeof(requests) / sizeof(*requests));
	fixture_finish(&fixture);
}

/* GET /healthz with a header that makes its head `size` bytes long. */
static void check_head_of(struct fixture *fixture, size_t size, bool fits)
{
	static const char start[] = "GET /healthz HTTP/1.1\r\n" HOST "X-Long: ";
	size_t padding = size - strlen(start) - 4;
	char *request = malloc(size + 1);
	struct client client;
	struct answer answer;

	assert_non_null(request);
	snprintf(request, size + 1, "%s%*s\r\n\r\n", start, (int)padding, "x");
	memset(request + strlen(start), 'x', padding);
	client_open(&client, fixture);
	client_send_bytes(&client, request, size);
	if (client_receive(&client, "GET", &answer)) {
		assert_int_equal(answer.status == 200, fits);
		answer_finish(&answer);
	} else {
		assert_false(fits);
	}
	client_close(&client);
	free(request);
}

static void test_large_head(void **state)
{
	struct fixture *fixture = *state;

	check_head_of(fixture, 8192, true);
	check_head_of(fixture, 16384, false);
	check_head_of(fixture, 1 << 20, false);
	assert_exchange(fixture, "GET /healthz HTTP/1.1\r\n" HOST "\r\n", 200, "ok");
}

static void test_pipelined_requests(void **state)
{
	static const int statuses[] = {200, 404, 200, 400, 200};
	struct client client;
	struct answer answer;

	client_open(&client, *state);
	client_send(&client, "GET /healthz HTTP/1.1\r\n" HOST "\r\n"
			     "GET /no HTTP/1.1\r\n" HOST "\r\n" POST_BUZZER
			     "Content-Length: 20\r\n\r\n" PATTERN
			     "POST /api/buzzer?action=no HTTP/1.1\r\n" HOST "\r\n"
			     "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		assert_true(client_receive(&client, "GET", &answer));
		assert_int_equal(answer.status, statuses[i]);
		answer_finish(&answer);
	}
	client_wait_ended(&client);
	assert_int_equal(client.received.size, 0);
	client_close(&client);
}

/* The body of a GET means nothing, but it must not be read as the next request. */
static void test_body_of_a_get_is_no_request(void **state)
{
	struct fixture *fixture = *state;
	struct client client;
	struct answer answer;
	char request[256];
	static const char inner[] = "POST /api/buzzer/test HTTP/1.1\r\n" HOST "\r\n";

	client_open(&client, fixture);
	snprintf(request, sizeof(request),
		 "GET /healthz HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n%s"
		 "GET / HTTP/1.1\r\n" HOST "\r\n",
		 strlen(inner), inner);
	client_send(&client, request);
	assert_true(client_receive(&client, "GET", &answer));
	assert_contains(answer_text(&answer), "\"ok\"");
	answer_finish(&answer);
	assert_true(client_receive(&client, "GET", &answer));
	assert_contains(answer_text(&answer), "<title>harvester</title>");
	answer_finish(&answer);
	assert_int_equal(fixture->fake.buzzer_calls, 0);
	client_close(&client);
}

/* A good request with up to 8 bytes changed; whatever it means now, the server stays up. */
static void send_damaged(struct client *client, unsigned *seed)
{
	char request[] = POST_BUZZER "Content-Length: 20\r\n\r\n" PATTERN;
	size_t size = strlen(request);

	for (int i = rand_r(seed) % 8; i >= 0; i--)
		request[(size_t)rand_r(seed) % size] = (char)rand_r(seed);
	client_send_bytes(client, request, size);
	shutdown(client->fd, SHUT_WR);
}

static void test_damaged_requests(void **state)
{
	unsigned seed = (unsigned)getpid();
	struct client clients[60];
	const size_t count = sizeof(clients) / sizeof(*clients);
	struct fixture fixture;

	(void)state;
	print_message("seed %u\n", seed);
	start_impatient(&fixture);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < count; i++) {
			client_open(&clients[i], &fixture);
			send_damaged(&clients[i], &seed);
		}
		for (size_t i = 0; i < count; i++) {
			client_wait_ended(&clients[i]);
			client_close(&clients[i]);
		}
	}
	assert_exchange(&fixture, "GET /healthz HTTP/1.1\r\n" HOST "\r\n", 200, "ok");
	fixture_finish(&fixture);
}

/* The end comes together with the request: it is answered, and the connection ends, not after it
 * has been idle for long enough. */
static void test_a_client_that_ends_its_side(void **state)
{
	static const char *const requests[] = {
		"GET /healthz HTTP/1.1\r\n" HOST "\r\n",
		"CONNECT evil.example:443 HTTP/1.1\r\n" HOST "\r\n",
		"POST /api/buzzer HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc",
		"GET /healthz HTTP/1.1\r\n" HOST "\r\nGET /healthz HTTP/1.1\r\n" HOST "\r\n",
	};
	struct fixture fixture;
	struct client client;

	(void)state;
	fixture_init(&fixture);
	fixture.config.idle_seconds = 600; /* the watchdog is sooner */
	fixture_start(&fixture);
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		client_open(&client, &fixture);
		client_send(&client, requests[i]);
		assert_int_equal(shutdown(client.fd, SHUT_WR), 0);
		client_wait_ended(&client);
		assert_non_null(strstr(client.received.data, "HTTP/1.1 "));
		client_close(&client);
	}
	fixture_finish(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_body_at_the_limit),
		TEST(test_body_over_the_limit),
		TEST(test_connection_lives_on_after_a_large_body),
		TEST(test_hopeless_body_is_refused_at_once),
		TEST(test_expected_body_is_asked_for),
		TEST(test_chunked_body),
		TEST(test_chunked_body_over_the_limit),
		TEST(test_chunks_without_end_are_cut_off),
		cmocka_unit_test(test_truncated_requests),
		cmocka_unit_test(test_malformed_requests),
		TEST(test_large_head),
		TEST(test_pipelined_requests),
		cmocka_unit_test(test_a_client_that_ends_its_side),
		TEST(test_body_of_a_get_is_no_request),
		cmocka_unit_test(test_damaged_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
