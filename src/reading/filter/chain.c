#include "reading/filter/chain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "reading/filter/line.h"
#include "reading/filter/window.h"

/* One filter and what it remembers. */
struct stage {
	struct filter filter;
	struct filter_window window; /* of median and moving_average */
	double last;		     /* of exponential: the average; of delta: what passed last */
	uint64_t last_ms;	     /* of throttle and timeout */
	bool has_last;
	bool has_expired; /* of timeout: filter_chain_expire() has told it */
};

struct filter_chain {
	size_t count;
	double passed; /* the value that came out last; valid if has_passed */
	bool has_passed;
	struct stage stages[];
};

struct filter_chain *filter_chain_create(const struct filter *filters, size_t count)
{
	struct filter_chain *chain = calloc(1, sizeof(*chain) + count * sizeof(*chain->stages));

	if (!chain)
		return NULL;
	chain->count = count;
	for (size_t i = 0; i < count; i++)
		chain->stages[i].filter = filters[i];
	return chain;
}

void filter_chain_destroy(struct filter_chain *chain)
{
	free(chain);
}

bool filter_chain_has(const struct filter_chain *chain, const struct filter *filters, size_t count)
{
	bool has = chain->count == count;

	for (size_t i = 0; has && i < count; i++)
		has = filter_equals(&chain->stages[i].filter, &filters[i]);
	return has;
}

static double average(struct stage *stage, double value)
{
	double weight = stage->filter.number;

	if (stage->has_last)
		value = weight * value + (1 - weight) * stage->last;
	stage->has_last = true;
	stage->last = value;
	return value;
}

static bool passes_delta(struct stage *stage, double value)
{
	if (stage->has_last && fabs(value - stage->last) < stage->filter.number)
		return false;
	stage->has_last = true;
	stage->last = value;
	return true;
}

static bool passes_throttle(struct stage *stage, uint64_t now_ms)
{
	if (stage->has_last && (double)(now_ms - stage->last_ms) < stage->filter.number * 1000)
		return false;
	stage->has_last = true;
	stage->last_ms = now_ms;
	return true;
}

static void restart_timeout(struct stage *stage, uint64_t now_ms)
{
	stage->has_last = true;
	stage->has_expired = false;
	stage->last_ms = now_ms;
}

static enum filter_outcome run(struct stage *stage, uint64_t now_ms, double *value)
{
	const struct filter *filter = &stage->filter;

	switch (filter->kind) {
	case FILTER_OFFSET:
		*value += filter->number;
		break;
	case FILTER_MULTIPLY:
		*value *= filter->number;
		break;
	case FILTER_LINEAR:
		*value = filter_line_at(filter->points, filter->points_count, *value);
		break;
	case FILTER_MEDIAN:
		filter_window_add(&stage->window, filter->window, *value);
		*value = filter_window_median(&stage->window);
		break;
	case FILTER_MOVING_AVERAGE:
		filter_window_add(&stage->window, filter->window, *value);
		*value = filter_window_mean(&stage->window);
		break;
	case FILTER_EXPONENTIAL:
		*value = average(stage, *value);
		break;
	case FILTER_DELTA:
		return passes_delta(stage, *value) ? FILTER_PASSED : FILTER_WITHHELD;
	case FILTER_THROTTLE:
		return passes_throttle(stage, now_ms) ? FILTER_PASSED : FILTER_WITHHELD;
	case FILTER_CLAMP:
		*value = fmin(fmax(*value, filter->low), filter->high);
		break;
	case FILTER_REJECT:
		return *value >= filter->low && *value <= filter->high ? FILTER_PASSED
								       : FILTER_REJECTED;
	case FILTER_TIMEOUT:
		restart_timeout(stage, now_ms);
		break;
	case FILTER_KINDS:
		break;
	}
	return isfinite(*value) ? FILTER_PASSED : FILTER_REJECTED;
}

static bool is_late(const struct stage *stage, uint64_t now_ms)
{
	return stage->filter.kind == FILTER_TIMEOUT && stage->has_last &&
	       (double)(now_ms - stage->last_ms) >= stage->filter.number * 1000;
}

static bool has_late_stage(const struct filter_chain *chain, uint64_t now_ms)
{
	for (size_t i = 0; i < chain->count; i++)
		if (is_late(&chain->stages[i], now_ms))
			return true;
	return false;
}

/* Without the rounding errors of the filters, which would show as 21.199999999999999. */
static double rounded(double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.12g", value);
	return strtod(text, NULL);
}

enum filter_outcome filter_chain_apply(struct filter_chain *chain, double value, uint64_t now_ms,
				       double *ret_value)
{
	enum filter_outcome outcome = FILTER_PASSED;

	for (size_t i = 0; outcome == FILTER_PASSED && i < chain->count; i++)
		outcome = run(&chain->stages[i], now_ms, &value);
	if (outcome == FILTER_PASSED) {
		chain->passed = rounded(value);
		chain->has_passed = true;
	}
	if (outcome == FILTER_REJECTED)
		return outcome;
	if (has_late_stage(chain, now_ms) || !chain->has_passed)
		return FILTER_LATE;
	*ret_value = chain->passed;
	return outcome;
}

double filter_chain_expire(struct filter_chain *chain, uint64_t now_ms)
{
	for (size_t i = 0; i < chain->count; i++) {
		struct stage *stage = &chain->stages[i];

		if (!is_late(stage, now_ms) || stage->has_expired)
			continue;
		stage->has_expired = true;
		return stage->filter.number;
	}
	return 0;
}
