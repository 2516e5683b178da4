/*
 * Questions to the history. Gaps stay gaps: nothing is interpolated, and what was not measured is
 * null. Only what is committed is seen.
 */
#ifndef HARVESTER_STORE_HISTORY_QUESTION_H
#define HARVESTER_STORE_HISTORY_QUESTION_H

#include <stddef.h>
#include <stdint.h>

#include "reading/reading.h"

#define HISTORY_LIMIT_MAX 10000 /* readings of one answer */
#define HISTORY_LIMIT_DEFAULT 1000
#define HISTORY_POINTS_MAX 5000 /* of one series */
#define HISTORY_POINTS_DEFAULT 500
#define HISTORY_SERIES_FIELDS_MAX 16

enum history_resolution {
	HISTORY_AUTO, /* raw for up to 2 hours, minute for up to 7 days, hour above */
	HISTORY_RAW,
	HISTORY_MINUTE,
	HISTORY_HOUR,
};

/* "raw", "minute", "hour", "auto"; ERROR_INVALID. */
int history_resolution_parse(const char *name, enum history_resolution *ret_resolution);
const char *history_resolution_name(enum history_resolution resolution);

/*
 * {"readings":[{"sensor_id":"node:sensor","timestamp_ms":n,"sequence":n,"stream":"hex","data":{…},
 * "simulated":true}],"resolution":"raw","next":text|null}, in the order in which they were taken.
 * Of minutes and hours: "data" has {"mean","min","max","count"} for each field, "timestamp_ms" is
 * the begin, there is no sequence, and the order is by sensor and time. `next`: the `after` of the
 * next page; null where this is the last.
 */
struct history_query {
	char node[READING_NAME_MAX + 1]; /* "": all; the other two too */
	char sensor[READING_NAME_MAX + 1];
	char field[READING_NAME_MAX + 1];
	uint64_t from_ms, to_ms; /* from <= time < to */
	enum history_resolution resolution;
	unsigned limit; /* 1..HISTORY_LIMIT_MAX */
	uint64_t after; /* 0: from the first */
};

/*
 * {"resolution":"raw"|"minute"|"hour","step_ms":n,"times_ms":[…],"fields":{"temperature":{"mean":[…],
 * "min":[…],"max":[…]}}}: steps of equal length over the whole range, null where a step has no
 * value. What is no number has no series; a boolean counts as 0 or 1.
 */
struct history_series_query {
	char node[READING_NAME_MAX + 1]; /* given, as the sensor and the fields */
	char sensor[READING_NAME_MAX + 1];
	char fields[HISTORY_SERIES_FIELDS_MAX][READING_NAME_MAX + 1];
	size_t fields_count;
	uint64_t from_ms, to_ms;
	unsigned points; /* 1..HISTORY_POINTS_MAX: steps at most */
};

#endif
