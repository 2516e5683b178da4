#include "link/http_client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "base/error.h"

struct http_exchange {
	LIST_ENTRY(http_exchange) link;
	struct http_client *client;
	CURL *easy; /* owned, like headers */
	struct curl_slist *headers;
	struct buffer body;
	char detail[CURL_ERROR_SIZE];
	http_done *on_done;
	void *arg;
	const char *upload; /* borrowed: what is left of a mail */
	size_t upload_left;
	bool met_loopback;
};

/* One of libcurl's sockets, and the handle that waits for it on the loop. */
struct watched {
	uv_poll_t poll;
	curl_socket_t socket;
	struct http_client *client;
};

struct http_client {
	uv_timer_t timer;
	CURLM *multi; /* owned */
	LIST_HEAD(, http_exchange) exchanges;
	unsigned count;
	unsigned open_handles; /* the timer, and watched sockets that are still open */
	bool is_closing;
	void (*on_closed)(void *arg);
	void *closed_arg;
};

static void free_exchange(struct http_exchange *exchange)
{
	curl_easy_cleanup(exchange->easy);
	curl_slist_free_all(exchange->headers);
	buffer_finish(&exchange->body);
	free(exchange);
}

/* Remove the exchange from the client. The caller owns it now. */
static void take_out(struct http_exchange *exchange)
{
	curl_multi_remove_handle(exchange->client->multi, exchange->easy);
	LIST_REMOVE(exchange, link);
	exchange->client->count--;
}

static int describe(const struct http_exchange *exchange, CURLcode code, struct error *err)
{
	const char *text = *exchange->detail ? exchange->detail : curl_easy_strerror(code);

	if (code == CURLE_OPERATION_TIMEDOUT)
		return error_set(err, ERROR_TIMEOUT, "%s", text);
	if (exchange->body.failed)
		return error_set(
			err, ERROR_TOO_LARGE,
			"the response has more than %zu bytes: check that the URL is the right one",
			exchange->body.limit);
	if (exchange->met_loopback)
		return error_set(err, ERROR_SYSTEM,
				 "the host name in the URL leads to this machine itself: check the "
				 "URL, and the name's address in the DNS");
	return error_set(err, ERROR_SYSTEM, "%s", text);
}

static void read_answer(const struct http_exchange *exchange, struct http_answer *ret_answer)
{
	curl_off_t sent = 0, first = 0, retry_s = 0;
	long status = 0;

	curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(exchange->easy, CURLINFO_PRETRANSFER_TIME_T, &sent);
	curl_easy_getinfo(exchange->easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
	curl_easy_getinfo(exchange->easy, CURLINFO_RETRY_AFTER, &retry_s);
	*ret_answer = (struct http_answer){
		.status = (unsigned)status,
		.body = exchange->body.data ? exchange->body.data : "",
		.size = exchange->body.size,
		.first_byte_us = first > sent ? (uint64_t)(first - sent) : 0,
		.retry_after_ms = retry_s > 0 ? (uint64_t)retry_s * 1000 : 0,
	};
}

static void finish(struct http_exchange *exchange, CURLcode code)
{
	struct http_answer answer;
	struct error err = {0};
	int ret = code ? describe(exchange, code, &err) : 0;

	take_out(exchange);
	read_answer(exchange, &answer);
	exchange->on_done(exchange->arg, ret, ret ? NULL : &answer, ret ? &err : NULL);
	free_exchange(exchange);
}

static void collect(struct http_client *client)
{
	const CURLMsg *message;
	int left;

	while (!client->is_closing && (message = curl_multi_info_read(client->multi, &left))) {
		struct http_exchange *exchange;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&exchange);
		finish(exchange, message->data.result);
	}
}

/* libcurl on the loop */

static void destroy_when_closed(struct http_client *client)
{
	if (--client->open_handles)
		return;
	client->on_closed(client->closed_arg);
	free(client);
}

static void socket_closed(uv_handle_t *handle)
{
	struct watched *watched = handle->data;
	struct http_client *client = watched->client;

	free(watched);
	destroy_when_closed(client);
}

static void socket_ready(uv_poll_t *poll, int status, int events)
{
	struct watched *watched = poll->data;
	struct http_client *client = watched->client;
	int running, flags = status < 0 ? CURL_CSELECT_ERR : 0;

	flags |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
	flags |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
	curl_multi_socket_action(client->multi, watched->socket, flags, &running);
	collect(client);
}

static struct watched *watch(struct http_client *client, curl_socket_t socket)
{
	struct watched *watched = calloc(1, sizeof(*watched));

	if (!watched)
		return NULL;
	watched->client = client;
	watched->socket = socket;
	watched->poll.data = watched;
	if (uv_poll_init_socket(client->timer.loop, &watched->poll, socket)) {
		free(watched);
		return NULL;
	}
	client->open_handles++;
	curl_multi_assign(client->multi, socket, watched);
	return watched;
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *arg, void *known)
{
	struct http_client *client = arg;
	struct watched *watched = known;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (watched) {
			curl_multi_assign(client->multi, socket, NULL);
			uv_close((uv_handle_t *)&watched->poll, socket_closed);
		}
		return 0;
	}
	if (!watched)
		watched = watch(client, socket);
	if (!watched)
		return -1;
	events |= what & CURL_POLL_IN ? UV_READABLE : 0;
	events |= what & CURL_POLL_OUT ? UV_WRITABLE : 0;
	return uv_poll_start(&watched->poll, events, socket_ready) ? -1 : 0;
}

static void time_is_up(uv_timer_t *timer)
{
	struct http_client *client = timer->data;
	int running;

	curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(client);
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct http_client *client = arg;

	(void)multi;
	if (timeout_ms < 0 || client->is_closing)
		uv_timer_stop(&client->timer);
	else /* 0 means as soon as possible, but not from within libcurl */
		uv_timer_start(&client->timer, time_is_up, (uint64_t)timeout_ms, 0);
	return 0;
}

/* Lifecycle */

int http_client_create(uv_loop_t *loop, struct http_client **ret_client)
{
	struct http_client *client = calloc(1, sizeof(*client));

	if (!client)
		return ERROR_NO_MEMORY;
	client->multi = curl_multi_init();
	if (!client->multi) {
		free(client);
		return ERROR_NO_MEMORY;
	}
	LIST_INIT(&client->exchanges);
	uv_timer_init(loop, &client->timer);
	client->timer.data = client;
	client->open_handles = 1;
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
	*ret_client = client;
	return 0;
}

static void timer_closed(uv_handle_t *handle)
{
	struct http_client *client = handle->data;

	/* This closes the sockets of idle connections. */
	curl_multi_cleanup(client->multi);
	destroy_when_closed(client);
}

void http_client_close(struct http_client *client, void (*on_closed)(void *arg), void *arg)
{
	struct error err;

	if (!client)
		return;
	client->is_closing = true;
	client->on_closed = on_closed;
	client->closed_arg = arg;
	error_set(&err, ERROR_CLOSED,
		  "this node is stopping, so it sends no request: try again after it has started");
	while (!LIST_EMPTY(&client->exchanges)) {
		struct http_exchange *exchange = LIST_FIRST(&client->exchanges);

		take_out(exchange);
		exchange->on_done(exchange->arg, ERROR_CLOSED, NULL, &err);
		free_exchange(exchange);
	}
	uv_close((uv_handle_t *)&client->timer, timer_closed);
}

/* Exchanges */

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
	struct http_exchange *exchange = arg;

	return buffer_append(&exchange->body, data, size * count) ? 0 : size * count;
}

/* False without memory; the list is unchanged then. */
static bool add_header(struct http_exchange *exchange, const char *name, const char *value)
{
	struct curl_slist *longer;
	struct buffer line;

	if (!value)
		return true;
	buffer_init(&line, 8192);
	buffer_printf(&line, "%s: %s", name, value);
	longer = line.failed ? NULL : curl_slist_append(exchange->headers, line.data);
	buffer_finish(&line);
	if (longer)
		exchange->headers = longer;
	return longer != NULL;
}

static bool is_loopback(const struct sockaddr *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;

	if (address->sa_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127 || !v4->sin_addr.s_addr;
	if (address->sa_family != AF_INET6)
		return true;
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		return v6->sin6_addr.s6_addr[12] == 127;
	return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
}

/* libcurl has resolved the name, so nobody can change the address after this check. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_exchange *exchange = arg;

	(void)purpose;
	if (is_loopback(&address->addr)) {
		exchange->met_loopback = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t give_mail(char *to, size_t size, size_t count, void *arg)
{
	struct http_exchange *exchange = arg;
	size_t part = size * count;

	if (part > exchange->upload_left)
		part = exchange->upload_left;
	memcpy(to, exchange->upload, part);
	exchange->upload += part;
	exchange->upload_left -= part;
	return part;
}

static CURLcode set_log_in(CURL *easy, const struct http_mail *mail)
{
	CURLcode bad = CURLE_OK;

	if (!mail->username)
		return bad;
	bad = curl_easy_setopt(easy, CURLOPT_USERNAME, mail->username);
	return bad ? bad : curl_easy_setopt(easy, CURLOPT_PASSWORD, mail->password);
}

static CURLcode set_mail(struct http_exchange *exchange, const struct http_request *request)
{
	const struct http_mail *mail = request->mail;
	CURL *easy = exchange->easy;
	CURLcode bad = set_log_in(easy, mail);

	exchange->upload = request->body;
	exchange->upload_left = request->body_size;
	exchange->headers = curl_slist_append(NULL, mail->to);
	if (!exchange->headers)
		return CURLE_OUT_OF_MEMORY;
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_MAIL_FROM, mail->from);
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, exchange->headers);
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_mail);
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
	return bad ? bad
		   : curl_easy_setopt(easy, CURLOPT_USE_SSL,
				      (long)(mail->may_be_plain ? CURLUSESSL_TRY : CURLUSESSL_ALL));
}

static CURLcode set_limits(struct http_exchange *exchange, const struct http_request *request)
{
	CURL *easy = exchange->easy;
	CURLcode bad = curl_easy_setopt(easy, CURLOPT_URL, request->url);

	bad = bad ? bad
		  : curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
				     request->mail ? "smtp,smtps" : "http,https");
	if (request->refuse_loopback) {
		bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
		bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, exchange);
	}
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_PROXY, "");
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_MS);
	if (request->ca_file)
		bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
	if (!bad && request->pin) {
		bad = curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, request->pin);
		bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	return bad;
}

/* Where the response goes. */
static CURLcode set_response(struct http_exchange *exchange)
{
	CURL *easy = exchange->easy;
	CURLcode bad = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);

	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->detail);
	return bad ? bad : curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
}

static bool add_headers(struct http_exchange *exchange, const char *const *headers)
{
	for (; headers && *headers; headers++) {
		struct curl_slist *longer = curl_slist_append(exchange->headers, *headers);

		if (!longer)
			return false;
		exchange->headers = longer;
	}
	return true;
}

static CURLcode set_message(struct http_exchange *exchange, const struct http_request *request)
{
	CURL *easy = exchange->easy;
	CURLcode bad = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);

	if (request->body) {
		bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
		bad = bad ? bad
			  : curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
					     (curl_off_t)request->body_size);
	}
	if (request->token) {
		bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
		bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, request->token);
	}
	/*
	 * An empty "Expect" keeps libcurl from sending "Expect: 100-continue", which costs a round
	 * trip.
	 */
	if (!add_header(exchange, "Content-Type", request->content_type) ||
	    !add_header(exchange, "Content-Encoding", request->content_encoding) ||
	    !add_header(exchange, "Expect", "") || !add_headers(exchange, request->headers))
		return CURLE_OUT_OF_MEMORY;
	return bad ? bad : curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers);
}

static struct http_exchange *make_exchange(struct http_client *client,
					   const struct http_request *request, struct error *err)
{
	struct http_exchange *exchange = calloc(1, sizeof(*exchange));
	CURLcode bad = CURLE_OUT_OF_MEMORY;

	if (!exchange)
		goto out_error;
	exchange->client = client;
	buffer_init(&exchange->body, request->answer_max ? request->answer_max : HTTP_ANSWER_MAX);
	exchange->easy = curl_easy_init();
	if (exchange->easy)
		bad = set_limits(exchange, request);
	if (!bad)
		bad = request->mail ? set_mail(exchange, request) : set_message(exchange, request);
	if (!bad)
		bad = set_response(exchange);
	if (!bad)
		return exchange;
	free_exchange(exchange);
out_error:
	error_set(err, bad == CURLE_OUT_OF_MEMORY ? ERROR_NO_MEMORY : ERROR_INVALID, "%.200s: %s",
		  request->url, curl_easy_strerror(bad));
	return NULL;
}

int http_client_start(struct http_client *client, const struct http_request *request,
		      http_done *on_done, void *arg, struct http_exchange **ret_exchange,
		      struct error *err)
{
	struct http_exchange *exchange;

	if (client->is_closing)
		return error_set(err, ERROR_CLOSED,
				 "this node is stopping, so it sends no request: try again after "
				 "it has started");
	if (client->count == HTTP_EXCHANGES_MAX)
		return error_set(
			err, ERROR_BUSY,
			"this node is sending %u requests already, the limit: try again later",
			client->count);
	exchange = make_exchange(client, request, err);
	if (!exchange)
		return ERROR_INVALID;
	exchange->on_done = on_done;
	exchange->arg = arg;
	LIST_INSERT_HEAD(&client->exchanges, exchange, link);
	client->count++;
	curl_multi_add_handle(client->multi, exchange->easy);
	if (ret_exchange)
		*ret_exchange = exchange;
	return 0;
}

void http_exchange_cancel(struct http_exchange *exchange)
{
	if (!exchange)
		return;
	take_out(exchange);
	free_exchange(exchange);
}
