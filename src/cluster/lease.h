/*
 * A lease that one node at a time holds, for what must be done once: who leads, and who publishes
 * over MQTT. The lease is a key, and only a write that names the key's newest revision succeeds.
 *
 *             the key is free, or its revision did not
 *             change for LEASE_PATIENCE_MS: a write succeeds
 *   waiting ────────────────────────────────────────────▶ holding
 *           ◀────────────────────────────────────────────
 *             LEASE_LIFE_MS passed since the last
 *             successful write was sent, or given up
 *
 * The holder renews after a third of the life. It counts the life from before it sent the write,
 * and the others count their longer patience from when they first saw the revision, which is later;
 * so they wait longer than it holds, whatever the network does to the messages. Both count on a
 * clock that nobody sets and that goes on while a machine sleeps.
 *
 * Each holder has a term, a number that only grows: the revision with which it took the lease. A
 * side effect carries the term, and whoever receives the effect refuses a lower term than the
 * highest that it has seen. If the key's bucket was lost, revisions begin again at 1; then a new
 * holder's term is one more than the highest that it has seen.
 *
 * Loop thread. The caller calls lease_tick() a few times a second.
 */
#ifndef HARVESTER_CLUSTER_LEASE_H
#define HARVESTER_CLUSTER_LEASE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "reading/limits.h"

struct clock;
struct engine;

#define LEASE_LIFE_MS 4000
#define LEASE_RENEW_MS (LEASE_LIFE_MS / 3)
/* Longer than the life by more than two clocks drift apart in that time. */
#define LEASE_PATIENCE_MS 4400
#define LEASE_READ_MS 500 /* how often the others look */
#define LEASE_INSTANCE_SIZE 17

struct lease_config {
	struct engine *engine; /* all borrowed until the engine was closed */
	struct clock *clock;   /* CLOCK_BOOTTIME */
	const char *key;       /* the lease's subject in CLUSTER_KEYS */
	const char *node;
	/* Distinguishes two runs, or two machines, with one node's name: a random number in hex. */
	const char *instance;
	uint64_t seen; /* the highest term that this node has seen; 0: none */
	/*
	 * The holder or its term has changed; lease_holder() says to what. Called before the new
	 * holder acts.
	 */
	void (*on_changed)(void *arg);
	void *arg;
};

struct lease {
	struct lease_config config;
	bool is_reading, is_writing;
	bool is_released;  /* given up, for ever */
	bool is_unwanted;  /* given up, until it is wanted again */
	bool is_doubtful;  /* a write ended without an answer, or was refused: read before the next
			    */
	uint64_t stale_ns; /* since when every read was older than `revision`; 0: none was */
	uint64_t next_read_ns;
	/* The key as it was last read: its revision (0: there is none) and when that came first. */
	uint64_t revision, revision_ns;
	bool is_known;			    /* it was read at least once */
	char holder[READING_NAME_MAX + 1];  /* "": nobody */
	char instance[LEASE_INSTANCE_SIZE]; /* of the holder */
	uint64_t term;			    /* of the holder */
	uint64_t floor, acquired;	    /* of the holder: see value_of() in lease.c */
	json_t *progress;		    /* owned: see lease_set_progress(); NULL: none */
	/* While this node holds it. */
	uint64_t sent_ns;		       /* of the write that runs, or ran last */
	uint64_t until_ns, renew_ns;	       /* until_ns 0: this node does not hold it */
	uint64_t elections, renewals, refused; /* counters */
};

void lease_init(struct lease *lease, const struct lease_config *config);
void lease_finish(struct lease *lease); /* after the engine was closed */

/* Read the key, take the lease or renew it, as needed; call it only while the streams are ready. */
void lease_tick(struct lease *lease);

/* Only check whether the lease has expired; call it while the engine cannot be asked. */
void lease_expire(struct lease *lease);

/* Whether this node holds the lease at this moment; then *ret_term is what its effects carry. */
bool lease_is_held(const struct lease *lease, uint64_t *ret_term);

/* Until when it does, on the lease's clock, in ns; 0: it does not. A renewal makes it later. */
uint64_t lease_held_until_ns(const struct lease *lease);

/*
 * The holder's key also says how far the holder has come with what is done once, so that the next
 * one goes on there: lease_progress() is what the holder wrote with the last renewal that this node
 * has seen, borrowed; NULL if there was none. `progress` is stolen; it is written with the next
 * renewal, and has no effect on a node that does not hold the lease.
 */
void lease_set_progress(struct lease *lease, json_t *progress);
const json_t *lease_progress(const struct lease *lease);

/* Whether some node holds the lease, as far as this node knows. */
bool lease_is_alive(const struct lease *lease);

/* The holder as this node last saw it, "" if there is none. Borrowed. */
const char *lease_holder(const struct lease *lease, uint64_t *ret_term);

/*
 * Another node has seen this term, or this node has read it from its disk. A term that this node
 * takes from now on is higher.
 */
void lease_see_term(struct lease *lease, uint64_t term);

/*
 * Whether this node takes the lease; from the beginning on it does. If it holds the lease when it
 * no longer wants it, it acts as holder no more from this call on, and gives the lease up with the
 * next ticks, so that another node can take it at once.
 */
void lease_set_wanted(struct lease *lease, bool is_wanted);

/* Give the lease up, so that another node can take it at once. This object does not take it again.
 */
void lease_release(struct lease *lease);

#endif
