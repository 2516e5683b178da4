/* The inside of struct history_reader. Only for the files that implement read.h. */
#ifndef HARVESTER_STORE_HISTORY_READ_INTERNAL_H
#define HARVESTER_STORE_HISTORY_READ_INTERNAL_H

#include <sqlite3.h>

#include "store/history/read.h"

#define HISTORY_READ_NUMBERS 6

struct history_reader {
	sqlite3 *db;
	struct clock *clock; /* borrowed */
	/* Schema version: an older one if no writer of this version has opened the file yet. */
	int64_t version;
	uint64_t deadline_ns;
};

/* A sensor's row and its source's row; sensor 0: the whole source. */
struct history_place {
	int64_t source, sensor;
	/* Sequences of the source up to which readings are rolled up, and deleted. */
	uint64_t rolled, trimmed;
};

int history_reader_fail(int code, struct error *err);

/* Start the time limit of one query. */
void history_reader_start(struct history_reader *reader);

/* Prepare a statement and bind the numbers, then the texts. The caller finalizes it. */
int history_reader_prepare(struct history_reader *reader, const char *text, const int64_t *numbers,
			   int numbers_count, const char *const *texts, int texts_count,
			   sqlite3_stmt **ret_statement, struct error *err);

/*
 * Find the range of sequences of a source that may have readings between two times, from its
 * minute rollups; readings that are not rolled up yet are not included. *ret_first is 0 if there
 * is none. `sensor` "" means any sensor.
 */
int history_reader_range(struct history_reader *reader, int64_t source, const char *sensor,
			 uint64_t from_ms, uint64_t to_ms, uint64_t *ret_first, uint64_t *ret_last,
			 struct error *err);

/* The table of rollups for a resolution; NULL for raw and auto. */
const char *history_reader_table(enum history_resolution resolution);
unsigned history_bucket_ms(enum history_resolution resolution);

#endif
