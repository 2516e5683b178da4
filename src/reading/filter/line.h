/*
 * Calibration by points: a line through each two neighbours. Any thread.
 */
#ifndef HARVESTER_READING_FILTER_LINE_H
#define HARVESTER_READING_FILTER_LINE_H

#include <stddef.h>

#include "config/filter.h"

/* The true value for `measured`. Beyond the first and last point, their lines go on. `points`: at
 * least 2, by ascending `measured`. */
double filter_line_at(const struct filter_point *points, size_t count, double measured);

#endif
