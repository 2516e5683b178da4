/*
 * A batch: the readings and log lines that a spoke sends to its hub in one request. This file
 * encodes, decodes and checks its JSON:
 *
 *   {"protocol": 2, "node": "cellar", "stream": "8f02…", "sent_ms": n, "skipped": n,
 *    "readings": [{"sequence": n, "timestamp_ms": n, "sensor": "…", "plugin": "…",
 *                  "simulated": false, "data": {…}}, …],
 *    "logs": [{"sequence": n, "dropped": n,
 *              "lines": [{"time_ms": n, "level": "info", "source": "bme680", "text": "…"}, …]}, …]}
 *
 * It is sent compressed (Content-Encoding: gzip). Sequences grow within each list. Node, stream
 * and sequence identify an item forever, so a batch may be sent any number of times. One of the
 * two lists may be empty. A batch of protocol 1 has no "logs".
 *
 * Any thread, one at a time for one object.
 */
#ifndef HARVESTER_LINK_BATCH_H
#define HARVESTER_LINK_BATCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reading/reading.h"
#include "store/history/item.h"

struct buffer;
struct error;
struct history_batch;

#define SPOKE_LINK_PROTOCOL 2
/* Older spokes, whose readings the hub still accepts. */
#define SPOKE_LINK_PROTOCOL_MIN 1
/* The sensor under which a spoke's own history stores log lines. */
#define SPOKE_LINK_LOG_SENSOR "_log"
#define SPOKE_LINK_ITEMS_MAX 500       /* items of one batch, in each list */
#define SPOKE_LINK_LINES_MAX 64	       /* log lines of one item */
#define SPOKE_LINK_TEXT_MAX (2u << 20) /* bytes of a batch before compression */
/* Bytes of a batch after compression: the largest body that a hub accepts. */
#define SPOKE_LINK_BODY_MAX 65536
/* The hub refuses a node whose clock differs by more. */
#define SPOKE_LINK_CLOCK_MS_MAX (86400 * 1000)

/* Log lines as the node sent them, unchecked. */
struct spoke_link_log {
	uint64_t sequence;
	/* Borrowed from root: a JSON array of at most SPOKE_LINK_LINES_MAX lines. */
	const json_t *lines;
};

/* Refused items that one answer names with a reason; further ones are only counted. */
#define SPOKE_LINK_REFUSALS_MAX 32

/* The items of a batch that the hub refused. */
struct spoke_link_refusals {
	size_t count;
	json_t *list; /* owned: [{"sequence": n|null, "sensor": text|null, "reason": text}, …];
			 NULL: none */
};

struct spoke_link_batch {
	size_t text_size; /* bytes of the body, uncompressed */
	char node[READING_NAME_MAX + 1];
	uint64_t stream;
	uint64_t sent_ms; /* by the node's clock */
	uint64_t skipped; /* readings that the node's retention deleted before they were sent */
	struct history_item *items; /* owned; names and data are borrowed from root */
	size_t count;
	struct spoke_link_log *logs; /* owned */
	size_t logs_count;
	struct spoke_link_refusals refusals; /* items that are malformed or no valid reading */
	json_t *root;			     /* owned */
};

/*
 * Append a compressed batch to `out`, with as many items of `history`, from its first, as fit;
 * *ret_count says how many. This node's log lines (sensor SPOKE_LINK_LOG_SENSOR, no plugin) become
 * the batch's logs. ERROR_NO_MEMORY, ERROR_TOO_LARGE if not even one item fits.
 */
int spoke_link_batch_encode(const char *node, uint64_t now_ms, const struct history_batch *history,
			    struct buffer *out, size_t *ret_count);

/* ERROR_UNSUPPORTED unless a hub of this version accepts this protocol. */
int spoke_link_check_protocol(uint64_t protocol, struct error *err);

/*
 * Count one item as refused, and list it with the reason `why` if it is among the first
 * SPOKE_LINK_REFUSALS_MAX. `sequence` is 0 if the item has none; `sensor` is NULL if it has none
 * that can be shown.
 */
void spoke_link_refuse_item(struct spoke_link_refusals *refusals, uint64_t sequence,
			    const char *sensor, const struct error *why);

/*
 * Decode and check a batch. A malformed item ("reading 3: sequence: …") is added to the batch's
 * refusals and does not affect the others; the values of readings are not checked (reading/check.h
 * does that). ERROR_MALFORMED, ERROR_TOO_LARGE if the batch as a whole is invalid,
 * ERROR_UNSUPPORTED for another protocol, ERROR_NO_MEMORY. After success the caller calls
 * spoke_link_batch_finish(). On failure only ret_batch->text_size is set.
 */
int spoke_link_batch_decode(const void *data, size_t size, bool is_gzip,
			    struct spoke_link_batch *ret_batch, struct error *err);
void spoke_link_batch_finish(struct spoke_link_batch *batch);

#endif
