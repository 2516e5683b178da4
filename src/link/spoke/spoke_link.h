/*
 * A spoke's link to its hub. The link sends the readings and log lines of this node's history to
 * the hub, and carries out the hub's commands. Loop thread.
 *
 *             the hub answers a hello
 *   offline ──────────────────────────▶ online
 *           ◀──────────────────────────
 *             any request fails
 *
 * A hello is a request that tells the hub who this node is (link/hub/hub.h). Offline, the link
 * sends a hello after 1, 2, 4 … 60 s; if the hub's last answer named a longer pause (Retry-After),
 * after that pause. Online, the link sends a hello every 15 s, and readings as soon as the history
 * has new ones. It also keeps one request open, which the hub answers when it has commands.
 *
 * The history itself is the outbox, so a reading is written to this node's disk once, whether the
 * hub is reachable or not. A cursor in the history says up to which reading the hub has
 * acknowledged; it moves when the hub answers that a batch is on the hub's disk. After a crash or a
 * power cut the spoke sends a batch again if its answer was lost, and the hub recognizes each
 * reading by node, stream and sequence. Readings that retention deletes before they were sent are
 * counted. A reading that the hub refuses does not hold up the others (send.c). A hub that lost its
 * history has a new identity and receives everything again.
 */
#ifndef HARVESTER_LINK_SPOKE_SPOKE_LINK_H
#define HARVESTER_LINK_SPOKE_SPOKE_LINK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct clock;
struct error;
struct history;
struct spoke_link;

#define SPOKE_LINK_HELLO_MS 15000
/* The second hello follows after this time: it carries the round-trip time of the first. */
#define SPOKE_LINK_SECOND_MS 1000
/* The pause after the first failure. Each further failure doubles it; half of it is random. */
#define SPOKE_LINK_BACKOFF_MS 1000
#define SPOKE_LINK_BACKOFF_MS_MAX 60000
/* The longest pause that the hub, or a proxy before it, can ask for with Retry-After. */
#define SPOKE_LINK_RETRY_MS_MAX 3600000
/* Refused readings are logged at most once in this time. */
#define SPOKE_LINK_TOLD_MS 60000
/* The hub answers a request for commands within this time, with or without a command. */
#define SPOKE_LINK_COMMANDS_WAIT_MS 25000

struct spoke_link_config {
	uv_loop_t *loop; /* every pointer here is borrowed until the link has closed */
	struct clock *clock;
	struct history *history;
	const char *url;   /* "http://hub.local:3000", without a path */
	const char *token; /* this node's token at the hub; NULL: the hub needs none */
	const char *pin;   /* of the hub's public key, see http_client.h; NULL: none */
	const char *node;
	const char *version;
	/*
	 * The devices of this node: {"buzzer": true, "fan": true, "leds": 11}. The link releases
	 * the returned object. NULL if memory runs out.
	 */
	json_t *(*devices)(void *arg);
	/*
	 * Carry out a command of the hub ({"kind": "buzzer", …}) before returning. The link
	 * releases *ret_result, which may stay NULL.
	 */
	int (*command)(void *arg, const json_t *command, json_t **ret_result, struct error *err);
	/*
	 * Called with a text for the log when the link goes online, or offline with the reason;
	 * not twice in a row with the same text.
	 */
	void (*on_noted)(void *arg, bool is_online, const char *text);
	/* Called when a hello was answered, or failed (reached is false). */
	void (*on_measured)(void *arg, bool reached, double round_trip_ms);
	void *arg;
};

/* Create a link. It sends its first hello on a later turn of the loop. ERROR_NO_MEMORY. */
int spoke_link_create(const struct spoke_link_config *config, struct spoke_link **ret_link,
		      struct error *err);

/*
 * Cancel the running requests, free the link, then call on_closed(arg) on a later turn of the loop.
 * The next link sends again what was not acknowledged. NULL is allowed.
 */
void spoke_link_close(struct spoke_link *link, void (*on_closed)(void *arg), void *arg);

/*
 * Describe the link as JSON, which the caller owns; NULL if memory runs out:
 * {"state":"online"|"offline","reason":null|text,"hub":url,"round_trip_ms":null|n,"sent":n,
 *  "known":n,"refused":n,"skipped":n,"failures":n}
 * The other counts are readings: "sent" were new to the hub; "known" the hub had already, from an
 * attempt whose answer was lost; "refused" were refused by name while the hub accepted the rest of
 * their batch; "skipped" never reached the hub, since retention deleted them first or since the hub
 * refused them even in a batch of their own. "failures" counts requests.
 */
json_t *spoke_link_to_json(const struct spoke_link *link);

#endif
