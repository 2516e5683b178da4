/*
 * The part of the history that works on a thread of its own: it owns the writing connection, opens
 * it when it can, and starts a new database where the old one is damaged. Any thread, one call at a
 * time.
 */
#ifndef HARVESTER_STORE_HISTORY_WORKER_H
#define HARVESTER_STORE_HISTORY_WORKER_H

#include "base/error.h"
#include "store/history/db.h"
#include "store/history/history.h"

#define HISTORY_ROLL_ROWS 4096 /* of one step, as the next */
#define HISTORY_TRIM_ROWS 2000

struct history_worker {
	const char *path; /* borrowed */
	struct history_limits limits;
	struct history_db *db; /* owned; NULL: not open */
};

/* What a job did; the worker sets what it finds out and leaves the rest. */
struct history_outcome {
	int ret;
	struct error err;
	struct error note; /* code 0: nothing to tell but `ret` */
	bool is_opened;	   /* anew: then these are its cursors */
	struct history_cursor cursors[HISTORY_CURSORS_MAX];
	size_t cursors_count;
	uint64_t bytes;
	uint64_t trimmed; /* readings that this job deleted */
	bool more;	  /* maintenance goes on */
};

/* Open the database if it is not. */
void history_worker_open(struct history_worker *worker, struct history_outcome *outcome);
void history_worker_close(struct history_worker *worker);

/* One transaction; see history_db_commit(). A damaged database is replaced first. */
void history_worker_commit(struct history_worker *worker, struct history_write *writes,
			   const struct history_cursor *cursors, size_t cursors_count,
			   struct history_outcome *outcome);

/* One step of rolling up, or, when nothing is left of that, of deleting. */
void history_worker_maintain(struct history_worker *worker, struct history_outcome *outcome);

#endif
