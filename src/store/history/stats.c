/* The statistics of a rollup: adding, merging, packing. */
#include <string.h>

#include "base/buffer.h"
#include "store/history/pack.h"
#include "store/history/roll.h"

void history_stats_add(struct history_stats *stats, double number)
{
	const struct history_stats one = {1, number, number, number};

	history_stats_merge(stats, &one);
}

void history_stats_merge(struct history_stats *stats, const struct history_stats *more)
{
	if (!more->count)
		return;
	if (!stats->count) {
		*stats = *more;
		return;
	}
	stats->count += more->count;
	if (more->min < stats->min)
		stats->min = more->min;
	if (more->max > stats->max)
		stats->max = more->max;
	stats->mean += (more->mean - stats->mean) * ((double)more->count / (double)stats->count);
}

int history_stats_pack(struct buffer *value, size_t place, const struct history_stats *stats)
{
	history_pack_count(value, place);
	history_pack_count(value, stats->count);
	history_pack_real(value, stats->min);
	history_pack_real(value, stats->max);
	history_pack_real(value, stats->mean);
	return value->failed;
}

bool history_stats_unpack(const void *value, size_t size, struct history_stats *stats, size_t count)
{
	struct history_walk walk;
	uint64_t place;

	history_walk_init(&walk, NULL, 0, value, size);
	while (walk.at < walk.end) {
		struct history_stats one;

		if (!history_walk_count(&walk, &place) || !history_walk_count(&walk, &one.count) ||
		    !history_walk_real(&walk, &one.min) || !history_walk_real(&walk, &one.max) ||
		    !history_walk_real(&walk, &one.mean))
			return false;
		if (place < count)
			history_stats_merge(&stats[place], &one);
	}
	return true;
}

bool history_is_value_name(const char *name, size_t size)
{
	static const char *const others[] = {"error", "last_good_ms"};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strlen(others[i]) == size && !memcmp(others[i], name, size))
			return false;
	return true;
}
