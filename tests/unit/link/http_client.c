/* Against a server of a few lines on this loop, which answers as it is told. */
#include "link/http_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"

struct fixture {
	uv_loop_t loop;
	uv_tcp_t server;
	struct http_client *client;
	char url[64];
	const char *answer; /* NULL: none */
	struct buffer seen;
	uv_write_t write;

	unsigned done;
	int status;
	unsigned http_status;
	char body[64];
	size_t body_size;
	uint64_t retry_after_ms;
	struct error err;
	bool closed;
};

static void free_stream(uv_handle_t *handle)
{
	free(handle);
}

static void allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	static char space[4096];

	(void)handle;
	(void)suggested;
	*ret_buffer = uv_buf_init(space, sizeof(space));
}

static void written(uv_write_t *write, int status)
{
	(void)status; /* the client may have left */
	uv_close((uv_handle_t *)write->handle, free_stream);
}

static void served(uv_stream_t *stream, ssize_t size, const uv_buf_t *data)
{
	struct fixture *fixture = stream->data;
	uv_buf_t answer;

	if (size < 0) {
		uv_close((uv_handle_t *)stream, free_stream);
		return;
	}
	buffer_append(&fixture->seen, data->base, (size_t)size);
	if (!fixture->answer || !strstr(fixture->seen.data, "\r\n\r\n"))
		return;
	uv_read_stop(stream);
	answer = uv_buf_init((char *)fixture->answer, (unsigned)strlen(fixture->answer));
	uv_write(&fixture->write, stream, &answer, 1, written);
}

static void connected(uv_stream_t *server, int status)
{
	uv_tcp_t *stream = malloc(sizeof(*stream));

	assert_int_equal(status, 0);
	uv_tcp_init(server->loop, stream);
	stream->data = server->data;
	uv_accept(server, (uv_stream_t *)stream);
	uv_read_start((uv_stream_t *)stream, allocate, served);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct sockaddr_in address;
	int size = sizeof(address);

	uv_loop_init(&fixture->loop);
	uv_tcp_init(&fixture->loop, &fixture->server);
	fixture->server.data = fixture;
	uv_ip4_addr("127.0.0.1", 0, &address);
	uv_tcp_bind(&fixture->server, (struct sockaddr *)&address, 0);
	uv_listen((uv_stream_t *)&fixture->server, 8, connected);
	uv_tcp_getsockname(&fixture->server, (struct sockaddr *)&address, &size);
	snprintf(fixture->url, sizeof(fixture->url), "http://127.0.0.1:%d/x",
		 ntohs(address.sin_port));
	buffer_init(&fixture->seen, 1 << 20);
	assert_int_equal(http_client_create(&fixture->loop, &fixture->client), 0);
	*state = fixture;
	return 0;
}

static void on_closed(void *arg)
{
	((struct fixture *)arg)->closed = true;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->client)
		http_client_close(fixture->client, on_closed, fixture);
	uv_close((uv_handle_t *)&fixture->server, NULL);
	while (uv_run(&fixture->loop, UV_RUN_DEFAULT))
		; /* until nothing is left: on_done() stops it */
	assert_true(fixture->closed);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	buffer_finish(&fixture->seen);
	free(fixture);
	return 0;
}

static void on_done(void *arg, int status, const struct http_answer *answer,
		    const struct error *err)
{
	struct fixture *fixture = arg;

	fixture->done++;
	uv_stop(&fixture->loop);
	fixture->status = status;
	if (err)
		fixture->err = *err;
	if (answer) {
		fixture->http_status = answer->status;
		fixture->body_size = answer->size;
		fixture->retry_after_ms = answer->retry_after_ms;
		snprintf(fixture->body, sizeof(fixture->body), "%s", answer->body);
	}
}

static void ask(struct fixture *fixture, const struct http_request *request)
{
	assert_int_equal(http_client_start(fixture->client, request, on_done, fixture, NULL, NULL),
			 0);
	while (!fixture->done)
		uv_run(&fixture->loop, UV_RUN_DEFAULT);
}

static void an_answer_comes_with_its_status(void **state)
{
	struct fixture *fixture = *state;
	struct http_request request = {
		.method = "POST",
		.url = fixture->url,
		.token = "secret",
		.content_type = "application/json",
		.content_encoding = "gzip",
		.body = "{}",
		.body_size = 2,
		.timeout_ms = 60000,
	};

	fixture->answer =
		"HTTP/1.1 409 Conflict\r\nRetry-After: 7\r\nContent-Length: 5\r\n\r\nhello";
	ask(fixture, &request);
	assert_int_equal(fixture->status, 0);
	assert_int_equal(fixture->http_status, 409);
	assert_string_equal(fixture->body, "hello");
	assert_int_equal(fixture->retry_after_ms, 7000);
	assert_non_null(strstr(fixture->seen.data, "POST /x HTTP/1.1\r\n"));
	assert_non_null(strstr(fixture->seen.data, "Authorization: Bearer secret\r\n"));
	assert_non_null(strstr(fixture->seen.data, "Content-Type: application/json\r\n"));
	assert_non_null(strstr(fixture->seen.data, "Content-Encoding: gzip\r\n"));
	assert_null(strstr(fixture->seen.data, "Expect"));
}

static void a_redirect_is_not_followed(void **state)
{
	struct fixture *fixture = *state;
	struct http_request request = {.method = "GET", .url = fixture->url, .timeout_ms = 60000};

	fixture->answer = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
			  "Content-Length: 0\r\n\r\n";
	ask(fixture, &request);
	assert_int_equal(fixture->status, 0);
	assert_int_equal(fixture->http_status, 302);
}

static void nobody_there_is_an_error_with_words(void **state)
{
	struct fixture *fixture = *state;
	struct http_request request = {
		.method = "GET", .url = "http://127.0.0.1:1/", .timeout_ms = 60000};

	ask(fixture, &request);
	assert_int_equal(fixture->status, ERROR_SYSTEM);
	assert_non_null(strstr(fixture->err.text, "127.0.0.1 port 1"));
}

static void silence_ends_with_the_time(void **state)
{
	struct fixture *fixture = *state;
	struct http_request request = {.method = "GET", .url = fixture->url, .timeout_ms = 50};

	ask(fixture, &request);
	assert_int_equal(fixture->status, ERROR_TIMEOUT);
}

static void an_answer_without_end_is_cut_off(void **state)
{
	struct fixture *fixture = *state;
	struct http_request request = {.method = "GET", .url = fixture->url, .timeout_ms = 60000};
	static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
	char *answer = calloc(1, sizeof(head) + HTTP_ANSWER_MAX + 1);

	memcpy(answer, head, sizeof(head));
	memset(answer + strlen(head), 'x', HTTP_ANSWER_MAX);
	fixture->answer = answer;
	ask(fixture, &request);
	assert_int_equal(fixture->status, 0);
	assert_int_equal(fixture->body_size, HTTP_ANSWER_MAX);
	answer[strlen(answer)] = 'x';
	fixture->done = 0;
	buffer_clear(&fixture->seen);
	ask(fixture, &request);
	assert_int_equal(fixture->status, ERROR_TOO_LARGE);
	assert_non_null(strstr(fixture->err.text, "more than 1048576 bytes"));
	http_client_close(fixture->client, on_closed, fixture);
	fixture->client = NULL;
	while (!fixture->closed)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	free(answer);
}

static void what_is_no_address_is_refused_at_once(void **state)
{
	static const char *const urls[] = {"file:///etc/passwd", "gopher://127.0.0.1/", "no url",
					   ""};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		struct http_request request = {
			.method = "GET", .url = urls[i], .timeout_ms = 60000};

		fixture->done = 0;
		if (!http_client_start(fixture->client, &request, on_done, fixture, NULL, NULL)) {
			while (!fixture->done)
				uv_run(&fixture->loop, UV_RUN_DEFAULT);
			assert_int_not_equal(fixture->status, 0);
		}
	}
}

static void closing_ends_what_is_out_and_cancelling_says_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct http_request request = {.method = "GET", .url = fixture->url, .timeout_ms = 60000};
	struct http_exchange *exchange;

	http_client_start(fixture->client, &request, on_done, fixture, &exchange, NULL);
	http_exchange_cancel(exchange);
	uv_run(&fixture->loop, UV_RUN_NOWAIT);
	assert_int_equal(fixture->done, 0);
	http_client_start(fixture->client, &request, on_done, fixture, NULL, NULL);
	uv_run(&fixture->loop, UV_RUN_NOWAIT);
	http_client_close(fixture->client, on_closed, fixture);
	assert_int_equal(fixture->done, 1);
	assert_int_equal(fixture->status, ERROR_CLOSED);
	fixture->client = NULL;
}

static void one_too_many_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct http_request request = {.method = "GET", .url = fixture->url, .timeout_ms = 60000};

	for (int i = 0; i < HTTP_EXCHANGES_MAX; i++)
		assert_int_equal(
			http_client_start(fixture->client, &request, on_done, fixture, NULL, NULL),
			0);
	assert_int_equal(http_client_start(fixture->client, &request, on_done, fixture, NULL, NULL),
			 ERROR_BUSY);
}

static void a_request_may_have_headers_and_a_smaller_limit(void **state)
{
	struct fixture *fixture = *state;
	static const char *const headers[] = {"webhook-id: 7", "X-Other: y", NULL};
	struct http_request request = {.method = "POST",
				       .url = fixture->url,
				       .timeout_ms = 60000,
				       .headers = headers,
				       .answer_max = 4};

	fixture->answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
	ask(fixture, &request);
	assert_int_equal(fixture->status, ERROR_TOO_LARGE);
	assert_non_null(strstr(fixture->err.text, "more than 4 bytes"));
	assert_non_null(strstr(fixture->seen.data, "webhook-id: 7\r\nX-Other: y\r\n"));
}

/* Whatever the name is: the address counts. */
static void loopback_can_be_refused(void **state)
{
	struct fixture *fixture = *state;
	char name[64];
	const char *const urls[] = {fixture->url, name, "http://[::1]:1/", "http://0.0.0.0:1/",
				    "http://[::ffff:127.0.0.1]:1/"};

	snprintf(name, sizeof(name), "http://localhost%s", strrchr(fixture->url, ':'));
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		struct http_request request = {.method = "GET",
					       .url = urls[i],
					       .timeout_ms = 60000,
					       .refuse_loopback = true};

		fixture->done = 0;
		ask(fixture, &request);
		assert_int_equal(fixture->status, ERROR_SYSTEM);
		assert_non_null(strstr(fixture->err.text, "leads to this machine itself"));
	}
	assert_int_equal(fixture->seen.size, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_comes_with_its_status),
		TEST(a_redirect_is_not_followed),
		TEST(nobody_there_is_an_error_with_words),
		TEST(silence_ends_with_the_time),
		TEST(an_answer_without_end_is_cut_off),
		TEST(what_is_no_address_is_refused_at_once),
		TEST(closing_ends_what_is_out_and_cancelling_says_nothing),
		TEST(one_too_many_is_refused),
		TEST(a_request_may_have_headers_and_a_smaller_limit),
		TEST(loopback_can_be_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
