/*
 * The groups of a roll-out: "1,10%,rest" stands for one node first, then for a tenth of all nodes,
 * then for the rest. Plain values; any thread.
 */
#ifndef HARVESTER_ROLLOUT_GROUPS_H
#define HARVESTER_ROLLOUT_GROUPS_H

#include <stddef.h>

struct error;

#define ROLLOUT_GROUPS_MAX 16
#define ROLLOUT_GROUPS_TEXT_MAX 128
/* One node meets a new version first; if it works there, a tenth of the nodes, then the rest. */
#define ROLLOUT_GROUPS_DEFAULT "1,10%,rest"

/*
 * Divide `nodes` nodes into groups. Each part of `text` is a number of nodes, a percentage of all
 * nodes (rounded up) or "rest". What the parts leave over is one more group; groups that would be
 * empty are left out. ret_sizes receives the number of nodes of each group. ERROR_INVALID for any
 * other text; ERROR_TOO_LARGE for more than ROLLOUT_GROUPS_MAX groups.
 */
int rollout_groups_parse(const char *text, size_t nodes, size_t ret_sizes[ROLLOUT_GROUPS_MAX],
			 size_t *ret_count, struct error *err);

#endif
