/*
 * What the server is created with: its settings, and how the routes reach the rest of the daemon.
 * Loop thread.
 */
#ifndef HARVESTER_HTTP_SERVER_CONFIG_H
#define HARVESTER_HTTP_SERVER_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct authenticator;
struct alerts;
struct influx_writer;
struct mqtt_publisher;
struct clock;
struct error;
struct hub;
struct history;
struct log_ring;
struct reading_intake;
struct reading_table;
struct rollout_desk;
struct web;
struct web_tls;

#define WEB_BODY_MAX 65536 /* bytes of a request's body; a larger one gets 413 */

enum web_buzzer_pattern {
	WEB_BUZZER_SINGLE,
	WEB_BUZZER_TRIPLE,
	WEB_BUZZER_LONG,
	WEB_BUZZER_TEST,
};

enum web_plugin_action {
	WEB_PLUGIN_RELOAD,
	WEB_PLUGIN_ENABLE,
	WEB_PLUGIN_DISABLE,
};

#define WEB_LIGHT_SECONDS_MAX 3600
/* Of POST /api/v1/bundles: in base64, so that both fit into a body. */
#define WEB_BUNDLE_TEXT_MAX 60000
#define WEB_SIGNATURE_TEXT_MAX 4096
#define WEB_SNOOZE_SECONDS_MAX 604800 /* a week */

/*
 * Another node answered, with code 0 and `body` (NULL: an answer without a body), or it failed,
 * with an error code and *err. Takes ownership of `body`.
 */
typedef void web_sent_cb(void *sent_arg, int code, const struct error *err, json_t *body);

/*
 * How the routes reach the rest of the daemon, which implements these functions. None of them may
 * block: `buzzer` starts a pattern and does not wait for its end. If a function is NULL, its routes
 * answer 404 (no such device, or nothing is simulated) or 503. Those that return JSON return a new
 * reference, which the caller releases with json_decref(), or NULL if memory runs out.
 */
struct web_actions {
	void *arg; /* borrowed */
	int (*buzzer)(void *arg, enum web_buzzer_pattern pattern, struct error *err);
	int (*fan_status)(void *arg, bool *ret_on, struct error *err);
	int (*fan_test)(void *arg, struct error *err);
	json_t *(*simulation)(void *arg);
	json_t *(*plugins)(void *arg); /* an array, as for GET /api/v1/plugins */
	json_t *(*nodes)(void *arg);   /* an array, as for GET /api/v1/nodes */
	/*
	 * Approve the plugin's request. `digest` is that of the request which the operator saw:
	 * ERROR_INVALID if the plugin has changed its request since.
	 */
	int (*plugin_approve)(void *arg, const char *plugin, const char *digest, struct error *err);
	int (*plugin_act)(void *arg, const char *plugin, enum web_plugin_action action,
			  struct error *err);
	/* The owner's decision about a sensor, "NODE:SENSOR": reading_catalogue_patch(). Also
	 * ERROR_NOT_FOUND. */
	int (*describe_sensor)(void *arg, const char *sensor_id, const json_t *patch,
			       struct error *err);
	/* The units of a sensor's fields, {"temperature": "°C"}, also of one that is gone. NULL:
	 * none is known. */
	json_t *(*units)(void *arg, const char *sensor_id);
	/* The colours shown now: {"leds": ["#rrggbb", …], "brightness": n}. */
	int (*leds)(void *arg, json_t **ret_leds, struct error *err);
	/* Who set the LEDs that are lit, and the buzzer: daemon/outputs.h. */
	json_t *(*outputs)(void *arg);
	/* Show one colour (0xrrggbb) on all LEDs for `seconds`, then the plugins' colours again. */
	int (*light)(void *arg, uint32_t color, unsigned seconds, struct error *err);
	/* Why this node is not ready: an array of texts, empty if it is ready. */
	json_t *(*unready)(void *arg);
	/* The queues of the buses: [{"queue": "i2c", "length": n, "refused": n}, …] */
	json_t *(*queues)(void *arg);
	/* How many writes to plugin state were refused because of the write limit. */
	uint64_t (*state_writes_refused)(void *arg);
	/* Of bundles since the node has started: how many came over the network and were installed
	 * or refused, and how many versions failed their probation. False if there is no store. */
	bool (*bundles)(void *arg, uint64_t *ret_installed, uint64_t *ret_refused,
			uint64_t *ret_rolled_back);
	/* How many readings the history has dropped because too many plugins write to it. */
	uint64_t (*readings_dropped)(void *arg);
	/*
	 * Pass a command on to another node. `device` is "buzzer", "fan" or "leds"; `body`
	 * (borrowed) is the body of the HTTP request, or NULL to read the device's state. If this
	 * returns 0, on_sent(sent_arg, …) is called once, on a later turn of the loop.
	 * ERROR_NOT_FOUND if no node has this name, ERROR_TIMEOUT if the node is offline.
	 */
	int (*send_to_node)(void *arg, const char *node, const char *device, const json_t *body,
			    web_sent_cb *on_sent, void *sent_arg, struct error *err);
	/*
	 * Install a bundle of `size` bytes, with the text of its signature (NULL: none); both are
	 * copied. on_sent() as of send_to_node(), with what was installed.
	 */
	int (*install_bundle)(void *arg, const void *bundle, size_t size, const char *signature,
			      web_sent_cb *on_sent, void *sent_arg, struct error *err);
	/* The hub has news about plugins for this node: ask it now. */
	void (*look_for_updates)(void *arg);
	/* How many desired states of the hub this node has refused. False: it has no hub. */
	bool (*updates_refused)(void *arg, uint64_t *ret_refused);
	/* The cluster that this node is a member of, as for GET /api/v1/cluster. */
	json_t *(*cluster)(void *arg);
	/*
	 * Read the cluster's log, as for GET /api/v1/log: at most `limit` messages after sequence
	 * `after`. on_sent() as of send_to_node(). ERROR_CLOSED if it cannot be read now.
	 */
	int (*cluster_log)(void *arg, uint64_t after, unsigned limit, web_sent_cb *on_sent,
			   void *sent_arg, struct error *err);
};

/*
 * Settings of the server. Pointers are borrowed until the close callback, `listen` and `tls` only
 * for the call of web_create(). A number that is 0 selects the default.
 */
struct web_config {
	const char *listen; /* "127.0.0.1:3000", "[::1]:3000", "localhost:3000"; port 0: any free */
	const char *const *host_names; /* further names of this node, NULL at the end; NULL: none */
	/* default 1280; a hub takes those of its nodes besides; further connections wait */
	unsigned connections_max;
	unsigned connections_per_address_max;	/* default 64; further ones are closed */
	unsigned event_clients_max;		/* default 4/5 of connections_max, in total */
	unsigned event_clients_per_address_max; /* and per address; further ones get 503 */
	unsigned idle_seconds; /* default 30; a connection silent for longer is closed */
	/* default 60: longest time from the end of one request to the end of the next */
	unsigned request_seconds;
	/* default 16384: bytes of a request's line and headers and the answer's headers */
	size_t head_max;
	const char *node; /* this node's name; NULL: only "self" names it */
	struct web_actions actions;
	struct reading_table *table;
	const struct reading_intake *intake; /* NULL: its counters are not shown */
	struct log_ring *log;		     /* NULL: no log lines are kept */
	struct hub *hub;	       /* NULL: this node is no hub; close it after the server */
	struct rollout_desk *rollouts; /* of this hub; NULL likewise */
	struct history *history;       /* NULL: no history; close it after the server */
	struct mqtt_publisher *mqtt;   /* NULL: the node uses no MQTT; close it after the server */
	struct influx_writer *influx;  /* NULL: none; close it after the server */
	struct alerts *alerts;	       /* NULL: no alerts are judged; close them after the server */
	struct authenticator *authenticator; /* the accounts; NULL: this node has none */
	bool public_read, push_without_token;
	const struct web_tls *tls; /* NULL: plain http */
	struct clock *clock;
};

/* Counters since the start. Requests too malformed for the library to parse are not counted. */
struct web_counters {
	uint64_t requests;
	uint64_t refused;	 /* answered with 4xx */
	uint64_t errors;	 /* answered with 5xx, or not answered because memory ran out */
	uint64_t log_ins;	 /* succeeded */
	uint64_t log_ins_failed; /* wrong name, password or set-up link */
	uint64_t log_ins_slowed; /* refused unchecked, because too many had failed before */
};

typedef void web_close_cb(void *arg);

/* "http" or "https" */
const char *web_scheme(const struct web *web);

void web_counters(const struct web *web, struct web_counters *ret_counters);

#endif
