/*
 * What a handler of requests needs: the request, the type of a handler, the table of routes, and
 * access to the server, which stays opaque. Loop thread.
 */
#ifndef HARVESTER_HTTP_SERVER_HANDLER_H
#define HARVESTER_HTTP_SERVER_HANDLER_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/buffer.h"
#include "http/server/answer.h"
#include "http/server/cached_response.h"
#include "http/server/config.h"
#include "http/server/deferred_response.h"
#include "http/server/parameter.h"
#include "http/server/route.h"
#include "store/accounts/authenticator.h"

#define WEB_SEGMENT_SIZE 136 /* with terminator: "node:sensor" fits */

/* One request, from its headers to the end of its answer. */
struct web_request {
	struct web *web;		   /* borrowed */
	struct MHD_Connection *connection; /* borrowed from the library, with method and path */
	const char *method;
	const char *path;
	char segment[WEB_SEGMENT_SIZE]; /* the part of the path that matched {…} in the route */
	struct authenticator_ticket ticket; /* who sent the request */
	struct buffer body;
	size_t body_size; /* bytes received, also those over WEB_BODY_MAX, which are not kept */
	json_t *json;	  /* owned: the parsed body if the route has a table for it, else NULL */

	/* The checked values, with the same indices as in the route's tables. */
	struct web_value query[WEB_PARAMETERS_MAX], fields[WEB_PARAMETERS_MAX];

	struct deferred_response *pending; /* NULL: no answer is awaited */
	struct web_request *next_pending;
	bool is_answered;	  /* `answer` holds the deferred answer, not sent yet */
	struct web_answer answer; /* owned */
};

/* The value of a header of the request, or NULL if it has none. Borrowed from the request. */
const char *web_request_header(const struct web_request *request, const char *name);

/* Is the Content-Type application/json? */
bool web_request_is_json(const struct web_request *request);

/* The list of readings as an answer, cached for one revision of the reading table. */
struct web_readings {
	struct cached_response document;
	uint64_t revision;
	uint64_t made_ms; /* see web_now() */
};

/* The dashboard plugin's page (pages/page.h). */
struct web_page {
	struct cached_response document; /* not set if no plugin has made a page */
	bool is_framed;			 /* served at /page, in a frame */
};

/* Answers that are made once and sent to many clients. */
struct web_caches {
	struct cached_response *assets; /* owned */
	struct web_page page;
	struct cached_response openapi; /* made at the first request for it */
	struct web_readings readings, readings_v1;
};

/*
 * Call the HTTP library soon. For a connection that was resumed: the library notices that only when
 * it is called.
 */
void web_run_soon(struct web *web);

/* The settings given to web_create(), with the defaults filled in. Borrowed from the server. */
const struct web_config *web_config(const struct web *web);

/* Parts of the server; borrowed from it. */
struct web_caches *web_caches(struct web *web);
struct web_events *web_events(const struct web *web);
struct event_feed *web_event_feed(struct web *web);

/* Milliseconds of the loop's monotonic clock. */
uint64_t web_now(const struct web *web);

/* Unix ms of this server's start. Part of entity tags, so that those of another run differ. */
uint64_t web_started_ms(const struct web *web);

/* The text of web/openapi.json, embedded at build time. */
extern const unsigned char web_openapi[];
extern const size_t web_openapi_size;

/* The body fields of the log-in and set-up routes (session.c). */
extern const struct web_parameter web_session_fields[], web_setup_fields[];

/* The indices of the query parameters of GET /api/v1/logs. */
enum {
	WEB_LOGS_NODE,
	WEB_LOGS_LEVEL,
	WEB_LOGS_SOURCE,
	WEB_LOGS_SEARCH,
	WEB_LOGS_AFTER,
	WEB_LOGS_LIMIT,
};

/* The handlers, by the file that implements them. */
web_handler web_get_page, web_get_framed_page;			      /* page.c */
web_handler web_get_values;					      /* values.c */
web_handler web_get_asset, web_get_login, web_get_service_worker;     /* asset.c */
web_handler web_get_openapi, web_get_simulation, web_get_fan_status;  /* get.c */
web_handler web_get_readings, web_get_readings_v1;		      /* readings.c */
web_handler web_post_buzzer, web_post_buzzer_test, web_post_fan_test; /* post.c */
web_handler web_get_logs, web_get_logs_v1;			      /* logs.c */
web_handler web_get_nodes, web_get_node_fan, web_get_node_outputs, web_get_node_leds; /* nodes.c */
web_handler web_post_node_buzzer, web_post_node_fan, web_post_node_leds;
web_handler web_delete_reading, web_patch_sensor;		/* readings.c */
web_handler web_get_plugins, web_post_approve, web_post_reload; /* plugins.c */
web_handler web_post_enable, web_post_disable;
web_handler web_get_alerts, web_post_alert, web_patch_alert, web_delete_alert; /* alerts.c */
web_handler web_post_alert_acknowledge, web_post_alert_snooze, web_post_alert_test;
web_handler web_post_bundle; /* bundles.c */
web_handler web_get_rollouts, web_post_rollout, web_post_rollout_pause, web_post_rollout_resume,
	web_post_rollout_abort, web_post_rollout_undo; /* rollouts.c */
extern const struct web_parameter web_rollout_fields[];
web_handler web_post_updates, web_get_uplink_bundle; /* uplink_updates.c */
extern const struct web_parameter web_uplink_bundle_query[];
web_handler web_get_health, web_get_ready; /* health.c */
web_handler web_get_metrics;		   /* metrics.c */
web_handler web_get_events;		   /* event_feed.c */
web_handler web_get_session, web_post_session, web_delete_session, web_post_setup; /* session.c */
web_handler web_get_setup_page, web_get_account_style, web_get_account_script;	   /* account.c */

web_handler web_get_history, web_get_series, web_get_history_status; /* history.c */
extern const struct web_parameter web_history_query[], web_series_query[];
web_handler web_post_push, web_post_hello, web_post_uplink_readings,
	web_post_node_accept;			  /* uplink.c */
web_handler web_get_influx;			  /* influx.c */
web_handler web_get_mqtt;			  /* mqtt.c */
web_handler web_get_cluster, web_get_cluster_log; /* cluster.c */
extern const struct web_parameter web_cluster_log_query[];
web_handler web_get_commands, web_post_results;
extern const struct web_parameter web_commands_query[];

#endif
