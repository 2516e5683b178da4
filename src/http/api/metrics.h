/*
 * The parts of GET /metrics that have files of their own: readings (metrics_readings.c) and what
 * was refused (metrics_intake.c). Loop thread.
 */
#ifndef HARVESTER_HTTP_API_METRICS_H
#define HARVESTER_HTTP_API_METRICS_H

#include <jansson.h>
#include <stdint.h>

struct buffer;
struct hub;
struct reading_intake;
struct web;
struct reading_table;

#define WEB_METRICS_SIZE_MAX (4u << 20)	     /* bytes of the whole text … */
#define WEB_METRICS_HUB_SIZE_MAX (16u << 20) /* … and of that of a hub */

/*
 * Append the samples of all readings, at most 7/8 of text->limit bytes. If they need more,
 * each plugin and each other node gets a fair share (base/fair_share.h), and a metric of its own
 * counts the samples that were left out.
 */
void web_metrics_add_readings(struct buffer *text, const struct reading_table *table,
			      uint64_t now_ms);

/* Append the counters of plugins' readings that were refused or changed. NULL appends nothing. */
void web_metrics_add_intake(struct buffer *text, const struct reading_intake *intake);

/*
 * Append the counters of readings that were refused or skipped between nodes. `nodes` is the array
 * of GET /api/v1/nodes, borrowed; NULL appends nothing.
 */
void web_metrics_add_nodes(struct buffer *text, const json_t *nodes);

/* Append the counters of a hub as a whole. NULL appends nothing. */
void web_metrics_add_hub(struct buffer *text, const struct hub *hub);

/* Append the counters of alerts. `alerts` is the answer to GET /api/v1/alerts, borrowed; NULL
 * appends nothing. */
void web_metrics_add_alerts(struct buffer *text, const json_t *alerts);

/* Append the numbers of a cluster. `cluster` is the object of GET /api/v1/cluster, borrowed. */
void web_metrics_add_cluster(struct buffer *text, const json_t *cluster);

/* Append the counters of MQTT. `mqtt` is the object of GET /api/v1/mqtt, borrowed; NULL appends
 * nothing. */
void web_metrics_add_mqtt(struct buffer *text, const json_t *mqtt);

/* Append the counters of the database that readings are written to. `influx` is the object of GET
 * /api/v1/influx, borrowed; NULL appends nothing. */
void web_metrics_add_influx(struct buffer *text, const json_t *influx);

/* Append the numbers of roll-outs: of a hub, or of a node that has one. */
void web_metrics_add_rollouts(struct buffer *text, const struct web *web);

#endif
