#include "store/history/worker.h"

#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "base/damaged_file.h"

#define DAY_MS UINT64_C(86400000)

/* Move the damaged database aside and open a new one, so that new readings can be stored. */
static int replace(struct history_worker *worker, struct history_outcome *outcome)
{
	struct error why = outcome->err;
	char aside[PATH_MAX];
	int ret = damaged_file_move_aside(worker->path, aside, sizeof(aside), &outcome->err);

	if (ret)
		return ret;
	ret = history_db_open(worker->path, &worker->db, &outcome->err);
	error_set(&outcome->note, ERROR_MALFORMED,
		  "THE HISTORY IS DAMAGED (%s): moved to %s, starting an empty one; a backup has "
		  "the older readings",
		  why.text, aside);
	return ret;
}

static void load_cursors(struct history_worker *worker, struct history_outcome *outcome)
{
	outcome->is_opened = true;
	outcome->ret = history_db_load_cursors(worker->db, outcome->cursors,
					       &outcome->cursors_count, &outcome->err);
}

void history_worker_close(struct history_worker *worker)
{
	history_db_close(worker->db);
	worker->db = NULL;
}

void history_worker_open(struct history_worker *worker, struct history_outcome *outcome)
{
	outcome->ret = 0;
	if (worker->db)
		return;
	worker->followed_ns = clock_monotonic_ns(worker->clock);
	outcome->ret = history_db_open(worker->path, &worker->db, &outcome->err);
	if (!outcome->ret)
		load_cursors(worker, outcome);
	if (outcome->ret != ERROR_MALFORMED)
		return;
	history_worker_close(worker);
	outcome->ret = replace(worker, outcome);
	if (!outcome->ret)
		load_cursors(worker, outcome);
}

/* Replace the database if the last operation found it damaged. */
static bool is_replaced(struct history_worker *worker, struct history_outcome *outcome)
{
	if (outcome->ret != ERROR_MALFORMED || !worker->db)
		return false;
	history_worker_close(worker);
	outcome->ret = replace(worker, outcome);
	if (!outcome->ret)
		load_cursors(worker, outcome);
	return !outcome->ret;
}

static void commit(struct history_worker *worker, struct history_write *writes,
		   const struct history_cursor *cursors, size_t cursors_count,
		   struct history_outcome *outcome)
{
	outcome->ret = history_db_commit(worker->db, writes, cursors, cursors_count, &outcome->err);
	if (!outcome->ret)
		history_db_size(worker->db, &outcome->bytes, NULL);
}

void history_worker_commit(struct history_worker *worker, struct history_write *writes,
			   const struct history_cursor *cursors, size_t cursors_count,
			   struct history_outcome *outcome)
{
	history_worker_open(worker, outcome);
	if (outcome->ret)
		return;
	commit(worker, writes, cursors, cursors_count, outcome);
	/* The cursors were positions in the old database, so do not store them in the new one. */
	if (is_replaced(worker, outcome))
		commit(worker, writes, NULL, 0, outcome);
}

static bool is_age_due(const struct history_worker *worker, uint64_t now_ns)
{
	return now_ns - worker->aged_ns >= HISTORY_AGE_MS * 1000000 ||
	       memcmp(&worker->aged, &worker->limits, sizeof(worker->aged)) != 0;
}

/* Say once that the clock has leapt. */
static void note_leap(struct history_worker *worker, uint64_t now_ms,
		      struct history_outcome *outcome)
{
	uint64_t days = (now_ms - worker->age_ms) / DAY_MS;

	if (days && !worker->is_ahead)
		error_set(
			&outcome->note, ERROR_INVALID,
			"the clock is %llu days ahead of the last deletion of old readings: if it "
			"is wrong, set it; if not, because this node was off, nothing needs doing. "
			"What is too old is deleted slowly, a day's readings an hour",
			(unsigned long long)days);
	worker->is_ahead = days;
}

/* Find out what ages count up to, once for all steps of a deletion. */
static void begin_age(struct history_worker *worker, uint64_t now_ns, uint64_t now_ms,
		      struct history_outcome *outcome)
{
	if (worker->age_ms || !is_age_due(worker, now_ns))
		return;
	outcome->ret = history_db_age(worker->db, now_ms, (now_ns - worker->followed_ns) / 1000000,
				      &worker->age_ms, &outcome->err);
	if (outcome->ret)
		return;
	worker->followed_ns = now_ns;
	note_leap(worker, now_ms, outcome);
}

static void trim(struct history_worker *worker, struct history_outcome *outcome)
{
	uint64_t now_ns = clock_monotonic_ns(worker->clock);
	uint64_t now_ms = clock_unix_ms(worker->clock);

	begin_age(worker, now_ns, now_ms, outcome);
	if (!outcome->ret)
		outcome->ret = history_db_trim(worker->db, &worker->limits, worker->age_ms, now_ms,
					       HISTORY_TRIM_ROWS, &outcome->trimmed, &outcome->more,
					       &outcome->err);
	if (outcome->ret || outcome->more || !worker->age_ms)
		return;
	worker->age_ms = 0;
	worker->aged = worker->limits;
	worker->aged_ns = now_ns;
}

void history_worker_maintain(struct history_worker *worker, struct history_outcome *outcome)
{
	history_worker_open(worker, outcome);
	if (outcome->ret)
		return;
	outcome->ret =
		history_db_roll(worker->db, HISTORY_ROLL_ROWS, &outcome->more, &outcome->err);
	if (!outcome->ret && !outcome->more)
		trim(worker, outcome);
	if (!outcome->ret)
		history_db_size(worker->db, &outcome->bytes, NULL);
	is_replaced(worker, outcome);
}
