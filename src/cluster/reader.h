/*
 * Reads the cluster's log into this node's history, so that any member answers queries for all
 * nodes from its own disk. The history recognizes each reading by node, stream and sequence, so a
 * message may come any number of times. A cursor in the history says up to where the log was read;
 * it is committed with the readings.
 *
 * Sequences of the log have no gaps. If an answer has one, a server has lost messages that others
 * may have, so the reader asks again; any server answers. It passes a gap only if the log's leader
 * does not have the message either. A log that is older than the cursor, or has another message at
 * the cursor, came back from an older disk; then the reader begins again from the start.
 *
 * This node's own messages are not stored but checked: each begins where the one before it ended.
 * If not, the log has lost some, and on_gap() says from where.
 *
 * Loop thread. The caller calls reader_tick() a few times a second.
 */
#ifndef HARVESTER_CLUSTER_READER_H
#define HARVESTER_CLUSTER_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "cluster/message_id.h"
#include "cluster/streams.h"

struct clock;
struct engine;
struct history;
struct spoke_relay;
struct spoke_link_batch;

#define READER_MESSAGES 8     /* of one request: decoding them must not delay the loop */
#define READER_PERIOD_MS 2000 /* how often it asks at the end of the log */
#define READER_RETRY_MS 250   /* after a gap */
#define READER_GAP_TRIES 20   /* answers with a gap, before the log's leader is asked */
#define READER_PAUSE_MS 1000  /* after a failure, or while the history has no room */

struct reader_config {
	struct engine *engine; /* all borrowed until closed */
	struct clock *clock;
	struct history *history;
	const char *node; /* this node's name */
	/* A batch of another node, whose valid readings are being stored. Borrowed for the call. */
	void (*on_batch)(void *arg, const struct spoke_link_batch *batch);
	/* A message of this node is in the log, at this sequence of the log. */
	void (*on_own)(void *arg, const struct message_id *id, uint64_t sequence);
	/* The log has none of this node's readings from `sequence` of `stream` on. */
	void (*on_gap)(void *arg, uint64_t stream, uint64_t sequence);
	/* A message was refused for this reason; it is counted and has no other effect. */
	void (*on_refused)(void *arg, const char *text);
	void *arg;
	struct spoke_relay *relay; /* borrowed: it knows what hubs may relay */
};

struct reader_counters {
	uint64_t messages;     /* taken, refused ones included */
	uint64_t added, known; /* readings of other nodes: new; in the history before */
	uint64_t refused;      /* messages, and readings that reading/check.h refuses */
	uint64_t lost;	       /* messages that no server has any more */
	uint64_t gaps;	       /* answers with a gap */
	uint64_t restarts;     /* how often it began from the log's start */
	uint64_t failures;     /* requests */
};

enum reader_state { READER_WAITING, READER_VERIFYING, READER_READING };

struct reader {
	struct reader_config config;
	enum reader_state state;
	bool is_busy, is_closing, must_stop;
	bool is_asking;		/* the answer has not ended */
	unsigned run, busy_run; /* as of a publisher */
	uint64_t next_ns;
	char cursor[40], mark[40]; /* names in the history */
	uint64_t position;	   /* sequence of the last message that was taken */
	uint64_t position_mark;	   /* a hash of its name */
	uint64_t committed;	   /* up to here the readings are on the disk */
	uint64_t log_first, log_last;
	uint64_t gap_end; /* sequence after the gap in this answer; 0: none */
	unsigned gap_tries;
	size_t taken;	       /* messages of this answer */
	uint64_t pending;      /* messages that follow it */
	size_t appending;      /* batches that the history has not written yet */
	struct message_id own; /* the last message of this node; last 0: none yet */
	struct reader_counters counters;
	void (*on_closed)(void *arg);
	void *closed_arg;
};

void reader_init(struct reader *reader, const struct reader_config *config);

/* As publisher_close(). */
void reader_close(struct reader *reader, void (*on_closed)(void *arg), void *arg);

/* The streams are ready. `streams` has the log's identity and its first and last sequence. */
void reader_start(struct reader *reader, const struct streams *streams);

/* The streams were checked again. */
void reader_update(struct reader *reader, const struct streams *streams);

void reader_stop(struct reader *reader);

void reader_tick(struct reader *reader);

/* How many messages the log had beyond this node's cursor when it was last checked. */
uint64_t reader_lag(const struct reader *reader);

#endif
