/*
 * Max-min fairness (Bertsekas and Gallager, Data Networks, 1992, section 6.5.2): who wants little
 * gets all of it, and what is left is shared equally by those who want more. So one who floods
 * costs itself, and nobody else.
 */
#ifndef HARVESTER_BASE_FAIR_SHARE_H
#define HARVESTER_BASE_FAIR_SHARE_H

#include <stddef.h>

/*
 * The most that one may have of `total`, so that all together fit in: the largest cap for which the
 * sum of min(demands[i], cap) is at most `total`; SIZE_MAX when all demands fit. The sum of the
 * demands must not overflow. Any thread.
 */
size_t fair_share_cap(const size_t *demands, size_t count, size_t total);

#endif
