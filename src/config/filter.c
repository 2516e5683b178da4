#include "config/filter.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "config/config.h"
#include "config/schema.h"
#include "config/suggest.h"

static const char *const names[FILTER_KINDS] = {
	[FILTER_OFFSET] = "offset",
	[FILTER_MULTIPLY] = "multiply",
	[FILTER_LINEAR] = "linear",
	[FILTER_MEDIAN] = "median",
	[FILTER_MOVING_AVERAGE] = "moving_average",
	[FILTER_EXPONENTIAL] = "exponential",
	[FILTER_DELTA] = "delta",
	[FILTER_THROTTLE] = "throttle",
	[FILTER_CLAMP] = "clamp",
	[FILTER_REJECT] = "reject",
	[FILTER_TIMEOUT] = "timeout",
};

#define CHAIN_EXPECTED "an array of filters, such as [{offset = -0.5}, {median = 5}]"
#define POINTS_EXPECTED "2 to 16 points [measured, true], such as [[0.0, 0.4], [100.0, 99.2]]"

const char *filter_name(enum filter_kind kind)
{
	return names[kind];
}

static bool is_same(double a, double b)
{
	return !(a < b) && !(a > b);
}

bool filter_equals(const struct filter *a, const struct filter *b)
{
	bool equal = a->kind == b->kind && is_same(a->number, b->number) &&
		     is_same(a->low, b->low) && is_same(a->high, b->high) &&
		     a->window == b->window && a->points_count == b->points_count;

	for (size_t i = 0; equal && i < a->points_count; i++)
		equal = is_same(a->points[i].measured, b->points[i].measured) &&
			is_same(a->points[i].truth, b->points[i].truth);
	return equal;
}

/* The values of one filter */

static bool to_number(const struct toml_node *node, double *ret_number)
{
	if (node->kind != TOML_INTEGER && node->kind != TOML_FLOAT)
		return false;
	*ret_number = node->kind == TOML_INTEGER ? (double)node->integer : node->number;
	return isfinite(*ret_number);
}

static bool read_number(struct schema_reader *reader, struct toml_node *node, const char *path,
			struct filter *filter, double high)
{
	bool is_positive = filter->kind != FILTER_OFFSET && filter->kind != FILTER_MULTIPLY;

	if (to_number(node, &filter->number) &&
	    (!is_positive || (filter->number > 0 && filter->number <= high)))
		return true;
	schema_refuse(reader, node, path,
		      !is_positive  ? "a number"
		      : isinf(high) ? "a number above 0"
		      : !(high > 1) ? "a number above 0, at most 1"
				    : "a number of seconds above 0, at most 86400");
	return false;
}

static bool read_window(struct schema_reader *reader, struct toml_node *node, const char *path,
			struct filter *filter)
{
	if (node->kind != TOML_INTEGER || node->integer < 2 || node->integer > FILTER_WINDOW_MAX) {
		schema_refuse(reader, node, path, "a number of values from 2 to 255");
		return false;
	}
	filter->window = (unsigned)node->integer;
	return true;
}

/* Two numbers in an array */
static bool to_pair(const struct toml_node *node, double *ret_first, double *ret_second)
{
	return node->kind == TOML_ARRAY && node->count == 2 && to_number(node->first, ret_first) &&
	       to_number(node->first->next, ret_second);
}

static bool read_range(struct schema_reader *reader, struct toml_node *node, const char *path,
		       struct filter *filter)
{
	if (to_pair(node, &filter->low, &filter->high) && filter->low < filter->high)
		return true;
	schema_refuse(reader, node, path, "[low, high] with low below high, such as [0, 100]");
	return false;
}

/* Insert by the measured value. False if it has a point already. */
static bool add_point(struct filter *filter, const struct filter_point *point)
{
	size_t at = filter->points_count;

	while (at && filter->points[at - 1].measured > point->measured)
		at--;
	if (at && is_same(filter->points[at - 1].measured, point->measured))
		return false;
	memmove(&filter->points[at + 1], &filter->points[at],
		(filter->points_count - at) * sizeof(*point));
	filter->points[at] = *point;
	filter->points_count++;
	return true;
}

static bool read_points(struct schema_reader *reader, struct toml_node *node, const char *path,
			struct filter *filter)
{
	struct filter_point point;

	if (node->kind != TOML_ARRAY || node->count < 2 || node->count > FILTER_POINTS_MAX) {
		schema_refuse(reader, node, path, POINTS_EXPECTED);
		return false;
	}
	for (struct toml_node *item = node->first; item; item = item->next) {
		if (!to_pair(item, &point.measured, &point.truth)) {
			schema_refuse(reader, item, path, POINTS_EXPECTED);
			return false;
		}
		if (!add_point(filter, &point)) {
			schema_complain(reader, item,
					"%s: two points measure %g: keep one of the two", path,
					point.measured);
			return false;
		}
	}
	return true;
}

static bool read_value(struct schema_reader *reader, struct toml_node *node, const char *path,
		       struct filter *filter)
{
	switch (filter->kind) {
	case FILTER_LINEAR:
		return read_points(reader, node, path, filter);
	case FILTER_MEDIAN:
	case FILTER_MOVING_AVERAGE:
		return read_window(reader, node, path, filter);
	case FILTER_CLAMP:
	case FILTER_REJECT:
		return read_range(reader, node, path, filter);
	case FILTER_EXPONENTIAL:
		return read_number(reader, node, path, filter, 1);
	case FILTER_THROTTLE:
	case FILTER_TIMEOUT:
		return read_number(reader, node, path, filter, FILTER_SECONDS_MAX);
	default:
		return read_number(reader, node, path, filter, HUGE_VAL);
	}
}

/* The chain */

static bool find_kind(struct schema_reader *reader, struct toml_node *node, const char *path,
		      enum filter_kind *ret_kind)
{
	struct suggestion suggestion;

	suggestion_init(&suggestion, node->key);
	for (int i = 0; i < FILTER_KINDS; i++) {
		if (!strcmp(names[i], node->key)) {
			*ret_kind = (enum filter_kind)i;
			return true;
		}
		suggestion_offer(&suggestion, names[i]);
	}
	if (suggestion.best)
		schema_complain(reader, node, "%s: unknown filter, did you mean %s?", path,
				suggestion.best);
	else
		schema_complain(reader, node,
				"%s: unknown filter, known here: offset, multiply, linear, median, "
				"moving_average, exponential, delta, throttle, clamp, reject, "
				"timeout",
				path);
	return false;
}

static bool read_filter(struct schema_reader *reader, struct toml_node *node, const char *path,
			struct filter *ret_filter)
{
	char child_path[SCHEMA_PATH_SIZE];
	struct toml_node *value = node->first;

	*ret_filter = (struct filter){0};
	if (node->kind != TOML_TABLE || node->count != 1) {
		schema_refuse(reader, node, path, "one filter, such as {offset = -0.5}");
		return false;
	}
	schema_join(child_path, path, value->key);
	return find_kind(reader, value, child_path, &ret_filter->kind) &&
	       read_value(reader, value, child_path, ret_filter);
}

static bool has_timeout(const struct config_field *field)
{
	for (size_t i = 0; i < field->filters_count; i++)
		if (field->filters[i].kind == FILTER_TIMEOUT)
			return true;
	return false;
}

void filter_read_chain(struct schema_reader *reader, struct toml_node *node, const char *path,
		       void *target)
{
	struct config_field *field = target;
	struct filter filter;

	if (node->kind != TOML_ARRAY || node->count > FILTERS_MAX) {
		schema_refuse(reader, node, path,
			      node->kind == TOML_ARRAY ? "at most 16 filters" : CHAIN_EXPECTED);
		return;
	}
	for (struct toml_node *item = node->first; item; item = item->next) {
		if (!read_filter(reader, item, path, &filter))
			continue;
		if (filter.kind == FILTER_TIMEOUT && has_timeout(field))
			schema_complain(reader, item, "%s: has two timeouts: keep one", path);
		else
			field->filters[field->filters_count++] = filter;
	}
}
