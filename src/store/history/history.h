/*
 * The history: the stored readings of this node, in DATA/history.db, an SQLite database. The node
 * adds each new reading; the HTTP server answers queries from the history, and the links to other
 * nodes read from it what they have to send. On a hub the history also holds the readings of its
 * spokes. On a spoke it also holds the log lines for the hub.
 *
 * A new reading goes into a buffer in memory. Every commit_seconds, or earlier if the
 * buffer fills, the history's own thread commits the buffer: the thread writes the readings to the
 * disk in one transaction. A committed reading survives a kill and a power cut. Queries and
 * history_read_after() see committed readings only.
 *
 * If the disk fails, the thread tries again with growing pauses. If the buffer fills meanwhile, the
 * history drops and counts the oldest readings of the plugin that occupies most of the buffer. A
 * plugin that floods the buffer thus loses its own readings.
 *
 * Each reading has two numbers:
 * - The sequence is the reading's number among the readings of its node: 1, 2, 3, … in the order in
 *   which they came.
 * - The position orders all readings of this database, those of other nodes too. A newer reading of
 *   a node has a larger position. Position 0 is before the first reading. A position has no meaning
 *   outside this database.
 *
 * Two readings of one node can have the same sequence: if the node gets a new database, or restores
 * one from a backup, its new readings begin with 1 again, and its hub still has the old ones. So
 * each reading also has a stream, a random number. A new or restored database draws a stream for
 * its new readings; the readings that were restored keep the stream that they had. Node, stream and
 * sequence together identify a reading.
 *
 * Retention is the deletion of readings that are older, or take more room, than the configuration
 * allows.
 *
 * Call all functions on the loop thread. Callbacks run there too, on a later turn of the loop. Why
 * SQLite: docs/decisions/0027-history-in-sqlite.md
 */
#ifndef HARVESTER_STORE_HISTORY_HISTORY_H
#define HARVESTER_STORE_HISTORY_HISTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "store/history/item.h"
#include "store/history/query.h"

struct clock;
struct error;
struct history;
struct reading;

#define HISTORY_PENDING_SIZE_MAX (4u << 20) /* bytes of readings in the buffer */
/* Bytes of readings in one transaction. A batch of history_append_remote() is never divided, so one
 * that is larger is written whole, in a transaction of its own. */
#define HISTORY_COMMIT_SIZE_MAX (1u << 20)
#define HISTORY_BATCH_MAX 8192 /* items of one history_append_remote() */
#define HISTORY_READ_MAX 8192  /* items of one history_read_after() */
#define HISTORY_SUBSCRIBERS_MAX 6
#define HISTORY_CURSORS_MAX 256
/*
 * Calls of history_read_after(), history_query() and history_query_series() that wait or run,
 * together.
 */
#define HISTORY_QUERIES_MAX 16

struct history_config {
	const char *path;    /* path of the database; borrowed until on_closed(), like node */
	const char *node;    /* this node's name, for history_append() */
	struct clock *clock; /* borrowed until on_closed(); used by other threads too */
	double commit_seconds;
	struct history_limits limits;
	/*
	 * Called with a text for the log: with is_failing true when writing fails, and when the
	 * history had to start with an empty database; with is_failing false when writing works
	 * again.
	 */
	void (*on_noted)(void *arg, bool is_failing, const char *text);
	void *noted_arg;
};

/*
 * Open the database, or create it. The caller owns *ret_history and ends it with history_close().
 * If the disk fails, the call succeeds: the history tries again later, and history_to_json() shows
 * the failure. ERROR_NO_MEMORY.
 */
int history_create(uv_loop_t *loop, const struct history_config *config,
		   struct history **ret_history, struct error *err);

/*
 * Write the buffer to the disk, free the memory, then call on_closed(arg). The readings in the
 * buffer are lost if the disk fails. If `history` is NULL, nothing happens, and on_closed() is not
 * called.
 */
void history_close(struct history *history, void (*on_closed)(void *arg), void *arg);

/* Change the limits and the commit interval. The next commit and the next retention use them. */
void history_configure(struct history *history, double commit_seconds,
		       const struct history_limits *limits);

/* Adding readings */

/*
 * Add one reading of this node to the buffer. Never blocks. Returns the bytes that the reading
 * occupies in the buffer, so that the caller can limit how much a plugin stores. Returns 0 for a
 * reading that is not added; history_counters() counts it
 * as "refused" if reading/check.h refuses it, and as "dropped" if the history is closing or memory
 * has run out.
 */
size_t history_append(struct history *history, const struct reading *reading);

struct history_appended {
	size_t added, known, refused; /* of a batch: new, already in the history, not stored */
	const char *reason;	      /* why readings were refused; NULL: none was */
};

/*
 * Called once for each batch that history_append_remote() accepted. `status` 0: the added readings
 * are on the disk. ERROR_CLOSED: the history was closed first, and `result` is NULL. `result` is
 * borrowed. Its `refused` counts readings that the commit left out, because their node has too many
 * sensors or the history has too many nodes.
 */
typedef void history_append_done(void *arg, int status, const struct history_appended *result);

/*
 * Add a batch: 1..HISTORY_BATCH_MAX readings of another node. The readings are copied. Readings
 * that the history has, or has deleted, are counted as known and change nothing. on_done() is
 * called after the commit, which history_flush() hastens. After an error, nothing was added and
 * on_done() is not called.
 * - ERROR_BUSY: the buffer is full. The node has to send the batch again later.
 * - ERROR_TOO_LARGE: the batch has no reading, or too many.
 * - ERROR_INVALID: the name of the node is empty or too long.
 * - The error of reading_check(): reading/check.h refuses a reading, which *err names.
 * - ERROR_CLOSED, ERROR_NO_MEMORY.
 */
int history_append_remote(struct history *history, const char *node, uint64_t stream,
			  const struct history_item *items, size_t count,
			  history_append_done *on_done, void *arg, struct error *err);

/* Commit the buffer now instead of after commit_seconds. Returns before the commit has ended. */
void history_flush(struct history *history);

/* Reading in order, for sending */

struct history_batch {
	uint64_t stream;
	/* Position of the last item, or `after` if there are no items: the `after` of the next
	 * call.
	 */
	uint64_t next;
	/*
	 * How many readings this batch passes over: they came after the position `after` and before
	 * the last item, but retention has deleted them. Deleted readings at the end of an older
	 * stream count too.
	 */
	uint64_t skipped;
	struct history_item *items; /* owned by the batch */
	size_t count;		    /* 0: there are no more readings */
};

/*
 * Called once for each history_read_after() that returned 0. If `status` is 0, `batch` is borrowed
 * for the call. If the read failed, `status` is its error, or ERROR_CLOSED, and `batch` is NULL.
 */
typedef void history_read_done(void *arg, int status, const struct history_batch *batch,
			       const struct error *err);

/*
 * Read at most `limit` committed readings of `node` after position `after`, the oldest first. All
 * are of one stream: where the node's stream changes, the batch ends, and the next call returns
 * readings of the newer stream. A spoke's link reads in this way what it has to send. After an
 * error, on_read() is not called.
 * - ERROR_BUSY: HISTORY_QUERIES_MAX calls wait or run.
 * - ERROR_CLOSED, ERROR_NO_MEMORY.
 */
int history_read_after(struct history *history, const char *node, uint64_t after, size_t limit,
		       history_read_done *on_read, void *arg);

/*
 * Call on_committed(arg) after each commit that added readings. ERROR_TOO_LARGE: there are
 * HISTORY_SUBSCRIBERS_MAX subscribers.
 */
int history_subscribe(struct history *history, void (*on_committed)(void *arg), void *arg);

/* End the subscription with this `arg`, if there is one. */
void history_unsubscribe(struct history *history, const void *arg);

/*
 * Cursors: named numbers that the history stores with the readings. For
 * example, a node's link to its hub stores the position up to which the hub has acknowledged that
 * it has the readings. A name has 1..READING_NAME_MAX bytes. history_cursor_get() returns the value
 * that was set last, even before its commit.
 * - ERROR_NOT_FOUND: history_cursor_get() of a name that was never set.
 * - ERROR_INVALID: history_cursor_set() with a bad name, or a value above INT64_MAX.
 * - ERROR_TOO_LARGE: there are HISTORY_CURSORS_MAX cursors.
 * - ERROR_BUSY: the database could not be opened yet.
 */
int history_cursor_get(const struct history *history, const char *name, uint64_t *ret_value);
int history_cursor_set(struct history *history, const char *name, uint64_t value);

/* Queries */

struct history_answer {
	const char *text; /* JSON, see query.h */
	size_t size;
	/*
	 * An object whose keys are the sensors, "NODE:SENSOR", of the readings in `text`, so that
	 * the caller can add their descriptions; its values are not used. NULL after
	 * history_query_series().
	 */
	const json_t *sensors;
};

/*
 * Called once for each query that was accepted. If `status` is 0, `answer` is borrowed for the
 * call. Otherwise `status` is an error, `answer` is NULL, and `err` says what is wrong.
 */
typedef void history_answered(void *arg, int status, const struct history_answer *answer,
			      const struct error *err);

/*
 * Answer a query from the committed readings; query.h describes queries and answers. `query` is
 * copied. After an error, on_answered() is not called.
 * - ERROR_BUSY: HISTORY_QUERIES_MAX calls wait or run.
 * - ERROR_CLOSED, ERROR_NO_MEMORY.
 */
int history_query(struct history *history, const struct history_query *query,
		  history_answered *on_answered, void *arg);
int history_query_series(struct history *history, const struct history_series_query *query,
			 history_answered *on_answered, void *arg);

struct history_counters {
	uint64_t committed, dropped, refused, known; /* readings */
	uint64_t commits, failures, queries_refused, batches_refused;
};

bool history_is_failing(const struct history *history);
struct history_counters history_counters(const struct history *history);

/*
 * Describe the history as JSON, which the caller owns; NULL if out of memory. "pending" counts the
 * readings in the buffer, "trimmed" those that retention has deleted:
 * {"state":"ok"|"failing","reason":null|text,"pending":n,"committed":n,"dropped":n,"refused":n,
 *  "known":n,"commits":n,"failures":n,"queries_refused":n,"batches_refused":n,"bytes":n,"trimmed":n}
 */
json_t *history_to_json(const struct history *history);

#endif
