/*
 * The history: every reading of this node, and on a hub those of its spokes, in DATA/history.db.
 *
 * The loop puts readings into a bounded buffer. The history's own thread writes them, one job at a
 * time, one transaction every commit_seconds or when the buffer fills. A committed reading (one
 * whose transaction is on the disk) survives a kill and a power cut. Queries and the link to the
 * hub get committed readings only; the live page takes its readings from the reading table instead.
 * If the disk fails, the write is tried again with growing pauses. If this node's readings fill the
 * buffer meanwhile, the history drops and counts the oldest readings of the plugin that occupies
 * most of the buffer: a plugin that floods loses its own readings, not those of others.
 *
 * A reading is identified by its node, the node's stream and its sequence. Within a stream,
 * sequences are 1, 2, 3, … in the order in which the history accepted the readings, whatever the
 * clock said. The writer assigns them as it commits, so that a sequence that anybody has seen is
 * never assigned again. A stream is a random number: a new database, or one restored from a backup,
 * gets a new stream. Without it, a hub would take the readings 1, 2, 3, … of a node that lost its
 * database for copies of the old ones.
 *
 * A position is a number that identifies a reading in this database. Within a stream positions grow
 * with the sequence, and those of a node's newer stream are larger than those of its older one. 0
 * is before the first reading.
 *
 * Loop thread. Every callback is called on the loop thread, and never from within the call that it
 * was passed to. Why SQLite: docs/decisions/0027-history-in-sqlite.md
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
/* Bytes of one transaction; a batch that is larger has a transaction of its own. */
#define HISTORY_COMMIT_SIZE_MAX (1u << 20)
#define HISTORY_BATCH_MAX 8192 /* items of one history_append_remote() */
#define HISTORY_READ_MAX 8192  /* items of one history_read_after() */
#define HISTORY_SUBSCRIBERS_MAX 4
#define HISTORY_CURSORS_MAX 64
/* Queries that wait or run; further ones fail with ERROR_BUSY. */
#define HISTORY_QUERIES_MAX 16

struct history_config {
	const char *path;    /* of the database; borrowed until on_closed(), like node */
	const char *node;    /* this node's name, for history_append() */
	struct clock *clock; /* borrowed until on_closed(); other threads use it too */
	double commit_seconds;
	struct history_limits limits;
	/*
	 * Called with a text for the log when the history begins to fail, works again, or had to
	 * start with an empty database.
	 */
	void (*on_noted)(void *arg, bool is_failing, const char *text);
	void *noted_arg;
};

/*
 * Open the database, or create it. The caller owns *ret_history and ends it with history_close().
 * If the disk fails, succeed nevertheless: the history tries again while readings wait, and
 * history_to_json() shows the failure. ERROR_NO_MEMORY, ERROR_TOO_LARGE.
 */
int history_create(uv_loop_t *loop, const struct history_config *config,
		   struct history **ret_history, struct error *err);

/*
 * Write the readings in the buffer, with one attempt: if the disk fails now, they are lost. Then
 * free the memory and call on_closed(arg). NULL is allowed.
 */
void history_close(struct history *history, void (*on_closed)(void *arg), void *arg);

/*
 * Change the limits and the commit interval, beginning with the next commit and the next step of
 * maintenance.
 */
void history_configure(struct history *history, double commit_seconds,
		       const struct history_limits *limits);

/* Adding readings */

/*
 * Add one reading of this node to the buffer. Never blocks. Returns the bytes that the reading
 * occupies in the buffer, names included. Returns 0 if the reading was not added: memory has run
 * out or the history is closing ("dropped" in history_counters()), or reading/check.h refuses it
 * ("refused").
 */
size_t history_append(struct history *history, const struct reading *reading);

struct history_appended {
	size_t added, known, refused; /* of the batch: new; already in the history; refused */
	const char *reason;	      /* why the first one was refused; NULL if none was */
};

/*
 * Called once for each accepted batch. status 0: the added readings are on the disk. ERROR_CLOSED:
 * the history was closed first. `result` is borrowed for the call.
 */
typedef void history_append_done(void *arg, int status, const struct history_appended *result);

/*
 * Add 1..HISTORY_BATCH_MAX readings of another node; everything is copied. Readings that are in the
 * history already, or that retention has deleted since, are counted as known and change nothing.
 * on_done() is called when the batch is on the disk: within commit_seconds, or after
 * history_flush(). If the disk fails, the batch goes on waiting. If a call fails, nothing was added
 * and on_done() is not called. ERROR_BUSY: the buffer has no room; the node should send the batch
 * again later. ERROR_INVALID, ERROR_MALFORMED, ERROR_TOO_LARGE: the batch has too many readings, or
 * a reading that reading/check.h refuses (*err names it), so the same batch would always fail.
 * Remove such readings before the call. ERROR_CLOSED, ERROR_NO_MEMORY.
 */
int history_append_remote(struct history *history, const char *node, uint64_t stream,
			  const struct history_item *items, size_t count,
			  history_append_done *on_done, void *arg, struct error *err);

/* Begin to commit the readings in the buffer, without waiting for commit_seconds. */
void history_flush(struct history *history);

/* Reading in order, for sending */

struct history_batch {
	uint64_t stream;
	uint64_t next; /* the position of the last item: pass it as `after` for the next batch */
	/*
	 * How many readings are missing between `after` and the first item: retention deleted them
	 * before they were read, or they never arrived.
	 */
	uint64_t skipped;
	struct history_item *items; /* owned by the batch; valid during the callback */
	size_t count;		    /* 0: there are no further readings yet */
};

/*
 * Called once for each history_read_after() that returned 0. On success `status` is 0 and `batch`
 * is borrowed for the call. Otherwise `batch` is NULL and `status` is ERROR_CLOSED or the error of
 * the read.
 */
typedef void history_read_done(void *arg, int status, const struct history_batch *batch,
			       const struct error *err);

/*
 * Read committed readings of `node` after position `after`: of one stream, oldest first, at most
 * `limit`. A spoke reads what it sends in this way and needs no other queue. ERROR_BUSY if
 * HISTORY_QUERIES_MAX reads wait or run; on_read() is not called then.
 */
int history_read_after(struct history *history, const char *node, uint64_t after, size_t limit,
		       history_read_done *on_read, void *arg);

/*
 * Call on_committed(arg) after each commit that added readings. `arg` is borrowed. ERROR_TOO_LARGE
 * if there are HISTORY_SUBSCRIBERS_MAX subscribers.
 */
int history_subscribe(struct history *history, void (*on_committed)(void *arg), void *arg);

/* End the subscription of `arg`. No effect if `arg` has not subscribed. */
void history_unsubscribe(struct history *history, const void *arg);

/*
 * Cursors: small named numbers that are committed together with the readings, such as the position
 * up to which a hub has acknowledged. A name has 1..READING_NAME_MAX bytes. history_cursor_get()
 * returns the value that was set last; ERROR_NOT_FOUND if there is none, ERROR_BUSY if the
 * database could not be opened yet. history_cursor_set(): ERROR_TOO_LARGE if there are
 * HISTORY_CURSORS_MAX cursors, ERROR_INVALID for a bad name.
 */
int history_cursor_get(const struct history *history, const char *name, uint64_t *ret_value);
int history_cursor_set(struct history *history, const char *name, uint64_t value);

/* Queries */

/*
 * Called once for each query that was accepted. On success `status` is 0 and `text` is the answer
 * as JSON, borrowed for the call. Otherwise `status` is an error code and `err` says what is wrong.
 */
typedef void history_answered(void *arg, int status, const char *text, size_t size,
			      const struct error *err);

/*
 * Answer a query from the committed readings; query.h describes both answers. If the call
 * returns ERROR_BUSY (too many queries; counted), ERROR_CLOSED or ERROR_NO_MEMORY, on_answered() is
 * not called.
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
 * The state as JSON, new (the caller owns it); NULL without memory:
 * {"state":"ok"|"failing","reason":null|text,"pending":n,"committed":n,"dropped":n,"refused":n,
 *  "known":n,"commits":n,"failures":n,"queries_refused":n,"bytes":n,"trimmed":n}
 */
json_t *history_to_json(const struct history *history);

#endif
