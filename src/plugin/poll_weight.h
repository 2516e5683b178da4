/*
 * How much a poll returned: one measure for both kinds of plugins. It decides where an answer is
 * converted (poll_job.h), whether it has too many values, and what the plugin is charged for it
 * (pace.c). Any thread.
 */
#ifndef HARVESTER_PLUGIN_POLL_WEIGHT_H
#define HARVESTER_PLUGIN_POLL_WEIGHT_H

#include <cbor.h>
#include <stdbool.h>
#include <stddef.h>

struct poll_weight {
	size_t values; /* lists and records count too; a key does not */
	size_t bytes;  /* of texts and keys */
};

/* What it costs to parse, check, store and show it, in bytes: each value counts as 16. */
size_t poll_weight_cost(struct poll_weight weight);

/*
 * Weigh `value`. If is_json, it is the JSON text of a .py plugin, else the value of a component. Of
 * JSON text, which is not parsed, an escaped character counts as it is written, and an empty list
 * or record as two values. Stops beyond a cost of `limit`.
 */
struct poll_weight poll_weigh(const cbor_item_t *value, bool is_json, size_t limit);

#endif
