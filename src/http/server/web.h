/*
 * The HTTP server: it serves the page and the API with libmicrohttpd, which runs inside the event
 * loop.
 *
 * Loop thread; no function blocks. Most answers are made at once from what is in memory; those that
 * need the disk or another node come later (deferred_response.h). Clients are not trusted, so
 * everything that they can use up has a limit: the number of connections (in total and per
 * address), the size of a request's head and body, how long a connection may be silent and how long
 * a request may take.
 */
#ifndef HARVESTER_HTTP_SERVER_WEB_H
#define HARVESTER_HTTP_SERVER_WEB_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct access;
struct clock;
struct error;
struct hub;
struct history;
struct log_ring;
struct reading_intake;
struct reading_table;
struct web;
struct web_tls;

#define WEB_BODY_MAX 65536	     /* bytes of a request's body; a larger one gets 413 */
#define WEB_PAGE_SIZE_MAX (4u << 20) /* bytes of the dashboard plugin's page */

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

/*
 * Another node answered, with code 0 and `body` (NULL: an answer without a body), or it failed,
 * with an error code and *err. Takes ownership of `body`.
 */
typedef void web_sent_cb(void *sent_arg, int code, const struct error *err, json_t *body);

/*
 * How the routes reach the rest of the daemon, which implements these functions. Each must return
 * at once: `buzzer` starts a pattern and does not wait for its end. If a function is NULL, its
 * routes answer 404 (no such device, or nothing is simulated) or 503. Those that return JSON return
 * a new reference, which the caller releases with json_decref(), or NULL if memory runs out.
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
	/* The colours shown now: {"leds": ["#rrggbb", …], "brightness": n}. */
	int (*leds)(void *arg, json_t **ret_leds, struct error *err);
	/* Show one colour (0xrrggbb) on all LEDs for `seconds`, then the plugins' colours again. */
	int (*light)(void *arg, uint32_t color, unsigned seconds, struct error *err);
	/* Why this node is not ready: an array of texts, empty if it is ready. */
	json_t *(*unready)(void *arg);
	/* The queues of the buses: [{"queue": "i2c", "length": n, "refused": n}, …] */
	json_t *(*queues)(void *arg);
	/* How many writes to plugin state were refused because of the write limit. */
	uint64_t (*state_writes_refused)(void *arg);
	/* Readings that the history did not take since too many plugins write to it. */
	uint64_t (*readings_dropped)(void *arg);
	/*
	 * Pass a command on to another node. `device` is "buzzer", "fan" or "leds"; `body`
	 * (borrowed) is the body of the HTTP request, or NULL to read the device's state. If this
	 * returns 0, sent(sent_arg, …) is called once, on a later turn of the loop. ERROR_NOT_FOUND
	 * if no node has this name, ERROR_TIMEOUT if the node is offline.
	 */
	int (*send_to_node)(void *arg, const char *node, const char *device, const json_t *body,
			    web_sent_cb *sent, void *sent_arg, struct error *err);
};

/*
 * Settings of the server. Pointers are borrowed until the close callback, `listen` and `tls` only
 * for the call of web_create(). A number that is 0 selects the default.
 */
struct web_config {
	const char *listen; /* "127.0.0.1:3000", "[::1]:3000", "localhost:3000"; port 0: any free */
	const char *const *host_names; /* further names of this node, NULL at the end; NULL: none */
	unsigned connections_max;      /* default 1280; further connections wait */
	unsigned connections_per_address_max;	/* default 64; further ones are closed */
	unsigned event_clients_max;		/* default 4/5 of the connections, in total */
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
	struct hub *hub;	 /* NULL: this node is no hub; close it after the server */
	struct history *history; /* NULL: no history; close it after the server */
	struct access *access;	 /* the accounts; NULL: this node has none */
	bool public_read, push_without_token;
	const struct web_tls *tls; /* NULL: plain http */
	struct clock *clock;	   /* NULL: the system's clock */
};

/* Counters of Server-Sent Events. */
struct web_events_counters {
	unsigned clients;   /* connected now */
	uint64_t accepted;  /* clients since the start */
	uint64_t refused;   /* clients over a limit */
	uint64_t dropped;   /* clients cut off because they read too slowly */
	uint64_t ended;	    /* clients cut off because they lost the right to read */
	uint64_t events;    /* published */
	uint64_t too_large; /* events that were not published, see WEB_EVENT_SIZE_MAX */
};

/* Counters since the start. Requests too malformed for the library to parse are not counted. */
struct web_counters {
	uint64_t requests;
	uint64_t refused;	 /* answered with 4xx */
	uint64_t errors;	 /* answered with 5xx, or not answered because memory ran out */
	uint64_t log_ins;	 /* succeeded */
	uint64_t log_ins_failed; /* wrong name, password or set-up link */
	uint64_t log_ins_slowed; /* refused unchecked, because too many had failed before */
	struct web_events_counters events;
};

typedef void web_close_cb(void *arg);

/*
 * Create a server that listens at once; end it with web_close(). ERROR_INVALID if config->listen is
 * no address, ERROR_SYSTEM if it cannot be bound ("listen on 127.0.0.1:3000: Address already in
 * use"), ERROR_NO_MEMORY.
 */
int web_create(uv_loop_t *loop, const struct web_config *config, struct web **ret_web,
	       struct error *err);

/*
 * Close every connection and stop listening. On a later turn of the loop the server calls
 * closed(arg) (NULL is allowed) and frees itself.
 */
void web_close(struct web *web, web_close_cb *closed, void *arg);

/*
 * Set the dashboard plugin's page, which is served at / or in a frame there (page.h). `html` is
 * UTF-8 and copied; NULL restores the built-in page. ERROR_TOO_LARGE if it is larger than
 * WEB_PAGE_SIZE_MAX, ERROR_NO_MEMORY; both leave the page unchanged.
 */
int web_set_page(struct web *web, const char *html, size_t size);

/* The address that was bound, such as "127.0.0.1:3000" or "[::1]:3000", and its port. Borrowed. */
const char *web_address(const struct web *web);
unsigned web_port(const struct web *web);

#define WEB_LINK_SIZE 512

/*
 * To be called after the accounts in config.access changed: cuts off the event clients that have
 * lost the right to read.
 */
void web_access_changed(struct web *web);

/* "http" or "https" */
const char *web_scheme(const struct web *web);

/*
 * Make the link to the set-up page, with a new secret; only the node's owner may see it. While a
 * node has no account and listens on more than loopback, it serves only that page, where whoever
 * has the link makes the first operator's account. The link works once and for an hour; a new one
 * replaces it. Returns false if the node has an account or needs none.
 */
bool web_make_setup_link(struct web *web, char *ret_link, size_t size);

void web_counters(const struct web *web, struct web_counters *ret_counters);

#endif
