/*
 * The last lines of the log, of this node and of others, for the API. Any thread may use it.
 *
 * Sequence numbers grow from line to line, and also from one run of the program to the next (they
 * begin with the time), so that "everything after this line" means the same after a restart.
 */
#ifndef HARVESTER_BASE_LOG_RING_H
#define HARVESTER_BASE_LOG_RING_H

#include <jansson.h>

#include "base/log.h"

#define LOG_RING_LINES 100 /* that GET /api/logs shows */
/* of this node, and as many of all others; the oldest one gives way */
#define LOG_RING_KEPT 1000

struct log_ring;

/* `node`: this node's name (copied). NULL without memory. */
struct log_ring *log_ring_create(const char *node);

/* After it was removed from the log's sinks. NULL is allowed. */
void log_ring_destroy(struct log_ring *ring);

/*
 * The sink: log_add_sink(log_ring_write, ring). A line for which there is no memory is lost. Lines
 * that show a reading are not kept: readings come by the dozen a second, and have a place of their
 * own in the API.
 */
void log_ring_write(void *ring, const struct log_record *record);

/* A line of another node, as checked by the caller: at most LOG_SOURCE_SIZE and LOG_TEXT_SIZE. */
void log_ring_add(struct log_ring *ring, const char *node, const struct log_record *record);

/* wake(arg) is called after each new line, on whatever thread, and must only pass it on. NULL:
 * none. */
typedef void log_ring_wake(void *arg);
void log_ring_watch(struct log_ring *ring, log_ring_wake *wake, void *arg);

/*
 * A new array of LOG_RING_LINES strings, the oldest line first; NULL without memory. The source of
 * another node's line is "NODE/SOURCE".
 */
json_t *log_ring_to_json(struct log_ring *ring);

/* Which lines; what is NULL or 0 does not restrict. */
struct log_filter {
	const char *node, *source; /* exactly this */
	const char *search;	   /* somewhere in the text, upper or lower case */
	enum log_level level;	   /* or above */
	uint64_t after;		   /* later than the line of this number */
	size_t limit;		   /* lines at most: the first ones after `after`, else the last */
};

/*
 * {"logs": [{"sequence", "time_ms", "level", "node", "source", "text"}, …], "next": n}, the oldest
 * line first; `next` as the next `after` gives what follows. New; NULL without memory.
 */
json_t *log_ring_find(struct log_ring *ring, const struct log_filter *filter);

/* The number of the newest line; with none, the one before the first. */
uint64_t log_ring_newest(struct log_ring *ring);

#endif
