/*
 * A batch of readings on its way from a spoke to its hub, as JSON:
 *
 *   {"protocol": 1, "node": "cellar", "stream": "8f02…", "sent_ms": n, "skipped": n,
 *    "readings": [{"sequence": n, "timestamp_ms": n, "sensor": "…", "plugin": "…",
 *                  "simulated": false, "data": {…}}, …]}
 *
 * It travels compressed (Content-Encoding: gzip). Sequences grow within a batch; (node, stream,
 * sequence) names a reading for good, so that a batch may be sent any number of times.
 */
#ifndef HARVESTER_OUTPUT_UPLINK_BATCH_H
#define HARVESTER_OUTPUT_UPLINK_BATCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reading/reading.h"
#include "store/history_item.h"

struct buffer;
struct error;
struct history_batch;

#define UPLINK_PROTOCOL 1
#define UPLINK_ITEMS_MAX 500		   /* of one batch */
#define UPLINK_TEXT_MAX (2u << 20)	   /* bytes of a batch before compression */
#define UPLINK_BODY_MAX 65536		   /* and after: what a hub takes of one request */
#define UPLINK_CLOCK_MS_MAX (86400 * 1000) /* a node whose clock is further off is refused */

struct uplink_batch {
	char node[READING_NAME_MAX + 1];
	uint64_t stream;
	uint64_t sent_ms; /* by the node's clock */
	uint64_t skipped; /* readings that the node had to roll up before they could be sent */
	struct history_item *items; /* owned; names and data are borrowed from root */
	size_t count;
	json_t *root; /* owned */
};

/*
 * As many items of `history` from its start as fit; *ret_count says how many. Into out, compressed.
 * ERROR_NO_MEMORY, ERROR_TOO_LARGE.
 */
int uplink_batch_encode(const char *node, uint64_t now_ms, const struct history_batch *history,
			struct buffer *out, size_t *ret_count);

/*
 * ERROR_MALFORMED with the place ("reading 3: sequence: …"), ERROR_TOO_LARGE, ERROR_UNSUPPORTED for
 * another protocol. The caller calls uplink_batch_finish() after success.
 */
int uplink_batch_decode(const void *data, size_t size, bool is_gzip, struct uplink_batch *ret_batch,
			struct error *err);
void uplink_batch_finish(struct uplink_batch *batch);

#endif
