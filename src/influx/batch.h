/*
 * The readings that the next requests will write, as lines in the order of the history, and how
 * many of them the next request takes: half as many after a refusal, twice as many after a success.
 * Loop thread.
 */
#ifndef HARVESTER_INFLUX_BATCH_H
#define HARVESTER_INFLUX_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "store/history/feed.h"

#define INFLUX_BATCH_SIZE_MAX (1u << 20) /* bytes of all lines */
#define INFLUX_BATCH_COUNT_MAX HISTORY_FEED_WINDOW_MAX

struct influx_batch {
	struct buffer text; /* the lines, one after the other */
	struct {
		uint64_t token;
		size_t size; /* bytes of its line; 0: it has no value to write */
	} items[INFLUX_BATCH_COUNT_MAX];
	size_t count;
	size_t limit; /* readings of the next request, at most */
};

void influx_batch_init(struct influx_batch *batch);
void influx_batch_finish(struct influx_batch *batch);

/* Add a reading: its line, which is copied, or "" if it has no value to write, and the feed's
 * token. ERROR_BUSY if there is no room, ERROR_NO_MEMORY. */
int influx_batch_add(struct influx_batch *batch, const struct buffer *line, uint64_t token);

/* How many readings, the first ones, the next request takes. */
size_t influx_batch_next(const struct influx_batch *batch);

/* Of the first `count` readings: the bytes of their lines, and how many have no line. */
size_t influx_batch_size(const struct influx_batch *batch, size_t count);
size_t influx_batch_count_empty(const struct influx_batch *batch, size_t count);

/* Remove the first `count` readings, 1 at least. Returns the token of the last of them. */
uint64_t influx_batch_remove(struct influx_batch *batch, size_t count);

/* Remove all readings, and forget what was refused. */
void influx_batch_clear(struct influx_batch *batch);

/* A request of `count` readings was refused, 2 at least: the next one takes half of them. */
void influx_batch_halve(struct influx_batch *batch, size_t count);

/* A request was accepted: the next one may take twice as many. */
void influx_batch_grow(struct influx_batch *batch);

#endif
