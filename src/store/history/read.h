/*
 * Reads the history's database on a connection of its own, which sees only committed readings.
 * Everything blocks on the disk, for HISTORY_READ_SECONDS_MAX at most (then ERROR_TIMEOUT). Any
 * thread, one at a time for one reader; also from another process than the writer's.
 */
#ifndef HARVESTER_STORE_HISTORY_READ_H
#define HARVESTER_STORE_HISTORY_READ_H

#include "store/history/history.h"

struct clock;
struct history_reader;

#define HISTORY_READ_SECONDS_MAX 10

/*
 * `clock` limits the time of each query; it is borrowed until the reader is closed.
 * ERROR_NOT_FOUND if there is no history yet, ERROR_SYSTEM, ERROR_MALFORMED if it is damaged,
 * ERROR_UNSUPPORTED if a newer version of harvester made it, ERROR_NO_MEMORY.
 */
int history_reader_open(const char *path, struct clock *clock, struct history_reader **ret_reader,
			struct error *err);
void history_reader_close(struct history_reader *reader); /* NULL is allowed */

/*
 * Answer a query; query.h describes the answers. The caller owns *ret_answer. For a series,
 * ERROR_NOT_FOUND if the sensor never had a reading.
 */
int history_reader_page(struct history_reader *reader, const struct history_query *query,
			json_t **ret_answer, struct error *err);
int history_reader_series(struct history_reader *reader, const struct history_series_query *query,
			  json_t **ret_answer, struct error *err);

/*
 * List every sensor that ever had a reading, by node and name: [{"node": text, "sensor": text},
 * …]. The caller owns *ret_list.
 */
int history_reader_sensors(struct history_reader *reader, json_t **ret_list, struct error *err);

/* See history_read_after(). The caller frees *ret_batch with history_batch_finish(). */
int history_reader_after(struct history_reader *reader, const char *node, uint64_t after,
			 size_t limit, struct history_batch *ret_batch, struct error *err);
void history_batch_finish(struct history_batch *batch);

#endif
