/*
 * The inside of struct history, for the files that implement history.h, and of struct
 * history_reader, for those that implement read.h.
 */
#ifndef HARVESTER_STORE_HISTORY_INTERNAL_H
#define HARVESTER_STORE_HISTORY_INTERNAL_H

#include <sqlite3.h>

#include "store/history/history.h"
#include "store/history/read.h"
#include "store/history/worker.h"

struct work_queue;

enum history_job_kind { HISTORY_JOB_COMMIT, HISTORY_JOB_MAINTAIN, HISTORY_JOB_CLOSE };

/*
 * The one job that is running. While it runs only the history's thread may touch it, otherwise
 * only the loop thread.
 */
struct history_job {
	enum history_job_kind kind;
	struct history_write *writes; /* owned */
	struct history_cursor cursors[HISTORY_CURSORS_MAX];
	size_t cursors_count;
	struct history_outcome outcome;
};

struct history {
	struct history_config config;
	uv_loop_t *loop;
	struct work_queue *writer, *readers; /* owned */
	/* Fires at the next commit, or the next attempt after a failure. */
	uv_timer_t timer;
	/* Belong to the running job. */
	struct history_worker worker;
	struct history_job job;
	/* Only the loop thread touches what follows. */
	struct history_write *first, *last; /* owned: the buffer, oldest first */
	/* One of these: the chunk to which history_append() still adds. */
	struct history_write *own;
	uint64_t pending;    /* readings in the buffer or being written */
	size_t pending_size; /* bytes of these */
	size_t own_size;     /* bytes of this node's own among these */
	bool is_working, wants_commit, maintains, was_opened, has_changed_cursors;
	bool is_closing, is_saved; /* is_saved: the last commit has begun */
	struct history_cursor cursors[HISTORY_CURSORS_MAX];
	size_t cursors_count;
	struct history_counters counters;
	unsigned failures_in_a_row;
	uint64_t retry_ms;
	char reason[ERROR_TEXT_SIZE];
	uint64_t unrolled;	/* readings added since the last maintenance */
	uint64_t maintained_ms; /* by the loop's time */
	uint64_t bytes, trimmed;
	struct {
		void (*on_committed)(void *arg);
		void *arg;
	} subscribers[HISTORY_SUBSCRIBERS_MAX];
	size_t subscribers_count;
	unsigned open_parts; /* parts that are still to be closed before the memory is freed */
	void (*on_closed)(void *arg);
	void *closed_arg;
};

/* history.c */
void history_on_timer(uv_timer_t *timer);
void history_open_now(struct history *history); /* blocks; only at the start */
void history_submit(struct history *history, enum history_job_kind kind);
void history_fail_pending(struct history *history);

/* Call on_done() of each write with `status`, and free the writes. */
void history_free_writes(struct history *history, struct history_write *writes, int status);

/* drop.c: drop this node's readings until those in the buffer are within the limit. */
void history_drop(struct history *history);

/* life.c: a job ended while the history is being closed. */
void history_end(struct history *history);

#define HISTORY_READ_NUMBERS 6

struct history_reader {
	sqlite3 *db;
	struct clock *clock; /* borrowed */
	/* Schema version: an older one if no writer of this version has opened the file yet. */
	int64_t version;
	uint64_t deadline_ns;
};

/* A sensor's row and its source's row; sensor 0: the whole source. */
struct history_place {
	int64_t source, sensor;
	/* Sequences of the source up to which readings are rolled up, and deleted. */
	uint64_t rolled, trimmed;
};

int history_reader_fail(int code, struct error *err);

/* Start the time limit of one query. */
void history_reader_start(struct history_reader *reader);

/* Prepare a statement and bind the numbers, then the texts. The caller finalizes it. */
int history_reader_prepare(struct history_reader *reader, const char *text, const int64_t *numbers,
			   int numbers_count, const char *const *texts, int texts_count,
			   sqlite3_stmt **ret_statement, struct error *err);

/*
 * Find the range of sequences of a source that may have readings between two times, from its
 * minute rollups; readings that are not rolled up yet are not included. *ret_first is 0 if there
 * is none. `sensor` "" means any sensor.
 */
int history_reader_range(struct history_reader *reader, int64_t source, const char *sensor,
			 uint64_t from_ms, uint64_t to_ms, uint64_t *ret_first, uint64_t *ret_last,
			 struct error *err);

/* The table of rollups for a resolution; NULL for raw and auto. */
const char *history_reader_table(enum history_resolution resolution);
unsigned history_bucket_ms(enum history_resolution resolution);

#endif
