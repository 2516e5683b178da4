#include "alert/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/work_queue.h"

#define AGAIN_MS 5000
#define WAITING_MAX 16384 /* records; more only come together while the disk fails for long */

struct alert_journal {
	struct alert_store *store; /* owned; used by the queue's thread while is_writing */
	struct work_queue *queue;  /* owned; NULL without a store */
	uv_timer_t again;	   /* after a failure */
	struct alert_journal_events events;
	json_t *waiting; /* owned: {"KIND KEY": text or null}; the same for `writing` */
	json_t *writing;
	uint64_t put, writing_up_to, written;
	uint64_t dropped;
	bool is_writing, is_failing, is_closing;
	unsigned open_parts;
	void (*on_closed)(void *arg);
	void *closed_arg;

	/* The queue's thread while is_writing */
	int ret;
	struct error err;
};

static void flush(struct alert_journal *journal);

static size_t list_changes(json_t *from, struct alert_change *changes)
{
	const char *key;
	json_t *value;
	size_t count = 0;

	json_object_foreach(from, key, value) changes[count++] = (struct alert_change){
		.kind = (enum alert_record)(key[0] - '0'),
		.key = key + 2,
		.value = json_string_value(value),
	};
	return count;
}

static void work(void *arg)
{
	struct alert_journal *journal = arg;
	struct alert_change *changes =
		calloc(json_object_size(journal->writing) + 1, sizeof(*changes));
	size_t count;

	if (!changes) {
		journal->ret = error_set(&journal->err, ERROR_NO_MEMORY,
					 "cannot write the changes of the alerts to the disk: %s",
					 error_text(ERROR_NO_MEMORY));
		return;
	}
	count = list_changes(journal->writing, changes);
	journal->ret = alert_store_write(journal->store, changes, count, &journal->err);
	free(changes);
}

/* Newer changes of the same records win. */
static void take_back(struct alert_journal *journal)
{
	json_object_update(journal->writing, journal->waiting);
	json_decref(journal->waiting);
	journal->waiting = journal->writing;
	journal->writing = NULL;
}

static void on_again(uv_timer_t *timer)
{
	flush(timer->data);
}

static void set_failing(struct alert_journal *journal, bool is_failing)
{
	struct error fine = {0};

	if (journal->is_failing == is_failing)
		return;
	journal->is_failing = is_failing;
	journal->events.on_failing(journal->events.arg, is_failing ? &journal->err : &fine);
}

static void on_worked(void *arg, int status)
{
	struct alert_journal *journal = arg;

	journal->is_writing = false;
	if (status || journal->ret) {
		take_back(journal);
		if (!journal->is_closing) {
			set_failing(journal, true);
			uv_timer_start(&journal->again, on_again, AGAIN_MS, 0);
			journal->events.on_written(journal->events.arg);
		}
		return;
	}
	json_decref(journal->writing);
	journal->writing = NULL;
	journal->written = journal->writing_up_to;
	if (journal->is_closing)
		return;
	set_failing(journal, false);
	journal->events.on_written(journal->events.arg);
	flush(journal);
}

static void flush(struct alert_journal *journal)
{
	if (journal->is_writing || !json_object_size(journal->waiting))
		return;
	if (!journal->queue) {
		json_object_clear(journal->waiting);
		journal->written = journal->put;
		return;
	}
	journal->writing = journal->waiting;
	journal->waiting = json_object();
	journal->writing_up_to = journal->put;
	journal->is_writing = true;
	if (work_queue_submit(journal->queue, work, on_worked, journal)) {
		journal->is_writing = false;
		take_back(journal);
	}
}

int alert_journal_create(uv_loop_t *loop, struct alert_store *store,
			 const struct alert_journal_events *events,
			 struct alert_journal **ret_journal)
{
	struct alert_journal *journal = calloc(1, sizeof(*journal));
	int ret = ERROR_NO_MEMORY;

	if (!journal)
		goto out_store;
	journal->store = store;
	journal->events = *events;
	journal->waiting = json_object();
	if (!journal->waiting)
		goto out_journal;
	if (store && work_queue_create(loop, 2, &journal->queue, NULL))
		goto out_waiting;
	uv_timer_init(loop, &journal->again);
	journal->again.data = journal;
	*ret_journal = journal;
	return 0;

out_waiting:
	json_decref(journal->waiting);
out_journal:
	free(journal);
out_store:
	alert_store_close(store);
	return ret;
}

static void part_closed(struct alert_journal *journal)
{
	if (--journal->open_parts)
		return;
	json_decref(journal->waiting);
	json_decref(journal->writing);
	alert_store_close(journal->store);
	journal->on_closed(journal->closed_arg);
	free(journal);
}

static void on_timer_closed(uv_handle_t *handle)
{
	part_closed(handle->data);
}

/* The loop ends anyway: the last changes are written here, and wait for nobody. */
static void on_queue_closed(void *arg)
{
	struct alert_journal *journal = arg;

	if (json_object_size(journal->waiting)) {
		json_decref(journal->writing);
		journal->writing = json_incref(journal->waiting);
		work(journal);
	}
	part_closed(journal);
}

void alert_journal_close(struct alert_journal *journal, void (*on_closed)(void *arg), void *arg)
{
	if (!journal)
		return;
	journal->is_closing = true;
	journal->on_closed = on_closed;
	journal->closed_arg = arg;
	journal->open_parts = 1u + (journal->queue != NULL);
	uv_close((uv_handle_t *)&journal->again, on_timer_closed);
	work_queue_close(journal->queue, on_queue_closed, journal);
}

uint64_t alert_journal_put(struct alert_journal *journal, enum alert_record kind, const char *key,
			   json_t *value)
{
	char *text = value ? json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
	char name[512];

	snprintf(name, sizeof(name), "%d %s", (int)kind, key);
	if (json_object_size(journal->waiting) < WAITING_MAX ||
	    json_object_get(journal->waiting, name))
		json_object_set_new(journal->waiting, name, text ? json_string(text) : json_null());
	else
		journal->dropped++;
	free(text);
	json_decref(value);
	return ++journal->put;
}

void alert_journal_flush(struct alert_journal *journal)
{
	flush(journal);
}

bool alert_journal_has(const struct alert_journal *journal, uint64_t number)
{
	return journal->written >= number || journal->is_failing || !journal->queue;
}

uint64_t alert_journal_dropped(const struct alert_journal *journal)
{
	return journal->dropped;
}
