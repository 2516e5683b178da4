/*
 * Queries to the history, and the form of the answers. Answers contain committed readings only
 * (history.h). Nothing is interpolated: a step without a measurement is null.
 *
 * A query has a resolution: single readings ("raw"), or a summary for each minute or hour (mean,
 * minimum, maximum and count of each field).
 */
#ifndef HARVESTER_STORE_HISTORY_QUERY_H
#define HARVESTER_STORE_HISTORY_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "reading/reading.h"

#define HISTORY_LIMIT_MAX 10000 /* readings of one answer */
#define HISTORY_LIMIT_DEFAULT 1000
#define HISTORY_POINTS_MAX 5000 /* of one series */
#define HISTORY_POINTS_DEFAULT 500
#define HISTORY_SERIES_FIELDS_MAX 16

enum history_resolution {
	HISTORY_AUTO, /* raw up to 2 hours, minute up to 7 days, hour above */
	HISTORY_RAW,
	HISTORY_MINUTE,
	HISTORY_HOUR,
};

/* Parse "raw", "minute", "hour" or "auto". ERROR_INVALID for any other text. */
int history_resolution_parse(const char *name, enum history_resolution *ret_resolution);
const char *history_resolution_name(enum history_resolution resolution);

/*
 * A query for readings. The answer is a page of them:
 * {"readings":[{"sensor_id":"node:sensor","timestamp_ms":n,"sequence":n,"stream":"hex","data":{…},
 *  "simulated":true}],"resolution":"raw","next":text|null}
 * Raw readings come in the order in which the history accepted them. Minutes and hours come by
 * sensor and time, without a sequence: "timestamp_ms" is the beginning, and "data" has
 * {"mean","min","max","count"} for each field. "next" is the `after` of the next page; null on the
 * last page.
 */
struct history_query {
	char node[READING_NAME_MAX + 1]; /* "": all; likewise sensor and field */
	char sensor[READING_NAME_MAX + 1];
	char field[READING_NAME_MAX + 1];
	uint64_t from_ms, to_ms; /* from <= time < to */
	enum history_resolution resolution;
	unsigned limit; /* 1..HISTORY_LIMIT_MAX */
	uint64_t after; /* 0: from the first reading */
};

/*
 * A query for points to draw a chart from. The answer:
 * {"resolution":"raw"|"minute"|"hour","step_ms":n,"times_ms":[…],
 *  "fields":{"temperature":{"mean":[…],"min":[…],"max":[…]}}}
 * If there are at most `points` values, each value has a step of its own, and each gap has a step
 * with null. If there are more values, all steps are step_ms long, and a step without a value is
 * null. Only numbers have a series; a boolean counts as 0 or 1.
 */
struct history_series_query {
	char node[READING_NAME_MAX + 1]; /* required, like the sensor and the fields */
	char sensor[READING_NAME_MAX + 1];
	char fields[HISTORY_SERIES_FIELDS_MAX][READING_NAME_MAX + 1];
	size_t fields_count;
	uint64_t from_ms, to_ms;
	unsigned points; /* 1..HISTORY_POINTS_MAX: the largest number of steps */
};

#endif
