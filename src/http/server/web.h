/*
 * The HTTP side: the page, the readings and the few commands, over libmicrohttpd inside the loop.
 *
 * Everything here runs on the loop thread and nothing waits: an answer is made from what is known
 * at that moment. All requests are from outside, so each thing that they can grow has a limit: the
 * number of connections (in all and from one address), the size of a request's head and body, the
 * time a connection may be silent and the time one request may take.
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

#define WEB_BODY_MAX 65536	     /* bytes of a request's body; 413 above */
#define WEB_PAGE_SIZE_MAX (4u << 20) /* bytes of the page at / */

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

/* What another node answered: `body` (taken; NULL: nothing to say), or a code and *err. */
typedef void web_sent_cb(void *sent_arg, int code, const struct error *err, json_t *body);

/*
 * What the routes reach beyond this folder. Each function must return at once: it starts a pattern,
 * it does not wait for its end. One that is NULL is answered with 404 (there is no such device, or
 * nothing is simulated) or 503. Those that return JSON give a new reference, NULL without memory.
 */
struct web_actions {
	void *arg; /* borrowed */
	int (*buzzer)(void *arg, enum web_buzzer_pattern pattern, struct error *err);
	int (*fan_status)(void *arg, bool *ret_on, struct error *err);
	int (*fan_test)(void *arg, struct error *err);
	json_t *(*simulation)(void *arg);
	json_t *(*plugins)(void *arg); /* an array, as is nodes */
	json_t *(*nodes)(void *arg);
	/* The request with this digest: what the owner saw. ERROR_INVALID for one that is another
	 * by now. */
	int (*plugin_approve)(void *arg, const char *plugin, const char *digest, struct error *err);
	int (*plugin_act)(void *arg, const char *plugin, enum web_plugin_action action,
			  struct error *err);
	/* {"leds": ["#rrggbb", …], "brightness": n}, as they shine now. */
	int (*leds)(void *arg, json_t **ret_leds, struct error *err);
	/* All LEDs in one colour (0xrrggbb) for some seconds, then back. */
	int (*light)(void *arg, uint32_t color, unsigned seconds, struct error *err);
	/* Why this node cannot do its work now: an array of texts, empty if it can. */
	json_t *(*unready)(void *arg);
	/* [{"queue": "i2c", "length": n, "refused": n}, …] */
	json_t *(*queues)(void *arg);
	/* Changes of plugins' kept values that were refused, being too many. */
	uint64_t (*state_writes_refused)(void *arg);
	/*
	 * Ask another node: `device` is "buzzer", "fan" or "leds", `body` (borrowed) as the request
	 * had it, NULL to read. 0: sent(sent_arg, …) follows once, later. ERROR_NOT_FOUND: there is
	 * no such node; ERROR_TIMEOUT: it is out of reach.
	 */
	int (*send_to_node)(void *arg, const char *node, const char *device, const json_t *body,
			    web_sent_cb *sent, void *sent_arg, struct error *err);
};

/* Pointers are borrowed until the close callback, `listen` only for the call. 0: the default. */
struct web_config {
	const char *listen; /* "127.0.0.1:3000", "[::1]:3000", "localhost:3000"; port 0: any free */
	const char *const *host_names; /* further names of this node, NULL at the end; or NULL */
	unsigned connections_max;      /* default 1280; later ones wait */
	unsigned connections_per_address_max;	/* default 64; later ones are closed */
	unsigned event_clients_max;		/* default 4 of 5 connections, in all and */
	unsigned event_clients_per_address_max; /* of one address; later ones get 503 */
	unsigned idle_seconds;			/* default 30: longest silence of a connection */
	unsigned
		request_seconds; /* default 60: longest time from one request's end to the next's */
	size_t head_max;  /* default 16384: bytes of a request's line and headers, with the answer's
			   */
	const char *node; /* this node's name; NULL: "self" alone is it */
	struct web_actions actions;
	struct reading_table *table;
	const struct reading_intake *intake; /* NULL: nothing of it is shown */
	struct log_ring *log;		     /* NULL: no lines are kept */
	struct hub *hub;		     /* NULL: this node is no hub; closed after the web */
	struct history *history;	     /* NULL: none is kept; closed after the web */
	struct access *access; /* who may do what (rules.h); NULL: there are no accounts */
	bool public_read, push_without_token;
	const struct web_tls *tls; /* NULL: no https; borrowed only for the call */
	struct clock *clock;	   /* NULL: the machine's */
};

/* Of Server-Sent Events. */
struct web_events_counters {
	unsigned clients;  /* now */
	uint64_t accepted; /* clients in all, */
	uint64_t refused;  /* and those over a limit */
	uint64_t dropped;  /* that were too slow */
	uint64_t ended;	   /* that may not read any more */
	uint64_t events;   /* made */
	uint64_t too_large;
};

/* Requests that were answered; those too malformed to be read are not among them. */
struct web_counters {
	uint64_t requests;
	uint64_t refused; /* answered with 4xx */
	uint64_t errors;  /* answered with 5xx, or not at all for want of memory */
	uint64_t log_ins; /* that succeeded, */
	uint64_t log_ins_failed;
	uint64_t log_ins_slowed; /* not looked at: too many had failed before */
	struct web_events_counters events;
};

typedef void web_close_cb(void *arg);

/*
 * Listen and serve. ERROR_INVALID: `listen` is no address; ERROR_SYSTEM: it cannot be bound
 * ("listen on 127.0.0.1:3000: Address already in use").
 */
int web_create(uv_loop_t *loop, const struct web_config *config, struct web **ret_web,
	       struct error *err);

/* Close every connection; the memory ends, and closed(arg) is called, on a later turn of the loop.
 */
void web_close(struct web *web, web_close_cb *closed, void *arg);

/*
 * The page at /, as the dashboard plugin made it (UTF-8; copied); NULL brings the built-in one
 * back. ERROR_TOO_LARGE or ERROR_NO_MEMORY leave the page as it was.
 */
int web_set_page(struct web *web, const char *html, size_t size);

/* What was bound: "127.0.0.1:3000" or "[::1]:3000", and its port. */
const char *web_address(const struct web *web);
unsigned web_port(const struct web *web);

#define WEB_LINK_SIZE 512

/* What config.access says is different: who may not read any more is cut off. */
void web_access_changed(struct web *web);

/* "http" or "https" */
const char *web_scheme(const struct web *web);

/*
 * Where there is no account and the address is not loopback, nothing is served but a page that
 * makes the first operator's account, to whoever has this link; good for an hour and once. False:
 * an account is there, or none is needed. For the eyes of the node's owner alone.
 */
bool web_make_setup_link(struct web *web, char *ret_link, size_t size);

void web_counters(const struct web *web, struct web_counters *ret_counters);

#endif
