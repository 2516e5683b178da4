#include "link/spoke/log_outbox.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "reading/create.h"
#include "store/history/history.h"

struct log_outbox {
	struct clock *clock; /* up to closed_arg: loop thread only */
	struct history *history;
	const char *node;
	uv_timer_t timer;
	void (*on_closed)(void *arg);
	void *closed_arg;

	pthread_mutex_t lock; /* protects what follows */
	json_t *lines;	      /* owned; NULL: no line waits */
	size_t bytes;
	uint64_t dropped;
};

/*
 * Take the waiting lines, as the data of a history entry; NULL if there are none. The caller owns
 * it.
 */
static json_t *take_lines(struct log_outbox *outbox)
{
	json_t *data = NULL;

	pthread_mutex_lock(&outbox->lock);
	if (outbox->lines)
		data = json_pack("{s:o, s:I}", "lines", outbox->lines, "dropped",
				 (json_int_t)outbox->dropped);
	outbox->lines = NULL;
	outbox->bytes = 0;
	outbox->dropped = 0;
	pthread_mutex_unlock(&outbox->lock);
	return data;
}

static void flush(struct log_outbox *outbox)
{
	struct reading_source source = {
		.node = outbox->node, .plugin = "", .now_ms = clock_unix_ms(outbox->clock)};
	json_t *data = take_lines(outbox);
	struct reading *reading;

	if (!data)
		return;
	reading = reading_create(&source, SPOKE_LINK_LOG_SENSOR, source.now_ms, data);
	if (!reading)
		return;
	history_append(outbox->history, reading);
	reading_unref(reading);
}

static void time_has_come(uv_timer_t *timer)
{
	flush(timer->data);
}

int log_outbox_create(uv_loop_t *loop, struct clock *clock, struct history *history,
		      const char *node, uint64_t period_ms, struct log_outbox **ret_outbox)
{
	struct log_outbox *outbox = calloc(1, sizeof(*outbox));

	if (!outbox)
		return ERROR_NO_MEMORY;
	outbox->clock = clock;
	outbox->history = history;
	outbox->node = node;
	pthread_mutex_init(&outbox->lock, NULL);
	uv_timer_init(loop, &outbox->timer);
	outbox->timer.data = outbox;
	uv_timer_start(&outbox->timer, time_has_come, period_ms, period_ms);
	*ret_outbox = outbox;
	return 0;
}

void log_outbox_write(void *arg, const struct log_record *record)
{
	struct log_outbox *outbox = arg;
	size_t size = strlen(record->text) + strlen(record->source);
	json_t *line;

	if (record->level < LOG_INFO || record->is_reading)
		return;
	line = json_pack("{s:I, s:s, s:s, s:s}", "time_ms", (json_int_t)record->unix_ms, "level",
			 log_level_name(record->level), "source", record->source, "text",
			 record->text);
	pthread_mutex_lock(&outbox->lock);
	if (!outbox->lines)
		outbox->lines = json_array();
	if (line && json_array_size(outbox->lines) < LOG_OUTBOX_LINES &&
	    outbox->bytes + size <= LOG_OUTBOX_BYTES && !json_array_append(outbox->lines, line))
		outbox->bytes += size;
	else
		outbox->dropped++;
	json_decref(line);
	pthread_mutex_unlock(&outbox->lock);
}

static void timer_closed(uv_handle_t *handle)
{
	struct log_outbox *outbox = handle->data;
	void (*on_closed)(void *arg) = outbox->on_closed;
	void *arg = outbox->closed_arg;

	pthread_mutex_destroy(&outbox->lock);
	free(outbox);
	on_closed(arg);
}

void log_outbox_close(struct log_outbox *outbox, void (*on_closed)(void *arg), void *arg)
{
	if (!outbox)
		return;
	flush(outbox);
	outbox->on_closed = on_closed;
	outbox->closed_arg = arg;
	uv_close((uv_handle_t *)&outbox->timer, timer_closed);
}
