/*
 * The part of the history that runs on the history's own thread. It owns the writing connection,
 * opens it when it can, and starts a new database if the old one is damaged. Any thread, one call
 * at a time.
 */
#ifndef HARVESTER_STORE_HISTORY_WORKER_H
#define HARVESTER_STORE_HISTORY_WORKER_H

#include "base/error.h"
#include "store/history/db.h"
#include "store/history/history.h"

#define HISTORY_ROLL_ROWS 4096 /* rows of one step of rolling up */
#define HISTORY_TRIM_ROWS 2000
/*
 * How often what is too old is deleted. That looks at every sensor, so it cannot be done as often
 * as deleting by size: with 10,000 sensors it takes a second.
 */
#define HISTORY_AGE_MS (15ull * 60 * 1000)

struct history_worker {
	const char *path;    /* borrowed */
	struct clock *clock; /* borrowed; tells how old a reading is */
	struct history_limits limits;
	struct history_limits aged; /* the limits of the last deletion by age, and … */
	uint64_t aged_ns;	    /* … its time, by the monotonic clock */
	uint64_t age_ms;       /* what the deletion by age under way counts up to; 0: none is */
	uint64_t followed_ns;  /* when age_ms was asked for, by the monotonic clock */
	bool is_ahead;	       /* the clock was ahead of the ages then */
	struct history_db *db; /* owned; NULL: not open */
};

/* The outcome of a job. The worker sets what it finds out and leaves the rest untouched. */
struct history_outcome {
	int ret;
	struct error err;
	struct error note; /* a text for the log; code 0: none */
	bool is_opened;	   /* this job opened the database; cursors[] are those stored in it */
	struct history_cursor cursors[HISTORY_CURSORS_MAX];
	size_t cursors_count;
	uint64_t bytes;
	uint64_t trimmed; /* readings that this job deleted */
	bool more;	  /* there is more maintenance to do */
};

/* Open the database unless it is open. */
void history_worker_open(struct history_worker *worker, struct history_outcome *outcome);
void history_worker_close(struct history_worker *worker);

/* Commit in one transaction, as history_db_commit() does. A damaged database is replaced first. */
void history_worker_commit(struct history_worker *worker, struct history_write *writes,
			   const struct history_cursor *cursors, size_t cursors_count,
			   struct history_outcome *outcome);

/* Do one step of rolling up or, if everything is rolled up, of deleting. */
void history_worker_maintain(struct history_worker *worker, struct history_outcome *outcome);

#endif
