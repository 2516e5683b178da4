/*
 * The last lines of the log, as text, for GET /api/logs. Any thread may use it.
 */
#ifndef HARVESTER_OUTPUT_LOG_RING_H
#define HARVESTER_OUTPUT_LOG_RING_H

#include <jansson.h>

#include "base/log.h"

#define LOG_RING_LINES 100

struct log_ring;

struct log_ring *log_ring_create(void); /* NULL without memory */

/* After it was removed from the log's sinks. NULL is allowed. */
void log_ring_destroy(struct log_ring *ring);

/* The sink: log_add_sink(log_ring_write, ring). A line for which there is no memory is lost. */
void log_ring_write(void *ring, const struct log_record *record);

/* A new array of strings, the oldest line first; NULL without memory. */
json_t *log_ring_to_json(struct log_ring *ring);

#endif
