/*
 * A hub that is a member speaks for its spokes: it publishes what its history has of them to the
 * cluster's log, under subjects of its own (names.h). Each spoke has a publisher, as the node
 * itself has one, with a cursor of its own. SPOKE_RELAY_BUSY_MAX of them work at once, in turn.
 *
 * A hub can claim any name here, so whoever reads the log refuses a spoke with a member's name, or
 * with that of a spoke of its own (spoke_relay_check()). A broken hub thus lies about its own
 * spokes, but not about members.
 *
 * Loop thread. The caller calls spoke_relay_tick() a few times a second.
 */
#ifndef HARVESTER_CLUSTER_SPOKE_RELAY_H
#define HARVESTER_CLUSTER_SPOKE_RELAY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cluster/publisher.h"

/* Spokes that a hub relays, and that a reader takes from one hub; of HISTORY_CURSORS_MAX cursors */
#define SPOKE_RELAY_SPOKES_MAX 64
#define SPOKE_RELAY_HUBS_MAX 1024 /* that readings are taken from, since the start */
#define SPOKE_RELAY_BUSY_MAX 4
#define SPOKE_RELAY_PERIOD_MS 5000 /* how often the list of spokes is read */

struct spoke_relay_config {
	struct engine *engine; /* all borrowed until closed */
	struct clock *clock;
	struct history *history;
	const char *node; /* this node's name */
	/* The names of this hub's spokes, an array that the relay releases; NULL: it is no hub. */
	json_t *(*spokes)(void *arg);
	/* Whether a member of the cluster has this name. */
	bool (*is_member)(void *arg, const char *name);
	/* Called with a text for the log; not twice in a row with the same. */
	void (*on_problem)(void *arg, const char *text);
	void *arg;
};

struct relay_spoke;

struct spoke_relay {
	struct spoke_relay_config config;
	bool is_ready, must_compare;	      /* `must_compare`: which log the cursors are of */
	char identity[STREAMS_IDENTITY_SIZE]; /* of the log */
	uint64_t first;			      /* the oldest sequence in it */
	uint64_t next_ns;
	struct relay_spoke *spokes[SPOKE_RELAY_SPOKES_MAX]; /* owned */
	size_t count, turn, open;
	json_t *left_out; /* owned: {name: reason}, of this hub's spokes */
	json_t *heard;	  /* owned: {hub: {spoke: true}}, whose readings were taken */
	char problem[ERROR_TEXT_SIZE];
	void (*on_closed)(void *arg);
	void *closed_arg;
};

/* ERROR_TOO_LARGE if the history has too many subscribers. */
int spoke_relay_init(struct spoke_relay *relay, const struct spoke_relay_config *config);

/* As publisher_close(). */
void spoke_relay_close(struct spoke_relay *relay, void (*on_closed)(void *arg), void *arg);

/* As publisher_start() and publisher_stop(). */
void spoke_relay_start(struct spoke_relay *relay, const char identity[STREAMS_IDENTITY_SIZE],
		       uint64_t first);
void spoke_relay_stop(struct spoke_relay *relay);
void spoke_relay_tick(struct spoke_relay *relay);

/* Whether a request, or a read of the history, has not ended. */
bool spoke_relay_is_busy(const struct spoke_relay *relay);

/*
 * A message of a spoke of this hub is in the log: each begins where the one before it ended, else
 * the hub publishes from there again.
 */
void spoke_relay_see_own(struct spoke_relay *relay, const struct message_id *id);
/* The log is read from its start again. */
void spoke_relay_forget_own(struct spoke_relay *relay);

/*
 * Whether to take a reading of `spoke` that another member, `hub`, relays. ERROR_NOT_GRANTED: the
 * name is a member's, or that of a spoke of this node, or has a point. ERROR_TOO_LARGE: the hub has
 * SPOKE_RELAY_SPOKES_MAX others.
 */
int spoke_relay_check(struct spoke_relay *relay, const char *hub, const char *spoke,
		      struct error *err);

/* {"spokes", "left_out", "messages", "readings"}; docs/API.md has it. The caller owns it. */
json_t *spoke_relay_to_json(const struct spoke_relay *relay);

#endif
