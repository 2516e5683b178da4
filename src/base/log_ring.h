/*
 * A ring buffer of the newest log lines, of this node and of the nodes that send theirs to it. The
 * HTTP API reads it. Any thread.
 *
 * Each line has a sequence number. The first number is made from the time, so numbers also grow
 * over a restart, and "all lines after this number" still works then.
 */
#ifndef HARVESTER_BASE_LOG_RING_H
#define HARVESTER_BASE_LOG_RING_H

#include <jansson.h>

#include "base/log.h"

#define LOG_RING_LINES 100 /* lines that GET /api/logs shows */
/* Lines kept of this node, and as many of all other nodes together; then the oldest one goes. */
#define LOG_RING_KEPT 1000

struct log_ring;

/* `node`: the name of this node (copied). `now_ms`: Unix time, for the first sequence number. NULL
 * if memory runs out. */
struct log_ring *log_ring_create(const char *node, uint64_t now_ms);

/* Remove the ring from the log's sinks before. NULL is allowed. */
void log_ring_destroy(struct log_ring *ring);

/*
 * The sink to add: log_add_sink(log_ring_write, ring). Skips lines that show a reading, since there
 * are dozens a second and the API shows readings elsewhere. Drops the line if memory runs out.
 */
void log_ring_write(void *ring, const struct log_record *record);

/* Add a line of another node. The caller has checked that its source and text fit LOG_SOURCE_SIZE
 * and LOG_TEXT_SIZE. */
void log_ring_add(struct log_ring *ring, const char *node, const struct log_record *record);

/* Call on_added(arg) after each new line, on the thread that logged it. `on_added` must return at
 * once; it may only notify another thread. NULL: call nothing. */
typedef void log_ring_added(void *arg);
void log_ring_watch(struct log_ring *ring, log_ring_added *on_added, void *arg);

/*
 * The newest lines, at most LOG_RING_LINES, as an array of strings, oldest first. The source of
 * another node's line is "NODE/SOURCE". The caller owns the array; NULL if memory runs out.
 */
json_t *log_ring_to_json(struct log_ring *ring);

/* Which lines to return. A field that is NULL or 0 excludes nothing. */
struct log_filter {
	const char *node, *source; /* equal to these */
	const char *search;	   /* in the text; upper and lower case match each other */
	enum log_level level;	   /* at this level or above */
	uint64_t after;		   /* with a greater sequence number */
	size_t limit;		   /* lines at most: the first after `after`, without it the last */
};

/*
 * {"logs": [{"sequence", "time_ms", "level", "node", "source", "text"}, …], "next": n}, the oldest
 * line first. Pass `next` as `after` in the next call to continue. The caller owns the object; NULL
 * if memory runs out.
 */
json_t *log_ring_find(struct log_ring *ring, const struct log_filter *filter);

/* The sequence number of the newest line; without a line, the number before the first. */
uint64_t log_ring_newest(struct log_ring *ring);

#endif
