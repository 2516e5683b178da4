/*
 * What the parts of the HTTP side share. Only for src/output/web*.c; everything is of the loop
 * thread.
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
#include "http/pages/page.h"
#include "http/server/answer.h"
#include "http/server/cached_response.h"
#include "http/server/connection.h"
#include "http/server/deferred_response.h"
#include "http/server/listen.h"
#include "http/server/parameter.h"
#include "http/server/web.h"

#define WEB_SEGMENT_SIZE 136 /* of a path, with its terminator: a node and its sensor fit */

struct web_request {
	struct web *web; /* borrowed, as is the connection */
	struct MHD_Connection *connection;
	const char *method; /* borrowed from the library, as is path */
	const char *path;
	char segment[WEB_SEGMENT_SIZE]; /* what stands for {…} in the route's path */
	struct access_ticket ticket;	/* who asks */
	struct buffer body;
	size_t body_size; /* bytes that came, kept or not */
	json_t *json;	  /* owned: the body, where the route has a table for it */

	/* By the order of the route's tables. */
	struct web_value query[WEB_PARAMETERS_MAX], fields[WEB_PARAMETERS_MAX];

	struct deferred_response *pending; /* NULL: nobody is making an answer */
	struct web_request *next_pending;
	bool is_answered;	  /* later, by this: */
	struct web_answer answer; /* owned */
};

/* The answer for one revision of the table. */
struct web_readings {
	struct cached_response document;
	uint64_t revision;
	uint64_t made_ms; /* of the loop's time */
};

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
	struct cached_response *assets; /* owned */
	struct web_page page;
	struct cached_response openapi; /* made when it is first asked for */
	struct web_readings readings, readings_v1;
	uint64_t started_ms; /* makes a tag of this run differ from one of another */
	struct web_connections connections;
	bool is_run_again; /* the library, right after its current run */
	struct web_counters counters;
	struct web_request *pendings; /* those whose answer comes later */
	struct web_events *events;    /* owned */
	struct event_feed *news;      /* owned */
	web_close_cb *closed;
	void *closed_arg;
};

/* web/openapi.json, put in at build time. */
extern const unsigned char web_openapi[];
extern const size_t web_openapi_size;

/* The bodies that the session's routes take (web_session.c). */
extern const struct web_parameter web_session_fields[], web_setup_fields[];

/* What a person sees who may not see the page at / (web_account.c). */
struct web_answer web_account_page(struct web *web, struct web_answer refusal);

/* A connection was resumed: the library sees it when it is called next. */
void web_run_soon(struct web *web);

/* The library's handler for each request (web_request.c), and its end. */
enum MHD_Result web_request_handle(void *arg, struct MHD_Connection *connection, const char *url,
				   const char *method, const char *version, const char *upload,
				   size_t *upload_size, void **context);
void web_request_finish(struct web_request *request); /* NULL is allowed */

/* The answer to a request that has come in whole (web_route.c). */
struct web_answer web_route(struct web *web, struct web_request *request);

/* Of a request's header; NULL where it has none. */
const char *web_request_header(const struct web_request *request, const char *name);

/* Does it say that its body is JSON? */
bool web_request_is_json(const struct web_request *request);

/* Resume all requests whose answer comes later: the server ends. */
void web_pendings_abandon(struct web *web);

typedef struct web_answer web_handler(struct web *web, struct web_request *request);

struct web_route {
	const char *method; /* HEAD is answered wherever GET is */
	const char *path;   /* one segment may be "{…}": any */
	enum web_level level;
	web_handler *handler;
	/*
	 * What the query and the body may hold; the handler runs only if they are right. NULL: the
	 * handler looks itself. web_no_parameters: nothing.
	 */
	const struct web_parameter *query;
	const struct web_parameter *body;
};

/* All routes (web_routes.c); those of one path stand together. */
extern const struct web_route web_routes[];
extern const size_t web_routes_count;
extern const struct web_parameter web_no_parameters[];

/* The query of GET /api/v1/logs. */
enum {
	WEB_LOGS_NODE,
	WEB_LOGS_LEVEL,
	WEB_LOGS_SOURCE,
	WEB_LOGS_SEARCH,
	WEB_LOGS_AFTER,
	WEB_LOGS_LIMIT,
};

/* The handlers, by file. */
web_handler web_get_page, web_get_framed_page;			      /* web_page.c */
web_handler web_get_asset, web_get_login;			      /* web_asset.c */
web_handler web_get_openapi, web_get_simulation, web_get_fan_status;  /* web_get.c */
web_handler web_get_readings, web_get_readings_v1;		      /* web_readings.c */
web_handler web_post_buzzer, web_post_buzzer_test, web_post_fan_test; /* web_post.c */
web_handler web_get_logs, web_get_logs_v1;			      /* web_logs.c */
web_handler web_get_nodes, web_get_node_fan, web_get_node_leds;	      /* web_nodes.c */
web_handler web_post_node_buzzer, web_post_node_fan, web_post_node_leds;
web_handler web_delete_reading;					/* web_readings.c */
web_handler web_get_plugins, web_post_approve, web_post_reload; /* web_plugins.c */
web_handler web_post_enable, web_post_disable;
web_handler web_get_health, web_get_ready; /* web_health.c */
web_handler web_get_metrics;		   /* web_metrics.c */
web_handler web_get_events;		   /* web_news.c */
web_handler web_get_session, web_post_session, web_delete_session,
	web_post_setup;							       /* web_session.c */
web_handler web_get_setup_page, web_get_account_style, web_get_account_script; /* web_account.c */

web_handler web_get_history, web_get_series, web_get_history_status; /* web_history.c */
extern const struct web_parameter web_history_query[], web_series_query[];
web_handler web_post_push, web_post_hello, web_post_uplink_readings,
	web_post_node_accept; /* web_uplink.c */
web_handler web_get_commands, web_post_results;
extern const struct web_parameter web_commands_query[];

#endif
