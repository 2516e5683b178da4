/*
 * For what answers requests (http/api, http/pages, http/events): the request, how a handler looks,
 * and what it may know of the server, which stays opaque. Everything is of the loop thread.
 */
#ifndef HARVESTER_HTTP_SERVER_HANDLER_H
#define HARVESTER_HTTP_SERVER_HANDLER_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/buffer.h"
#include "http/auth/rules.h"
#include "http/pages/page.h"
#include "http/server/answer.h"
#include "http/server/cached_response.h"
#include "http/server/deferred_response.h"
#include "http/server/parameter.h"
#include "http/server/web.h"
#include "store/accounts/access.h"

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

/* Of a request's header; NULL where it has none. */
const char *web_request_header(const struct web_request *request, const char *name);

/* Does it say that its body is JSON? */
bool web_request_is_json(const struct web_request *request);

/* The answer for one revision of the table. */
struct web_readings {
	struct cached_response document;
	uint64_t revision;
	uint64_t made_ms; /* of the loop's time */
};

/* What is made once and sent to many. */
struct web_caches {
	struct cached_response *assets; /* owned */
	struct web_page page;
	struct cached_response openapi; /* made when it is first asked for */
	struct web_readings readings, readings_v1;
};

/* A connection was resumed: the library sees it when it is called next. */
void web_run_soon(struct web *web);

/* What web_create() was given; borrowed, and good as long as the server. */
const struct web_config *web_config(const struct web *web);

struct web_caches *web_caches(struct web *web);
struct web_events *web_events(struct web *web);
struct event_feed *web_event_feed(struct web *web);

/* ms of the loop's clock, which never steps. */
uint64_t web_now(const struct web *web);

/* Unix ms of this server's start, which makes a tag of this run differ from one of another. */
uint64_t web_started_ms(const struct web *web);

/* web/openapi.json, put in at build time. */
extern const unsigned char web_openapi[];
extern const size_t web_openapi_size;

/* The bodies that the session's routes take (session.c). */
extern const struct web_parameter web_session_fields[], web_setup_fields[];

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

/* All routes (routes.c); those of one path stand together. */
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
web_handler web_get_page, web_get_framed_page;			      /* page.c */
web_handler web_get_asset, web_get_login;			      /* asset.c */
web_handler web_get_openapi, web_get_simulation, web_get_fan_status;  /* get.c */
web_handler web_get_readings, web_get_readings_v1;		      /* readings.c */
web_handler web_post_buzzer, web_post_buzzer_test, web_post_fan_test; /* post.c */
web_handler web_get_logs, web_get_logs_v1;			      /* logs.c */
web_handler web_get_nodes, web_get_node_fan, web_get_node_leds;	      /* nodes.c */
web_handler web_post_node_buzzer, web_post_node_fan, web_post_node_leds;
web_handler web_delete_reading;					/* readings.c */
web_handler web_get_plugins, web_post_approve, web_post_reload; /* plugins.c */
web_handler web_post_enable, web_post_disable;
web_handler web_get_health, web_get_ready; /* health.c */
web_handler web_get_metrics;		   /* metrics.c */
web_handler web_get_events;		   /* event_feed.c */
web_handler web_get_session, web_post_session, web_delete_session, web_post_setup; /* session.c */
web_handler web_get_setup_page, web_get_account_style, web_get_account_script;	   /* account.c */

web_handler web_get_history, web_get_series, web_get_history_status; /* history.c */
extern const struct web_parameter web_history_query[], web_series_query[];
web_handler web_post_push, web_post_hello, web_post_uplink_readings,
	web_post_node_accept; /* uplink.c */
web_handler web_get_commands, web_post_results;
extern const struct web_parameter web_commands_query[];

#endif
