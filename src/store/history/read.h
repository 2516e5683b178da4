/*
 * Reading the history: a connection of its own, which sees what is committed. Everything blocks on
 * the disk, for READ_SECONDS_MAX at most (ERROR_TIMEOUT). Any thread, one at a time for one reader;
 * also from another process than the one that writes.
 */
#ifndef HARVESTER_STORE_HISTORY_READ_H
#define HARVESTER_STORE_HISTORY_READ_H

#include "store/history/history.h"

struct history_reader;

#define HISTORY_READ_SECONDS_MAX 10

/* ERROR_NOT_FOUND where there is no history yet, ERROR_SYSTEM, ERROR_MALFORMED, ERROR_NO_MEMORY. */
int history_reader_open(const char *path, struct history_reader **ret_reader, struct error *err);
void history_reader_close(struct history_reader *reader); /* NULL is allowed */

/* The answers of question.h. New. ERROR_NOT_FOUND for a sensor that never was, of a series. */
int history_reader_page(struct history_reader *reader, const struct history_query *query,
			json_t **ret_answer, struct error *err);
int history_reader_series(struct history_reader *reader, const struct history_series_query *query,
			  json_t **ret_answer, struct error *err);

/* [{"node": text, "sensor": text}, …]: each sensor that ever had a reading, by node and name. New.
 */
int history_reader_sensors(struct history_reader *reader, json_t **ret_list, struct error *err);

/* See history_read_after(). Give it back with history_batch_finish(). */
int history_reader_after(struct history_reader *reader, const char *node, uint64_t after,
			 size_t limit, struct history_batch *ret_batch, struct error *err);
void history_batch_finish(struct history_batch *batch);

#endif
