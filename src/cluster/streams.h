/*
 * The streams of a cluster: makes those that do not exist, and watches them. It asks the engine
 * when it is told to (streams_tick()), and again every STREAMS_PERIOD_MS, since a stream can be
 * deleted, or come back older than it was.
 *
 *            all exist, of this cluster
 *   unknown ────────────────────────────▶ ready
 *           ◀────────────────────────────
 *            a stream is gone, or the connection
 *
 * A stream that was deleted and made again has a new identity. Positions in the log of one identity
 * mean nothing in another.
 *
 * Loop thread. The caller calls streams_tick() a few times a second.
 */
#ifndef HARVESTER_CLUSTER_STREAMS_H
#define HARVESTER_CLUSTER_STREAMS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct clock;
struct engine;

#define STREAMS_PERIOD_MS 5000
/* After a check that failed, the next one follows after 1 s, 2, 4, 8, and then each time this. */
#define STREAMS_PAUSE_S 10
#define STREAMS_NOTE_NS UINT64_C(60000000000) /* between two reasons that are told */
#define STREAMS_IDENTITY_SIZE 17
/* The engine has to have this level of JetStream's API: nats-server 2.11. */
#define STREAMS_API_LEVEL 1

struct streams_config {
	struct engine *engine; /* all borrowed until streams_finish() */
	struct clock *clock;
	const char *cluster; /* the cluster's name, which its streams carry */
	unsigned replicas;   /* on how many servers each stream is stored: 1, 3 or 5 */
	/*
	 * When the number of voters was changed by a command on this board, in ms since 1970; 0:
	 * never. A stream is given `replicas` if it was told a number before then, or none.
	 */
	uint64_t voters_ms;
	unsigned keep_days; /* of the log */
	unsigned max_mb;    /* of the log, on each server */
	/*
	 * The streams have become ready, or the log has another identity, or another leader: what
	 * was known of its content has to be compared with it.
	 */
	void (*on_ready)(void *arg);
	/*
	 * The streams are not ready, for this reason. Called when they cease to be, and then for
	 * another reason at most every STREAMS_NOTE_NS.
	 */
	void (*on_problem)(void *arg, const char *text);
	void *arg;
};

struct streams {
	struct streams_config config;
	bool is_connected, is_ready, is_asking;
	unsigned step;	   /* which request of a check runs: see streams.c */
	unsigned failures; /* in a row, as far as they make the pause longer */
	uint64_t next_ns, noted_ns;
	char identity[STREAMS_IDENTITY_SIZE]; /* of the log; "": not known */
	char leader[64];		      /* the server that leads the log; "": none */
	uint64_t first, last;		      /* sequences in the log at the last check */
	uint64_t checks, made, changed;	      /* counters; the last two of streams */
	json_t *log;			      /* owned: the last description of the log; or NULL */
	char problem[ERROR_TEXT_SIZE];	      /* "": none */
};

void streams_init(struct streams *streams, const struct streams_config *config);
/* Call it when no answer can come any more: after the engine was closed. */
void streams_finish(struct streams *streams);

/* The engine has a connection, or lost it. */
void streams_set_connected(struct streams *streams, bool is_connected);
void streams_tick(struct streams *streams);

/*
 * Whether the log has messages that the node of this name wrote itself, at the last check: so it is
 * a member. Always false for a name with points.
 */
bool streams_has_member(const struct streams *streams, const char *node);

/*
 * The servers that store the log: {"leader": text|null, "servers": [{"name", "leader", "current",
 * "lag"}]}. "lag" counts messages. The caller owns it; NULL if memory runs out.
 */
json_t *streams_servers(const struct streams *streams);

#endif
