/*
 * What the readers of the history share.
 */
#ifndef HARVESTER_STORE_HISTORY_READ_INTERNAL_H
#define HARVESTER_STORE_HISTORY_READ_INTERNAL_H

#include <sqlite3.h>

#include "store/history/read.h"

#define HISTORY_READ_NUMBERS 6

struct history_reader {
	sqlite3 *db;
	int64_t version; /* of the schema: a file that no writer has opened yet may have an older
			    one */
	uint64_t deadline_ns;
};

/* Where a sensor is, or (sensor 0) a source. */
struct history_place {
	int64_t source, sensor;
	uint64_t rolled, trimmed; /* sequences of the source */
};

int history_reader_fail(int code, struct error *err);

/* Begin the time that a question may take. */
void history_reader_start(struct history_reader *reader);

/* Bound in order: numbers, then texts. Finalize it. */
int history_reader_prepare(struct history_reader *reader, const char *text, const int64_t *numbers,
			   int numbers_count, const char *const *texts, int texts_count,
			   sqlite3_stmt **ret_statement, struct error *err);

/*
 * The sequences of a source that may have readings of a time range, by its minutes: *ret_first is 0
 * where none has. What is not rolled up yet is not among them. sensor "": of any.
 */
int history_reader_range(struct history_reader *reader, int64_t source, const char *sensor,
			 uint64_t from_ms, uint64_t to_ms, uint64_t *ret_first, uint64_t *ret_last,
			 struct error *err);

/* A table of rollups by its resolution; NULL for others. */
const char *history_reader_table(enum history_resolution resolution);
unsigned history_bucket_ms(enum history_resolution resolution);

#endif
