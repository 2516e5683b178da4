/*
 * What the server and http/auth share: all of struct web. What answers requests includes handler.h.
 * Only for src/output/web*.c; everything is of the loop thread.
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
	struct web_listener listener; /* its descriptor belongs to the daemon */
	char machine_name[HOST_NAME_MAX + 1];
	char listen_name[WEB_HOST_SIZE]; /* as the configuration has it; may be an address */
	uv_poll_t poll;
	uv_timer_t timer;
	unsigned open_handles;
	struct MHD_Daemon *daemon; /* owned */
	bool is_tls;
	struct web_auth auth;
	struct web_caches caches;
	uint64_t started_ms; /* makes a tag of this run differ from one of another */
	struct web_connections connections;
	bool is_run_again; /* the library, right after its current run */
	struct web_counters counters;
	struct web_request *pendings; /* those whose answer comes later */
	struct web_events *events;    /* owned */
	struct event_feed *feed;      /* owned */
	web_close_cb *closed;
	void *closed_arg;
};

/* What a person sees who may not see the page at / (account.c). */
struct web_answer web_account_page(struct web *web, struct web_answer refusal);

/* The library's handler for each request (request.c), and its end. */
enum MHD_Result web_request_handle(void *arg, struct MHD_Connection *connection, const char *url,
				   const char *method, const char *version, const char *upload,
				   size_t *upload_size, void **context);
void web_request_finish(struct web_request *request); /* NULL is allowed */

/* The answer to a request that has come in whole (route.c). */
struct web_answer web_route(struct web *web, struct web_request *request);

/* Resume all requests whose answer comes later: the server ends. */
void web_pendings_abandon(struct web *web);

#endif
