/*
 * Writes the stored readings of this node, and of the others that it knows, to a time series
 * database over HTTP: POST /api/v2/write in InfluxDB's line protocol. InfluxDB 2 and 3 and
 * VictoriaMetrics understand it.
 *
 * The history is the outbox (store/history/feed.h): while the server is away, readings wait on the
 * disk, and each is written at least once. Only HTTP status 204 counts as written. A request that
 * the server refuses for its content (400, 413, 422) is halved, down to the reading that is
 * refused, which is skipped and counted. After INFLUX_REFUSED_IN_A_ROW_MAX such readings in a row,
 * each further one waits for a pause first, since the server or its configuration may be what is
 * wrong. Any other failure is tried again with growing pauses. Loop thread.
 */
#ifndef HARVESTER_INFLUX_WRITER_H
#define HARVESTER_INFLUX_WRITER_H

#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

#include "base/log.h"
#include "config/influx.h"

struct error;
struct history;
struct influx_writer;

#define INFLUX_SEND_MS 30000 /* for one request, from name resolution to the answer */

struct influx_writer_config {
	uv_loop_t *loop; /* all pointers are borrowed until on_closed() */
	const struct config_influx *influx;
	const char *node;	 /* this node's name */
	struct history *history; /* NULL: none is kept, so there is nothing to write */
	/* The list of GET /api/v1/nodes; a new reference. */
	json_t *(*nodes)(void *arg);
	void *nodes_arg;
	/* Whether this node writes: in a cluster only the leader does. */
	bool (*may_write)(void *arg);
	void (*on_noted)(void *arg, enum log_level level, const char *text);
	void *arg;
};

/* A server that cannot be reached is no error: the writer tries again. ERROR_NO_MEMORY,
 * ERROR_TOO_LARGE. */
int influx_writer_create(const struct influx_writer_config *config,
			 struct influx_writer **ret_writer, struct error *err);

/* Cancel the request on the way, free the memory, then call on_closed(arg) on a later turn of the
 * loop. The next writer writes that request's readings again. */
void influx_writer_close(struct influx_writer *writer, void (*on_closed)(void *arg), void *arg);

/*
 * {"state": "ok"|"failing"|"standby", "reason": null|text, "url", "org": null|text, "bucket",
 * "counters": {…}}: see web/openapi.json. The caller owns it; NULL if memory runs out.
 */
json_t *influx_writer_to_json(const struct influx_writer *writer);

#endif
