/*
 * The inside of struct web, shared by http/server, http/auth and http/events. Handlers of requests
 * include handler.h instead. Loop thread.
 */
#ifndef HARVESTER_HTTP_SERVER_INTERNAL_H
#define HARVESTER_HTTP_SERVER_INTERNAL_H

#include <limits.h>
#include <microhttpd.h>
#include <uv.h>

#include "base/buffer.h"
#include "http/auth/auth.h"
#include "http/auth/guard.h"
#include "http/events/event_feed.h"
#include "http/events/events.h"
#include "http/server/connection.h"
#include "http/server/handler.h"
#include "http/server/listen.h"

struct web {
	struct web_config config;
	struct web_listener listener; /* `daemon` owns its descriptor */
	char machine_name[HOST_NAME_MAX + 1];
	char listen_name[WEB_HOST_SIZE]; /* the host in config.listen: a name or an address */
	uv_poll_t poll;
	uv_timer_t timer;
	unsigned open_handles;
	struct MHD_Daemon *daemon; /* owned */
	bool is_tls;
	struct web_auth auth;
	struct web_caches caches;
	uint64_t started_ms; /* Unix ms */
	struct web_connections connections;
	bool is_run_again; /* call the library again right after its current run */
	struct web_counters counters;
	struct web_request *pendings; /* list of requests whose answer is deferred */
	struct web_events *events;    /* owned */
	struct event_feed *feed;      /* owned */
	web_close_cb *closed;
	void *closed_arg;
};

/*
 * The page shown at / to somebody who may not see the dashboard: log-in or set-up (account.c).
 * Takes ownership of `refusal`, and returns it if neither page fits.
 */
struct web_answer web_account_page(struct web *web, struct web_answer refusal);

/*
 * The library calls this for each request, several times (request.c); *context is its struct
 * web_request. web_request_finish() frees that.
 */
enum MHD_Result web_request_handle(void *arg, struct MHD_Connection *connection, const char *url,
				   const char *method, const char *version, const char *upload,
				   size_t *upload_size, void **context);
void web_request_finish(struct web_request *request); /* NULL is allowed */

/* Find the route of a complete request, check the request and run the handler (route.c). */
struct web_answer web_route(struct web *web, struct web_request *request);

/* The server ends: resume all requests whose answer is deferred, and drop the answers. */
void web_pendings_abandon(struct web *web);

#endif
