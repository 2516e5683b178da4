/*
 * The history: every reading of this node, and on a hub those of others, in DATA/history.db.
 *
 * Readings are taken on the loop into a bounded buffer, and written on a thread of its own, one job
 * at a time: one transaction every commit_seconds, or when the buffer fills. What was committed
 * survives a kill and a power cut; nothing else is ever shown or sent. Where the disk fails, the
 * write is tried again with backoff. When this node's readings fill the buffer meanwhile, the
 * oldest of the plugin that has most in it are dropped, counted; so a plugin that floods loses its
 * own.
 *
 * A reading is known by its node, the node's stream and its sequence. A stream is a random number
 * made with each new database (and when one is restored), so that a node that starts again from 1
 * is not taken for one that repeats itself. In a stream, sequences go 1, 2, 3 … in the order in
 * which the readings were taken, whatever the clock said; the writer gives them as it commits, so
 * one that was seen is never given again.
 *
 * A position names a reading in this database: a number that grows with the sequence, and from an
 * older stream of a node to a newer one. 0 is before the first.
 *
 * All functions run on the loop thread; every callback does, and never from within the call that
 * was given it. docs/decisions/0027-history-in-sqlite.md
 */
#ifndef HARVESTER_STORE_HISTORY_HISTORY_H
#define HARVESTER_STORE_HISTORY_HISTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "store/history/item.h"
#include "store/history/question.h"

struct error;
struct history;
struct reading;

#define HISTORY_PENDING_SIZE_MAX (4u << 20) /* bytes of readings that wait to be written */
#define HISTORY_COMMIT_SIZE_MAX                                                                    \
	(1u << 20)	       /* bytes of one transaction, or one batch if that is larger */
#define HISTORY_BATCH_MAX 8192 /* items of one history_append_remote() */
#define HISTORY_READ_MAX 8192  /* items of one history_read_after() */
#define HISTORY_SUBSCRIBERS_MAX 4
#define HISTORY_CURSORS_MAX 64
/* that wait or run; further ones are refused with ERROR_BUSY */
#define HISTORY_QUERIES_MAX 16

struct history_config {
	const char *path; /* borrowed until closed, as node is */
	const char *node; /* whose readings history_append() takes */
	double commit_seconds;
	struct history_limits limits;
	/* For the log: the history fails, works again, or had to start anew. */
	void (*noted)(void *arg, bool is_failing, const char *text);
	void *noted_arg;
};

/*
 * Open the database or start one. A disk that does not let that happen is no error: it is tried
 * again while readings wait (history_to_json() says so). ERROR_NO_MEMORY, ERROR_TOO_LARGE.
 */
int history_create(uv_loop_t *loop, const struct history_config *config,
		   struct history **ret_history, struct error *err);

/* Write what waits (once; a disk that fails now loses it), then closed(arg). NULL is allowed. */
void history_close(struct history *history, void (*closed)(void *arg), void *arg);

/* Other limits and another rhythm, from the next commit and the next step of maintenance on. */
void history_configure(struct history *history, double commit_seconds,
		       const struct history_limits *limits);

/* Taking */

/*
 * Take one reading of this node. Never blocks and never fails: what is dropped is counted. Returns
 * the bytes that it takes while it waits, names included; 0 if it was not taken.
 */
size_t history_append(struct history *history, const struct reading *reading);

struct history_appended {
	size_t added, known, refused; /* of the batch: new, there before, not to be kept */
	const char *reason;	      /* of the first that was refused; NULL */
};

/* status: 0, then what was added is on the disk; ERROR_CLOSED. */
typedef void history_append_done(void *arg, int status, const struct history_appended *result);

/*
 * Take readings of another node, 1..HISTORY_BATCH_MAX of them, all copied here. Those that are
 * there already, and those that retention has deleted since, are known, and change nothing. The
 * batch is acknowledged when it is on the disk: within commit_seconds, or see history_flush().
 * Where the disk fails it goes on waiting. ERROR_BUSY: no room now, nothing was taken (counted);
 * the node is to try again later. ERROR_INVALID, ERROR_MALFORMED, ERROR_TOO_LARGE: this batch will
 * never do; *err says why: what is no acceptable reading (reading/check.h) is to be left out
 * before.
 */
int history_append_remote(struct history *history, const char *node, uint64_t stream,
			  const struct history_item *items, size_t count, history_append_done *done,
			  void *arg, struct error *err);

/* Commit what waits now, rather than when its time has come. */
void history_flush(struct history *history);

/* Sending on */

struct history_batch {
	uint64_t stream;
	uint64_t next; /* the position after the last item: the cursor, once it is sent */
	/* Readings after `after` that retention deleted before they were read, or that never came.
	 */
	uint64_t skipped;
	struct history_item *items; /* the batch owns its memory; good during the callback */
	size_t count;		    /* 0: there is nothing more yet */
};

/* status: 0, ERROR_CLOSED, or what a read can fail with; then batch is NULL. */
typedef void history_read_done(void *arg, int status, const struct history_batch *batch,
			       const struct error *err);

/*
 * Committed readings of `node` after a position, oldest first, of one stream, at most `limit`: the
 * outbox of a spoke is a cursor over its own history. ERROR_BUSY: too many reads at once.
 */
int history_read_after(struct history *history, const char *node, uint64_t after, size_t limit,
		       history_read_done *done, void *arg);

/* Called after each commit that added readings. arg is borrowed. ERROR_TOO_LARGE. */
int history_subscribe(struct history *history, void (*committed)(void *arg), void *arg);

/* No further call. One that is unknown is no error. */
void history_unsubscribe(struct history *history, const void *arg);

/*
 * Small numbers that are committed with the readings, such as how far a hub has them. A name has
 * 1..READING_NAME_MAX bytes. Get gives what was set last, ERROR_NOT_FOUND where nothing was, and
 * ERROR_BUSY while the database could not be opened yet. Set: ERROR_TOO_LARGE, ERROR_INVALID.
 */
int history_cursor_get(const struct history *history, const char *name, uint64_t *ret_value);
int history_cursor_set(struct history *history, const char *name, uint64_t value);

/* Asking */

/* status: 0 and the answer as JSON text, or a code and what is wrong. */
typedef void history_answered(void *arg, int status, const char *text, size_t size,
			      const struct error *err);

/* See question.h for both answers. ERROR_BUSY (counted): no answer follows. */
int history_query(struct history *history, const struct history_query *query,
		  history_answered *answered, void *arg);
int history_query_series(struct history *history, const struct history_series_query *query,
			 history_answered *answered, void *arg);

struct history_counters {
	uint64_t committed, dropped, refused, known; /* readings */
	uint64_t commits, failures, queries_refused, batches_refused;
};

bool history_is_failing(const struct history *history);
struct history_counters history_counters(const struct history *history);

/*
 * {"state":"ok"|"failing","reason":null|text,"pending":n,"committed":n,"dropped":n,"refused":n,
 * "known":n,"commits":n,"failures":n,"queries_refused":n,"bytes":n,"trimmed":n}. New; NULL without
 * memory.
 */
json_t *history_to_json(const struct history *history);

#endif
