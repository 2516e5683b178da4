#include "reading/filter/window.h"

#include <stdlib.h>
#include <string.h>

void filter_window_add(struct filter_window *window, size_t size, double value)
{
	window->values[window->next] = value;
	window->next = (window->next + 1) % size;
	if (window->count < size)
		window->count++;
}

static int compare(const void *a, const void *b)
{
	double one, other;

	memcpy(&one, a, sizeof(one));
	memcpy(&other, b, sizeof(other));
	return (one > other) - (one < other);
}

double filter_window_median(const struct filter_window *window)
{
	double sorted[FILTER_WINDOW_MAX];
	size_t middle = window->count / 2;

	memcpy(sorted, window->values, window->count * sizeof(*sorted));
	qsort(sorted, window->count, sizeof(*sorted), compare);
	if (window->count % 2)
		return sorted[middle];
	return sorted[middle - 1] + (sorted[middle] - sorted[middle - 1]) / 2;
}

/* The sum is made again each time, so that rounding errors do not add up over months. */
double filter_window_mean(const struct filter_window *window)
{
	double sum = 0;

	for (size_t i = 0; i < window->count; i++)
		sum += window->values[i] / (double)window->count;
	return sum;
}
