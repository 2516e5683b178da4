/*
 * Writes what alerts keep (store/alerts/store.h) on a thread of its own, so that the loop never
 * waits for the disk. Changes that come while a transaction is written wait for the next one; of
 * several changes of one record only the newest is written. If the disk fails, the changes are
 * tried again. Loop thread.
 */
#ifndef HARVESTER_ALERT_JOURNAL_H
#define HARVESTER_ALERT_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "store/alerts/store.h"

struct alert_journal;
struct error;

struct alert_journal_events {
	/* A transaction is on the disk. */
	void (*on_written)(void *arg);
	/* The disk begins to fail, or (err->code 0) works again. */
	void (*on_failing)(void *arg, const struct error *err);
	void *arg;
};

/*
 * Takes ownership of the store, also on failure. `store` NULL: nothing is kept, and everything
 * counts as written. ERROR_NO_MEMORY.
 */
int alert_journal_create(uv_loop_t *loop, struct alert_store *store,
			 const struct alert_journal_events *events,
			 struct alert_journal **ret_journal);

/* Write what waits, then free the journal and call on_closed(arg). NULL is allowed: on_closed() is
 * not called then. */
void alert_journal_close(struct alert_journal *journal, void (*on_closed)(void *arg), void *arg);

/*
 * Keep a record, or delete it with `value` NULL. Takes ownership of `value`. Returns a number for
 * alert_journal_has(). The change is written after alert_journal_flush().
 */
uint64_t alert_journal_put(struct alert_journal *journal, enum alert_record kind, const char *key,
			   json_t *value);

/* Begin to write; while a transaction is being written already, the next one begins at its end. */
void alert_journal_flush(struct alert_journal *journal);

/* Whether the change with this number is on the disk. While the disk fails: always, since a message
 * that may be sent twice is better than one that is never sent. */
bool alert_journal_has(const struct alert_journal *journal, uint64_t number);

/* Changes that were lost, since the disk failed for so long that too many waited. */
uint64_t alert_journal_dropped(const struct alert_journal *journal);

#endif
