#include "influx/batch.h"

#include <string.h>

#include "base/error.h"

void influx_batch_init(struct influx_batch *batch)
{
	buffer_init(&batch->text, INFLUX_BATCH_SIZE_MAX);
	batch->count = 0;
	batch->limit = INFLUX_BATCH_COUNT_MAX;
}

void influx_batch_finish(struct influx_batch *batch)
{
	buffer_finish(&batch->text);
}

int influx_batch_add(struct influx_batch *batch, const struct buffer *line, uint64_t token)
{
	int ret;

	if (batch->count == INFLUX_BATCH_COUNT_MAX ||
	    line->size > INFLUX_BATCH_SIZE_MAX - batch->text.size)
		return ERROR_BUSY;
	ret = line->size ? buffer_append(&batch->text, line->data, line->size) : 0;
	if (ret)
		return ret;
	batch->items[batch->count].token = token;
	batch->items[batch->count++].size = line->size;
	return 0;
}

size_t influx_batch_next(const struct influx_batch *batch)
{
	return batch->count < batch->limit ? batch->count : batch->limit;
}

size_t influx_batch_size(const struct influx_batch *batch, size_t count)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++)
		size += batch->items[i].size;
	return size;
}

size_t influx_batch_count_empty(const struct influx_batch *batch, size_t count)
{
	size_t empty = 0;

	for (size_t i = 0; i < count; i++)
		empty += !batch->items[i].size;
	return empty;
}

uint64_t influx_batch_remove(struct influx_batch *batch, size_t count)
{
	const uint64_t token = batch->items[count - 1].token;

	buffer_consume(&batch->text, influx_batch_size(batch, count));
	batch->count -= count;
	memmove(batch->items, batch->items + count, batch->count * sizeof(*batch->items));
	return token;
}

void influx_batch_clear(struct influx_batch *batch)
{
	buffer_clear(&batch->text);
	batch->count = 0;
	batch->limit = INFLUX_BATCH_COUNT_MAX;
}

void influx_batch_halve(struct influx_batch *batch, size_t count)
{
	batch->limit = count / 2;
}

void influx_batch_grow(struct influx_batch *batch)
{
	batch->limit = batch->limit < INFLUX_BATCH_COUNT_MAX / 2 ? batch->limit * 2
								 : INFLUX_BATCH_COUNT_MAX;
}
