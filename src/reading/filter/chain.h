/*
 * The filters of one field of one sensor, with what they remember: windows, averages, and the value
 * that was let through last. Loop thread. Times are monotonic, in ms.
 */
#ifndef HARVESTER_READING_FILTER_CHAIN_H
#define HARVESTER_READING_FILTER_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/filter.h"

struct filter_chain;

enum filter_outcome {
	FILTER_PASSED,	 /* the value is new */
	FILTER_WITHHELD, /* delta or throttle: the value is the one that was let through before */
	FILTER_REJECTED, /* no value: reject, or the result is not finite */
	FILTER_LATE,	 /* no value: none has reached the timeout for so long */
};

/* Copies the filters. The caller owns the chain; NULL if memory runs out. */
struct filter_chain *filter_chain_create(const struct filter *filters, size_t count);
void filter_chain_destroy(struct filter_chain *chain); /* NULL is allowed */

/* True if the chain has these filters, in this order. */
bool filter_chain_has(const struct filter_chain *chain, const struct filter *filters, size_t count);

/* Pass a finite value through the filters. *ret_value is untouched if there is no value. */
enum filter_outcome filter_chain_apply(struct filter_chain *chain, double value, uint64_t now_ms,
				       double *ret_value);

/* The timeout in seconds if it is over, and no value came since the last call that returned it; 0
 * otherwise. */
double filter_chain_expire(struct filter_chain *chain, uint64_t now_ms);

#endif
