/*
 * A spoke's link to its hub. Loop thread.
 *
 *             hello answered                         a request fails
 *   offline ─────────────────▶ online ───────────────────────────────▶ offline
 *      ▲  └─ backoff, 1 … 60 s ─┘ hello each 15 s; readings when the history has new ones;
 *      └──────────────────────────  one request waits for commands
 *
 * The outbox is the history itself: a cursor in it says how far the hub has acknowledged, and moves
 * when the hub says that a batch is on its disk. So nothing is written twice to the card, a crash
 * or a power cut resends what the hub may have (it knows by node, stream and sequence), and what
 * retention takes before it was sent is counted. One reading that a hub will not have stops no
 * other one: see send.c. A hub that lost its own history is a new hub: it gets all
 * again.
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
#define SPOKE_LINK_SECOND_MS 1000
#define SPOKE_LINK_BACKOFF_MS 1000 /* the first; it doubles, and half of it is random */
#define SPOKE_LINK_BACKOFF_MS_MAX 60000
/* what the hub refused is in the log once in that time */
#define SPOKE_LINK_TOLD_MS 60000
/* the hub answers by then, with or without a command */
#define SPOKE_LINK_COMMANDS_WAIT_MS 25000

struct spoke_link_config {
	uv_loop_t *loop; /* all borrowed until closed */
	struct clock *clock;
	struct history *history;
	const char *url;   /* "http://hub.local:3000", without a path */
	const char *token; /* of this node at the hub; NULL: none is asked for */
	const char *pin;   /* see http_client.h; NULL: none */
	const char *node;
	const char *version;
	/* {"buzzer": true, "fan": true, "leds": 11}. New; NULL without memory. */
	json_t *(*devices)(void *arg);
	/* Do what the hub asks, at once: {"kind": "buzzer", …}. *ret_result (new) may stay NULL. */
	int (*command)(void *arg, const json_t *command, json_t **ret_result, struct error *err);
	/* For the log: the link works, or why not. Not twice the same. */
	void (*noted)(void *arg, bool is_online, const char *text);
	/* A hello was answered, or (reached false) was not: what a person calls network health. */
	void (*measured)(void *arg, bool reached, double round_trip_ms);
	void *arg;
};

/* Nothing is sent yet: that begins on a later turn. ERROR_NO_MEMORY. */
int spoke_link_create(const struct spoke_link_config *config, struct spoke_link **ret_uplink,
		      struct error *err);

/* What is under way ends unacknowledged; closed(arg) on a later turn. NULL is allowed. */
void spoke_link_close(struct spoke_link *link, void (*closed)(void *arg), void *arg);

/*
 * {"state":"online"|"offline","reason":null|text,"hub":url,"round_trip_ms":null|n,"sent":n,
 * "known":n,"refused":n,"skipped":n,"failures":n}. refused: the hub named them, and took the others
 * of their batch; skipped: rolled up before they could be sent, or alone in a batch that the hub
 * refused. New; NULL without memory.
 */
json_t *spoke_link_to_json(const struct spoke_link *link);

#endif
