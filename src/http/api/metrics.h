/*
 * What the files of /metrics share. Loop thread.
 */
#ifndef HARVESTER_HTTP_API_METRICS_H
#define HARVESTER_HTTP_API_METRICS_H

#include <jansson.h>
#include <stdint.h>

struct buffer;
struct reading_intake;
struct reading_table;

#define WEB_METRICS_SIZE_MAX (4u << 20) /* bytes of the whole text */

/*
 * Append the samples of all readings, at most seven eighths of WEB_METRICS_SIZE_MAX. Where they are
 * more, each plugin and each other node gets its fair share (base/fair_share.h), and what is left
 * out is counted in a metric of its own.
 */
void web_metrics_add_readings(struct buffer *text, const struct reading_table *table,
			      uint64_t now_ms);

/* What plugins gave that was not acceptable. NULL: nothing is known of that. */
void web_metrics_add_intake(struct buffer *text, const struct reading_intake *intake);

/* What was refused and skipped between nodes; `nodes` as GET /api/v1/nodes has them. */
void web_metrics_add_nodes(struct buffer *text, const json_t *nodes);

#endif
