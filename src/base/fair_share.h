/*
 * Divides a limited amount by max-min fairness (Bertsekas and Gallager, Data Networks, 1992,
 * section 6.5.2): a small demand is met in full, and the larger demands share the rest equally. So
 * a plugin that demands too much takes nothing from the others.
 */
#ifndef HARVESTER_BASE_FAIR_SHARE_H
#define HARVESTER_BASE_FAIR_SHARE_H

#include <stddef.h>

/*
 * Return the most that one demand may get of `total`: the largest cap for which the sum of
 * min(demands[i], cap) is at most `total`; SIZE_MAX if all demands fit. The sum of the demands must
 * not overflow. Any thread.
 */
size_t fair_share_cap(const size_t *demands, size_t count, size_t total);

#endif
