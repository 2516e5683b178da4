/*
 * The inside of struct web, shared by http/ and the folders below it that look after it. Handlers
 * of requests include handler.h instead. Loop thread.
 */
#ifndef HARVESTER_HTTP_SERVER_INTERNAL_H
#define HARVESTER_HTTP_SERVER_INTERNAL_H

#include <limits.h>
#include <microhttpd.h>
#include <uv.h>

#include "base/buffer.h"
#include "http/server/connection.h"
#include "http/server/handler.h"
#include "http/server/listen.h"

struct event_feed;
struct web_auth;
struct web_events;

struct web {
	struct web_config config;
	struct web_listener listener; /* `daemon` owns its descriptor */
	char machine_name[HOST_NAME_MAX + 1];
	char listen_name[WEB_HOST_SIZE]; /* the host in config.listen: a name or an address */
	uv_poll_t poll;
	uv_timer_t timer;
	uv_timer_cb on_timer;	 /* cuts slow connections, calls the library */
	web_handler *on_request; /* a request is complete: find its route (http/route.c) */
	unsigned open_handles;
	struct MHD_Daemon *daemon; /* owned */
	bool is_tls;
	struct web_auth *auth; /* owned */
	struct web_caches caches;
	uint64_t started_ms; /* Unix ms */
	struct web_connections connections;
	bool is_run_again; /* call the library again right after its current run */
	struct web_counters counters;
	struct web_request *pendings; /* list of requests whose answer is deferred */
	struct web_events *events;    /* owned */
	struct event_feed *feed;      /* owned */
	web_close_cb *on_closed;
	void *closed_arg;
};

/*
 * The library calls this for each request, several times (request.c); *context is its struct
 * web_request. web_request_finish() frees that.
 */
enum MHD_Result web_request_handle(void *arg, struct MHD_Connection *connection, const char *url,
				   const char *method, const char *version, const char *upload,
				   size_t *upload_size, void **context);
void web_request_finish(struct web_request *request); /* NULL is allowed */

/* Resume all requests whose answer is deferred, and drop the answers. For the end of the server. */
void web_pendings_abandon(struct web *web);

#endif
