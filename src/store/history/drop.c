/*
 * Drops readings from the buffer while the disk is too slow: the plugin with the most bytes loses
 * its oldest readings.
 */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "store/history/internal.h"
#include "store/history/write.h"

#define DROP_SIZE (32u << 10) /* bytes dropped in one pass */

struct share {
	char plugin[READING_NAME_MAX + 1]; /* has to be first: the search tree compares it */
	size_t bytes;
};

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static struct share *find_or_add(void **shares, const struct history_record *record)
{
	struct share key = {0}, *share, **found;
	size_t size;
	const char *plugin = history_record_plugin(record, &size);

	memcpy(key.plugin, plugin, size <= READING_NAME_MAX ? size : READING_NAME_MAX);
	found = tfind(&key, shares, compare);
	if (found)
		return *found;
	share = malloc(sizeof(*share));
	if (!share)
		return NULL;
	*share = key;
	if (tsearch(share, shares, compare))
		return share;
	free(share);
	return NULL;
}

/* Find the plugin whose waiting records take the most bytes. */
static struct share find_largest(const struct history *history)
{
	struct share largest = {0}, *share;
	struct history_record record;
	void *shares = NULL;

	for (struct history_write *write = history->first; write; write = write->next) {
		for (size_t at = 0; write->is_own && history_write_next(write, &at, &record);) {
			share = find_or_add(&shares, &record);
			if (!share)
				continue;
			share->bytes += history_record_size(&record);
			if (share->bytes > largest.bytes)
				largest = *share;
		}
	}
	tdestroy(shares, free);
	return largest;
}

static size_t drop_from(struct history *history, struct history_write *write, const char *plugin,
			size_t bytes)
{
	size_t count = write->count, removed = history_write_remove(write, plugin, bytes);

	history->counters.dropped += count - write->count;
	history->pending -= count - write->count;
	history->pending_size -= removed;
	history->own_size -= removed;
	return removed;
}

static void remove_empty(struct history *history)
{
	struct history_write **at = &history->first, *last = NULL;

	while (*at) {
		struct history_write *write = *at;

		if (write->count || !write->is_own || write == history->own) {
			last = write;
			at = &write->next;
			continue;
		}
		*at = write->next;
		history_write_destroy(write);
	}
	history->last = last;
}

void history_drop(struct history *history)
{
	while (history->own_size > HISTORY_PENDING_SIZE_MAX) {
		struct share largest = find_largest(history);
		size_t left = DROP_SIZE;

		if (!largest.bytes)
			return; /* everything is being written */
		for (struct history_write *write = history->first; write && left;
		     write = write->next) {
			size_t removed =
				write->is_own ? drop_from(history, write, largest.plugin, left) : 0;

			left -= removed < left ? removed : left;
		}
		remove_empty(history);
	}
}
