/*
 * The filters of a sensor's field, as the configuration lists them: [sensors.ID.fields.FIELD]
 * filters. reading/filter/ applies them.
 */
#ifndef HARVESTER_CONFIG_FILTER_H
#define HARVESTER_CONFIG_FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct config_field;
struct schema_reader;
struct toml_node;

#define FILTERS_MAX 16	     /* of one field */
#define FILTER_POINTS_MAX 16 /* of "linear" */
#define FILTER_WINDOW_MAX 255
#define FILTER_SECONDS_MAX 86400

enum filter_kind {
	FILTER_OFFSET,	       /* number */
	FILTER_MULTIPLY,       /* number */
	FILTER_LINEAR,	       /* points */
	FILTER_MEDIAN,	       /* window */
	FILTER_MOVING_AVERAGE, /* window */
	FILTER_EXPONENTIAL,    /* number: the weight of a new value, above 0 to 1 */
	FILTER_DELTA,	       /* number: the least change that is let through, above 0 */
	FILTER_THROTTLE,       /* number: seconds between two values, above 0 */
	FILTER_CLAMP,	       /* low, high */
	FILTER_REJECT,	       /* low, high */
	FILTER_TIMEOUT,	       /* number: seconds without a value, above 0 */
	FILTER_KINDS
};

struct filter_point {
	double measured, truth;
};

struct filter {
	enum filter_kind kind;
	double number;
	double low, high;
	unsigned window;			       /* values, 2..FILTER_WINDOW_MAX */
	struct filter_point points[FILTER_POINTS_MAX]; /* by `measured`, which differ */
	size_t points_count;			       /* 2..FILTER_POINTS_MAX */
};

/* The filter's name in the configuration: "moving_average". */
const char *filter_name(enum filter_kind kind);

/* True if both filters are the same, so that one can go on with the other's state. */
bool filter_equals(const struct filter *a, const struct filter *b);

/* Read the array `filters`; for the table of keys of [sensors.ID.fields.FIELD]. `target` is a
 * struct config_field. */
void filter_read_chain(struct schema_reader *reader, struct toml_node *node, const char *path,
		       void *target);

#endif
