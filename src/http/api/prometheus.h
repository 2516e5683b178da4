/*
 * Writes metrics in Prometheus' text exposition format, version 0.0.4. All samples of a metric must
 * follow each other: call prometheus_begin() once for a metric, then prometheus_sample() for each
 * of its samples. Loop thread.
 */
#ifndef HARVESTER_HTTP_API_PROMETHEUS_H
#define HARVESTER_HTTP_API_PROMETHEUS_H

#include <stdint.h>

struct buffer;

enum prometheus_type { PROMETHEUS_COUNTER, PROMETHEUS_GAUGE };

/* Begin a metric. "harvester_" is put before `name`; a counter's name must end in "_total". */
void prometheus_begin(struct buffer *text, const char *name, enum prometheus_type type,
		      const char *help);

/* The same for a metric whose name ends in the unit `unit`, with the comment that OpenMetrics has
 * for it. */
void prometheus_begin_unit(struct buffer *text, const char *name, enum prometheus_type type,
			   const char *unit, const char *help);

/*
 * Write one sample of the metric `name`. `labels` are pairs of name and value with NULL at the end,
 * or NULL for none; the values may be any text and are escaped. `value` may be NaN or infinite.
 */
void prometheus_sample(struct buffer *text, const char *name, const char *const *labels,
		       double value);

/* A metric with one sample and no labels. */
void prometheus_single(struct buffer *text, const char *name, enum prometheus_type type,
		       const char *help, double value);

#endif
