/*
 * A spoke's link to its hub. A spoke is a node that sends its readings and log lines to another
 * node, the hub (link/hub/hub.h), and carries out the hub's commands.
 *
 * A hello is a request that tells the hub who this node is. While the link is offline, it sends
 * nothing but hellos. The link is online once the hub has answered a hello:
 *
 *             the hub answers a hello
 *   offline ──────────────────────────▶ online
 *           ◀──────────────────────────
 *       a request of the link fails: no
 *       answer, or an answer with an error
 *
 * While online, the link sends readings and log lines as soon as they are in the history, and a
 * hello every SPOKE_LINK_HELLO_MS. The link also keeps one request open, which the hub answers when
 * it has commands.
 *
 * The history is the link's queue: the link reads from it what it has to send. log_outbox.c puts
 * this node's log lines there, as readings of a sensor "_log". The hub acknowledges a batch when
 * the batch is on the hub's disk. A cursor, a number that the history stores, remembers which
 * readings the hub has acknowledged. If an acknowledgement is lost, the link sends the batch again,
 * and the hub recognizes its readings. A hub that has lost its history has a new identity, and the
 * link sends everything to it again.
 *
 * Call all functions on the loop thread. The callbacks are called there too.
 */
#ifndef HARVESTER_LINK_SPOKE_SPOKE_LINK_H
#define HARVESTER_LINK_SPOKE_SPOKE_LINK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "link/http_client.h"

struct clock;
struct error;
struct history;
struct spoke_link;

#define SPOKE_LINK_HELLO_MS 15000
/*
 * The pause after the first hello. The link measures the round-trip time of the first hello, and
 * tells it to the hub in the second, which therefore comes early.
 */
#define SPOKE_LINK_SECOND_MS 1000
/*
 * The pause after the first failure. Each further failure doubles the pause, up to the maximum. The
 * link waits for a random time between half the pause and the whole pause, so that spokes which
 * lost their hub together do not return together.
 */
#define SPOKE_LINK_BACKOFF_MS 1000
#define SPOKE_LINK_BACKOFF_MS_MAX 60000
/*
 * The longest pause that a hub, or a proxy before it, can ask for (Retry-After); a longer one is
 * cut to this. The link waits for the longer of the pause asked for and its own pause.
 */
#define SPOKE_LINK_RETRY_MS_MAX 3600000
/* The link logs refused readings at most once in this time. */
#define SPOKE_LINK_TOLD_MS 60000
/* A hub answers a request for commands after this time, if there is no command. */
#define SPOKE_LINK_COMMANDS_WAIT_MS 25000

struct spoke_link_config {
	uv_loop_t *loop; /* all pointers are borrowed until the link has closed */
	struct clock *clock;
	struct history *history;
	const char *url;   /* "http://hub.local:3000", without a path */
	const char *token; /* this node's token; NULL: none, and the hub will refuse the node */
	const char *pin;   /* hash of the hub's public key, see http_client.h; NULL: any key */
	const char *node;
	const char *version;
	/*
	 * Returns the devices of this node: {"buzzer": true, "fan": true, "leds": 11}. The link
	 * releases the object. NULL: out of memory.
	 */
	json_t *(*devices)(void *arg);
	/*
	 * Returns the descriptions of this node's sensors, by sensor (reading/catalogue.h). The
	 * link releases the object. NULL if out of memory. The member may be NULL.
	 */
	json_t *(*descriptions)(void *arg);
	/*
	 * Carries out a command of the hub, such as {"device": "buzzer", "body": {…}}. Returns 0,
	 * or an error, which the link sends to the hub. The link releases *ret_result, which may
	 * stay NULL.
	 */
	int (*command)(void *arg, const json_t *command, json_t **ret_result, struct error *err);
	/*
	 * Called with a text for the log when the link goes online, goes offline, or learns that
	 * the hub refused readings. `is_online` is the state of the link now. While the link stays
	 * offline, the next failure is reported only if its reason is another one.
	 */
	void (*on_noted)(void *arg, bool is_online, const char *text);
	/*
	 * Called for each hello that the hub has answered, with its answer; `is_first`: the link
	 * was offline before. The member may be NULL.
	 */
	void (*on_greeted)(void *arg, bool is_first, const json_t *answer);
	/*
	 * Called for each hello. If the hub has answered, `reached` is true, and `round_trip_ms` is
	 * the time to the answer. If not, `round_trip_ms` is that of the last answer; negative if
	 * there was none.
	 */
	void (*on_measured)(void *arg, bool reached, double round_trip_ms);
	void *arg;
};

/*
 * Create a link. The link sends its first hello on a later turn of the loop. The caller owns
 * *ret_link and ends it with spoke_link_close(). ERROR_NO_MEMORY.
 */
int spoke_link_create(const struct spoke_link_config *config, struct spoke_link **ret_link,
		      struct error *err);

/*
 * End the running requests, free the link, then call on_closed(arg) on a later turn of the loop.
 * The requests of spoke_link_send_request() end with ERROR_CLOSED, before on_closed(). Readings
 * that the hub has not acknowledged are sent again by the link that is created next. If `link` is
 * NULL, nothing happens, and on_closed() is not called.
 */
void spoke_link_close(struct spoke_link *link, void (*on_closed)(void *arg), void *arg);

/*
 * Send a request to the hub for another module of the node. `path` is the route on the hub, such as
 * "/api/v1/uplink/updates". `body` is JSON, borrowed until on_done(); NULL: the request has no
 * body. If the request fails, the link nevertheless stays online. *ret_exchange is borrowed until
 * on_done(), for http_exchange_cancel(); ret_exchange may be NULL. After an error on_done() is not
 * called:
 * - ERROR_CLOSED: the link is offline.
 * - All errors of http_client_start().
 */
int spoke_link_send_request(struct spoke_link *link, const char *method, const char *path,
			    const void *body, size_t size, http_done *on_done, void *arg,
			    struct http_exchange **ret_exchange);

/*
 * Describe the link as JSON, which the caller owns; NULL if out of memory:
 * {"state":"online"|"offline","reason":null|text,"hub":url,"round_trip_ms":null|n,"sent":n,
 *  "known":n,"refused":n,"skipped":n,"slowed":n,"failures":n}
 * "failures" counts failed requests, and "slowed" counts how often the hub made this node wait. The
 * other counts are of readings:
 * - "sent": the hub has stored them.
 * - "known": the hub had them already.
 * - "refused": the hub's answer listed them as refused; it stored the other readings of the batch.
 * - "skipped": the link gave them up. Retention deleted them before they were sent, or they were
 * too large for a batch, or the hub refused even a batch with that reading alone.
 */
json_t *spoke_link_to_json(const struct spoke_link *link);

#endif
