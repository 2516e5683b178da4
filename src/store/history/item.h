/*
 * Plain values that the history's headers share: one reading as it is written and read, and the
 * limits of retention.
 */
#ifndef HARVESTER_STORE_HISTORY_ITEM_H
#define HARVESTER_STORE_HISTORY_ITEM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "reading/limits.h"

#define HISTORY_SEQUENCE_MAX ((UINT64_C(1) << 44) - 1)
#define HISTORY_TIME_MS_MAX READING_TIME_MS_MAX

struct history_item {
	uint64_t sequence;  /* 1..HISTORY_SEQUENCE_MAX */
	uint64_t time_ms;   /* Unix time of the measurement, by the node's clock */
	const char *sensor; /* 1..READING_NAME_MAX bytes */
	const char *plugin; /* at most as long; "" if not known */
	bool simulated;
	json_t *data; /* an object, as in a reading */
};

/* Retention. 0 days: keep none of that kind. */
struct history_limits {
	unsigned keep_raw_days, keep_minute_days, keep_hour_days;
	unsigned max_mb; /* of the database's file */
};

#endif
