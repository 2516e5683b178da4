/*
 * The latest values of a field, for a median or a mean. A plain value: zeroed, it is empty. Any
 * thread.
 */
#ifndef HARVESTER_READING_FILTER_WINDOW_H
#define HARVESTER_READING_FILTER_WINDOW_H

#include <stddef.h>

#include "config/filter.h"

struct filter_window {
	double values[FILTER_WINDOW_MAX];
	size_t count, next; /* next: where the next value goes */
};

/* Add a value; of more than `size` values the oldest is dropped. `size` never changes. */
void filter_window_add(struct filter_window *window, size_t size, double value);

/* Of at least one value. The median of an even number is the mean of the two in the middle. */
double filter_window_median(const struct filter_window *window);
double filter_window_mean(const struct filter_window *window);

#endif
