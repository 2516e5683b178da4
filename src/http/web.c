#include "http/web.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "http/auth/auth.h"
#include "http/events/event_feed.h"
#include "http/events/events.h"
#include "http/pages/asset.h"
#include "http/pages/page.h"
#include "http/route.h"
#include "http/server/internal.h"
#include "http/server/tls.h"
#include "link/hub/hub.h"

#define CONNECTIONS_MAX 1280
#define CLIENTS_A_RUN 64 /* event clients woken in one run: some 20 us each */
/* RFC 9325, 3.1.1: no TLS version below 1.2. */
#define TLS_PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

#define DEFAULT(value, otherwise) ((value) ? (value) : (otherwise))

/* In how many ms to call the library even if no socket is ready. False: not before one is ready. */
static bool next_wakeup(const struct web *web, uint64_t *ret_delay_ms)
{
	uint64_t now = uv_now(web->poll.loop), cut, limit = web->config.request_seconds * 1000ull;
	MHD_UNSIGNED_LONG_LONG timeout;
	bool wanted = MHD_get_timeout(web->daemon, &timeout) == MHD_YES;

	if (web_connections_deadline(&web->connections, limit, &cut)) {
		cut = cut > now ? cut - now : 0;
		if (!wanted || cut < timeout)
			timeout = cut;
		wanted = true;
	}
	if (wanted)
		*ret_delay_ms = timeout;
	return wanted;
}

static void run(struct web *web)
{
	uint64_t delay_ms;

	web->is_run_again = web_events_wake(web->events, CLIENTS_A_RUN);
	MHD_run(web->daemon);
	/* At a limit of connections the library stops listening, and it only starts again when it
	 * is called after a connection has closed. */
	if (web->is_run_again)
		web_run_soon(web);
	else if (next_wakeup(web, &delay_ms))
		uv_timer_start(&web->timer, web->on_timer, delay_ms, 0);
	else
		uv_timer_stop(&web->timer);
}

static void on_timer(uv_timer_t *timer)
{
	struct web *web = timer->data;

	web_connections_cut(&web->connections, uv_now(timer->loop),
			    web->config.request_seconds * 1000ull);
	run(web);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	(void)status, (void)events;
	run(poll->data);
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct web *web = arg;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*context =
			web_connection_open(&web->connections, connection, uv_now(web->poll.loop));
		return;
	}
	web_connection_close(*context);
	web->is_run_again = true;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **context,
			 enum MHD_RequestTerminationCode code)
{
	struct web *web = arg;

	(void)code;
	web_request_finish(*context);
	*context = NULL;
	web_connection_renew(&web->connections, web_connection_find(connection),
			     uv_now(web->poll.loop));
}

/*
 * Decode %XX. "%00" becomes byte 1, which no route contains: a zero byte would end the path or
 * value early and make it equal to another.
 */
static size_t unescape(void *arg, struct MHD_Connection *connection, char *text)
{
	size_t size = MHD_http_unescape(text);

	(void)arg, (void)connection;
	for (char *end = memchr(text, 0, size); end;
	     end = memchr(end, 0, size - (size_t)(end - text)))
		*end = 1;
	return size;
}

static struct MHD_Daemon *start_daemon(struct web *web)
{
	const struct web_config *config = &web->config;
	const struct web_tls *tls = config->tls;
	struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
	struct MHD_OptionItem secure[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, tls ? tls->certificate : NULL},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, tls ? tls->key : NULL},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES},
		{MHD_OPTION_END, 0, NULL},
	};

	return MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (tls ? MHD_USE_TLS : 0), 0, NULL, NULL,
		web_request_handle, web, MHD_OPTION_LISTEN_SOCKET, web->listener.fd,
		MHD_OPTION_CONNECTION_LIMIT, config->connections_max,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, config->connections_per_address_max,
		MHD_OPTION_CONNECTION_TIMEOUT, config->idle_seconds,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, config->head_max, MHD_OPTION_STRICT_FOR_CLIENT,
		1, MHD_OPTION_UNESCAPE_CALLBACK, unescape, web, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, web, MHD_OPTION_ARRAY, tls ? secure : plain,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, web, MHD_OPTION_END);
}

static void set_config(struct web *web, const struct web_config *config)
{
	const unsigned people = DEFAULT(config->connections_max, CONNECTIONS_MAX);

	web->config = *config;
	web->config.listen = NULL;
	web->is_tls = config->tls;
	web->on_timer = on_timer;
	web->on_request = web_route;
	web->config.connections_max = people;
	if (config->hub)
		web->config.connections_max += HUB_NODES_MAX * HUB_NODE_CONNECTIONS;
	web->config.connections_per_address_max = DEFAULT(config->connections_per_address_max, 64);
	web->config.event_clients_max = DEFAULT(config->event_clients_max, people * 4 / 5);
	web->config.event_clients_per_address_max =
		DEFAULT(config->event_clients_per_address_max,
			web->config.connections_per_address_max * 4 / 5);
	web->config.idle_seconds = DEFAULT(config->idle_seconds, 30);
	web->config.request_seconds = DEFAULT(config->request_seconds, 60);
	web->config.head_max = DEFAULT(config->head_max, 16384);
	web->started_ms = clock_unix_ms(web->config.clock);
	web_connections_init(&web->connections);
	snprintf(web->listen_name, sizeof(web->listen_name), "%.*s",
		 (int)strcspn(config->listen, ":"), config->listen);
	if (gethostname(web->machine_name, sizeof(web->machine_name) - 1))
		web->machine_name[0] = '\0';
}

/* uv_poll_init() and uv_timer_init() cannot fail here: an epoll descriptor can be watched. */
static void watch(struct web *web, uv_loop_t *loop)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	uv_poll_init(loop, &web->poll, info->epoll_fd);
	uv_timer_init(loop, &web->timer);
	web->poll.data = web->timer.data = web;
	web->open_handles = 3; /* poll, timer and the event feed */
	uv_poll_start(&web->poll, UV_READABLE, on_ready);
}

int web_create(uv_loop_t *loop, const struct web_config *config, struct web **ret_web,
	       struct error *err)
{
	struct web *web = calloc(1, sizeof(*web));
	int ret = ERROR_NO_MEMORY;

	if (!web)
		return error_set(err, ret, "cannot start the HTTP server: %s", error_text(ret));
	set_config(web, config);
	web->caches.assets = web_assets_create();
	web->auth = web_auth_create();
	if (!web->caches.assets || !web->auth) {
		error_set(err, ret, "cannot start the HTTP server: %s", error_text(ret));
		goto destroy_assets;
	}
	web->events = web_events_create(
		web->config.event_clients_max, web->config.event_clients_per_address_max,
		config->hub ? WEB_EVENTS_HUB_RING_SIZE : WEB_EVENTS_RING_SIZE);
	if (!web->events) {
		error_set(err, ret, "cannot start the HTTP server: %s", error_text(ret));
		goto destroy_assets;
	}
	ret = web_listen(config->listen, &web->listener, err);
	if (ret)
		goto destroy_events;
	ret = ERROR_SYSTEM;
	web->daemon = start_daemon(web);
	if (!web->daemon) {
		error_set(err, ret,
			  "listen on %s: the HTTP library did not start: this machine may lack "
			  "memory or descriptors",
			  config->listen);
		goto close_listener;
	}
	ret = event_feed_create(loop, web, &web->feed);
	if (ret) {
		error_set(err, ret, "cannot start the HTTP server: %s", error_text(ret));
		goto stop_daemon;
	}
	web->config.tls = NULL;
	watch(web, loop);
	*ret_web = web;
	return 0;

stop_daemon:
	MHD_stop_daemon(web->daemon);
	goto destroy_events;
close_listener:
	close(web->listener.fd);
destroy_events:
	web_events_destroy(web->events);
destroy_assets:
	web_assets_destroy(web->caches.assets);
	web_auth_destroy(web->auth);
	free(web);
	return ret;
}

static void part_closed(void *arg)
{
	struct web *web = arg;

	if (--web->open_handles)
		return;
	web_auth_destroy(web->auth);
	if (web->on_closed)
		web->on_closed(web->closed_arg);
	free(web);
}

static void on_handle_closed(uv_handle_t *handle)
{
	part_closed(handle->data);
}

void web_close(struct web *web, web_close_cb *on_closed, void *arg)
{
	web->on_closed = on_closed;
	web->closed_arg = arg;
	uv_close((uv_handle_t *)&web->poll, on_handle_closed);
	uv_close((uv_handle_t *)&web->timer, on_handle_closed);
	event_feed_close(web->feed, part_closed, web);
	/* MHD_stop_daemon() must not be called while a connection is suspended. */
	web_pendings_abandon(web);
	web_events_end(web->events);
	/* Closes the epoll descriptor: allowed once uv_close() was called on its watcher. */
	MHD_stop_daemon(web->daemon);
	web_events_destroy(web->events);
	cached_response_finish(&web->caches.readings.document);
	cached_response_finish(&web->caches.readings_v1.document);
	cached_response_finish(&web->caches.openapi);
	web_page_clear(&web->caches.page);
	web_assets_destroy(web->caches.assets);
}

int web_set_page(struct web *web, const char *html, size_t size)
{
	if (size > WEB_PAGE_SIZE_MAX)
		return ERROR_TOO_LARGE;
	if (html)
		return web_page_set(&web->caches.page, html, size);
	web_page_clear(&web->caches.page);
	return 0;
}

const char *web_address(const struct web *web)
{
	return web->listener.address;
}

unsigned web_port(const struct web *web)
{
	return web->listener.port;
}

void web_access_changed(struct web *web)
{
	web_events_check(web->events, web);
	web_run_soon(web);
}
