#include "cluster/reader.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cluster/internal.h"
#include "cluster/jetstream.h"
#include "cluster/names.h"
#include "store/history/history.h"

#define NS_PER_MS UINT64_C(1000000)

static void read_next(struct reader *reader);

static void pause_for(struct reader *reader, uint64_t ms)
{
	reader->next_ns = clock_monotonic_ns(reader->config.clock) + ms * NS_PER_MS;
}

static bool is_outdated(struct reader *reader)
{
	return reader->busy_run != reader->run;
}

/* The cursor */

uint64_t reader_hash(const char *text)
{
	uint64_t hash;
	static const unsigned char key[crypto_shorthash_KEYBYTES] = {0};

	_Static_assert(crypto_shorthash_BYTES == sizeof(hash), "the hash is a number");
	crypto_shorthash((unsigned char *)&hash, (const unsigned char *)(text ? text : ""),
			 text ? strlen(text) : 0, key);
	return hash >> 1; /* SQLite's numbers have a sign */
}

static uint64_t cursor_get(const struct reader *reader, const char *name)
{
	uint64_t value = 0;

	if (history_cursor_get(reader->config.history, name, &value))
		return 0;
	return value;
}

static void keep_cursor(struct reader *reader)
{
	reader->committed = reader->position;
	history_cursor_set(reader->config.history, reader->cursor, reader->position);
	history_cursor_set(reader->config.history, reader->mark, reader->position_mark);
}

static void restart(struct reader *reader)
{
	reader->counters.restarts++;
	reader->position = reader->position_mark = 0;
	memset(&reader->own, 0, sizeof(reader->own));
	spoke_relay_forget_own(reader->config.relay);
	keep_cursor(reader);
}

/* Gaps */

static void leader_answered(void *arg, int status, const json_t *answer, int code,
			    const struct error *err)
{
	struct reader *reader = arg;

	(void)answer, (void)code, (void)err;
	reader->is_busy = false;
	if (is_outdated(reader))
		return;
	reader->gap_tries = 0;
	if (status == ERROR_NOT_FOUND) {
		reader->counters.lost += reader->gap_end - reader->position - 1;
		reader->position = reader->gap_end - 1;
		reader->position_mark = 0;
		keep_cursor(reader);
	}
	pause_for(reader, status == ERROR_NOT_FOUND ? 0 : READER_RETRY_MS);
}

static void ask_leader(struct reader *reader)
{
	json_t *body = json_pack("{s:I}", "seq", (json_int_t)(reader->position + 1));

	reader->is_busy = true;
	reader->busy_run = reader->run;
	if (jetstream_call(reader->config.engine, "STREAM.MSG.GET." CLUSTER_LOG, body,
			   leader_answered, reader)) {
		reader->is_busy = false;
		pause_for(reader, READER_PAUSE_MS);
	}
	json_decref(body);
}

static void handle_gap(struct reader *reader)
{
	reader->counters.gaps++;
	pause_for(reader, READER_RETRY_MS);
	if (++reader->gap_tries > READER_GAP_TRIES)
		ask_leader(reader);
}

/* Reading */

/* The next request follows at once, not at a tick: whoever was away has a long log to read. */
void reader_finish_answer(struct reader *reader)
{
	reader->is_busy = false;
	if (is_outdated(reader))
		return;
	if (reader->must_stop) {
		/* Not all of it is on the disk: read it again from there. */
		reader->position = reader->committed;
		pause_for(reader, READER_PAUSE_MS);
		return;
	}
	if (reader->position != reader->committed)
		keep_cursor(reader);
	if (reader->taken)
		reader->gap_tries = 0;
	if (reader->gap_end && !reader->taken)
		handle_gap(reader);
	else if (reader->taken && reader->pending)
		read_next(reader);
	else
		pause_for(reader, READER_PERIOD_MS);
}

static void take_item(struct reader *reader, const struct jetstream_item *item)
{
	if (reader->must_stop || reader->gap_end || item->sequence <= reader->position)
		return;
	reader->pending = item->pending;
	if (item->sequence > reader->position + 1 && item->sequence > reader->log_first) {
		reader->gap_end = item->sequence;
		return;
	}
	if (reader_take(reader, item))
		reader->taken++;
	else
		reader->must_stop = true;
}

static void item_read(void *arg, int status, const struct jetstream_item *item,
		      const struct error *err)
{
	struct reader *reader = arg;

	(void)err;
	if (item) {
		if (!is_outdated(reader) && !reader->is_closing)
			take_item(reader, item);
		return;
	}
	reader->is_asking = false;
	if (status && status != ERROR_NOT_FOUND) {
		reader->counters.failures++;
		reader->pending = 0;
	}
	if (!reader->appending)
		reader_finish_answer(reader);
	else
		history_flush(reader->config.history);
}

static void read_next(struct reader *reader)
{
	uint64_t from = reader->position + 1;

	reader->gap_end = reader->taken = reader->pending = 0;
	reader->must_stop = false;
	reader->is_busy = reader->is_asking = true;
	reader->busy_run = reader->run;
	if (jetstream_read(reader->config.engine, CLUSTER_LOG, from, READER_MESSAGES, item_read,
			   reader)) {
		reader->is_busy = reader->is_asking = false;
		pause_for(reader, READER_PAUSE_MS);
	}
}

/* Verifying: is the last message that was taken still the one in the log? */

static void verified(void *arg, int status, const struct jetstream_item *item,
		     const struct error *err)
{
	struct reader *reader = arg;

	(void)err;
	if (item) {
		if (!is_outdated(reader) && item->sequence == reader->position)
			reader->taken =
				reader_hash(engine_header(&item->message, MESSAGE_ID_HEADER)) ==
						reader->position_mark
					? 1
					: 2;
		return;
	}
	reader->is_busy = false;
	if (is_outdated(reader))
		return;
	if (reader->taken == 2)
		restart(reader);
	/* After so many answers without the message, no server has it: go on behind it. */
	if (reader->taken || ++reader->gap_tries > READER_GAP_TRIES)
		reader->state = READER_READING;
	pause_for(reader, reader->taken ? 0 : status ? READER_PAUSE_MS : READER_RETRY_MS);
}

static void verify(struct reader *reader)
{
	if (reader->log_last < reader->position)
		restart(reader);
	if (!reader->position || !reader->position_mark || reader->position < reader->log_first) {
		reader->state = READER_READING;
		return;
	}
	reader->taken = 0;
	reader->is_busy = true;
	reader->busy_run = reader->run;
	if (jetstream_read(reader->config.engine, CLUSTER_LOG, reader->position, 1, verified,
			   reader)) {
		reader->is_busy = false;
		pause_for(reader, READER_PAUSE_MS);
	}
}

/* Life */

void reader_init(struct reader *reader, const struct reader_config *config)
{
	*reader = (struct reader){.config = *config};
}

void reader_close(struct reader *reader, void (*on_closed)(void *arg), void *arg)
{
	reader->is_closing = true;
	reader->on_closed = on_closed;
	reader->closed_arg = arg;
	if (reader->appending)
		history_flush(reader->config.history);
	else
		on_closed(arg);
}

void reader_start(struct reader *reader, const struct streams *streams)
{
	reader->run++;
	reader->state = READER_VERIFYING;
	reader->next_ns = 0;
	reader->gap_tries = 0;
	reader_update(reader, streams);
	snprintf(reader->cursor, sizeof(reader->cursor), "log.%s", streams->identity);
	snprintf(reader->mark, sizeof(reader->mark), "logid.%s", streams->identity);
	reader->position = reader->committed = cursor_get(reader, reader->cursor);
	reader->position_mark = cursor_get(reader, reader->mark);
}

void reader_update(struct reader *reader, const struct streams *streams)
{
	reader->log_first = streams->first;
	reader->log_last = streams->last;
}

void reader_stop(struct reader *reader)
{
	reader->run++;
	reader->state = READER_WAITING;
}

void reader_tick(struct reader *reader)
{
	if (reader->is_busy || reader->state == READER_WAITING ||
	    clock_monotonic_ns(reader->config.clock) < reader->next_ns)
		return;
	if (reader->state == READER_VERIFYING)
		verify(reader);
	if (reader->state == READER_READING && !reader->is_busy)
		read_next(reader);
}

uint64_t reader_lag(const struct reader *reader)
{
	return reader->log_last > reader->position ? reader->log_last - reader->position : 0;
}
