/*
 * Metrics as text for Prometheus: the exposition format, version 0.0.4. A metric's samples stand
 * together, so one is begun, and its samples follow.
 */
#ifndef HARVESTER_HTTP_API_PROMETHEUS_H
#define HARVESTER_HTTP_API_PROMETHEUS_H

#include <stdint.h>

struct buffer;

enum prometheus_type { PROMETHEUS_COUNTER, PROMETHEUS_GAUGE };

/* The name is written with "harvester_" before it; a counter's has to end in "_total". */
void prometheus_begin(struct buffer *text, const char *name, enum prometheus_type type,
		      const char *help);

/*
 * One sample. `labels`: pairs of name and value, NULL at the end; the values may hold anything. A
 * number that is not finite is written as Prometheus wants it.
 */
void prometheus_sample(struct buffer *text, const char *name, const char *const *labels,
		       double value);

/* A metric with one sample and no labels. */
void prometheus_single(struct buffer *text, const char *name, enum prometheus_type type,
		       const char *help, double value);

#endif
