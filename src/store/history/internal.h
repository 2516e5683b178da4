/*
 * The inside of a history, for the files that make it up.
 */
#ifndef HARVESTER_STORE_HISTORY_INTERNAL_H
#define HARVESTER_STORE_HISTORY_INTERNAL_H

#include "store/history/history.h"
#include "store/history/worker.h"

struct work_queue;

enum history_job_kind { HISTORY_JOB_COMMIT, HISTORY_JOB_MAINTAIN, HISTORY_JOB_CLOSE };

/* Of the history's thread while it runs, of the loop else. */
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
	uv_timer_t timer;		     /* to the next commit, or the next try */
	/* Of the job. */
	struct history_worker worker;
	struct history_job job;
	/* Of the loop thread. */
	struct history_write *first, *last; /* owned: what waits, oldest first */
	struct history_write *own;	    /* among them: the chunk that still takes readings */
	uint64_t pending;		    /* readings that wait or are being written */
	size_t pending_size;		    /* bytes of these */
	size_t own_size;		    /* of these, bytes of this node's readings */
	bool is_working, wants_commit, maintains, was_opened, has_changed_cursors;
	bool is_closing, is_saved; /* is_saved: the last commit was begun */
	struct history_cursor cursors[HISTORY_CURSORS_MAX];
	size_t cursors_count;
	struct history_counters counters;
	unsigned failures_in_a_row;
	uint64_t retry_ms;
	char reason[ERROR_TEXT_SIZE];
	uint64_t unrolled;	/* readings since the last maintenance */
	uint64_t maintained_ms; /* of the loop's time */
	uint64_t bytes, trimmed;
	struct {
		void (*committed)(void *arg);
		void *arg;
	} subscribers[HISTORY_SUBSCRIBERS_MAX];
	size_t subscribers_count;
	unsigned open_parts; /* until the memory ends */
	void (*closed)(void *arg);
	void *closed_arg;
};

/* history.c */
void history_on_timer(uv_timer_t *timer);
void history_open_now(struct history *history); /* blocks: at the start only */
void history_submit(struct history *history, enum history_job_kind kind);
void history_fail_pending(struct history *history);

/* Call done, and free them. */
void history_free_writes(struct history *history, struct history_write *writes, int status);

/* drop.c: make room while this node's readings that wait are more than the limit. */
void history_drop(struct history *history);

/* life.c: a job ended while the history is being closed. */
void history_end(struct history *history);

#endif
