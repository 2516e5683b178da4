/*
 * What a spoke sends to its hub, as JSON:
 *
 *   {"protocol": 2, "node": "cellar", "stream": "8f02…", "sent_ms": n, "skipped": n,
 *    "readings": [{"sequence": n, "timestamp_ms": n, "sensor": "…", "plugin": "…",
 *                  "simulated": false, "data": {…}}, …],
 *    "logs": [{"sequence": n, "dropped": n,
 *              "lines": [{"time_ms": n, "level": "info", "source": "bme680", "text": "…"}, …]}, …]}
 *
 * It travels compressed (Content-Encoding: gzip). Sequences grow within each list; (node, stream,
 * sequence) names an item for good, so that a batch may be sent any number of times. One of the two
 * lists may be empty. A batch of protocol 1 has no "logs".
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
/* of an older spoke: its readings are taken */
#define SPOKE_LINK_PROTOCOL_MIN 1
/* under which a spoke's own history keeps log lines */
#define SPOKE_LINK_LOG_SENSOR "_log"
#define SPOKE_LINK_ITEMS_MAX 500       /* of one batch, in each list */
#define SPOKE_LINK_LINES_MAX 64	       /* log lines of one item */
#define SPOKE_LINK_TEXT_MAX (2u << 20) /* bytes of a batch before compression */
/* and after: what a hub takes of one request */
#define SPOKE_LINK_BODY_MAX 65536
/* a node whose clock is further off is refused */
#define SPOKE_LINK_CLOCK_MS_MAX (86400 * 1000)

/* Log lines, as the node has sent them: nothing in them is checked. */
struct spoke_link_log {
	uint64_t sequence;
	const json_t *lines; /* borrowed from root: a list of at most SPOKE_LINK_LINES_MAX */
};

/* reasons in one answer; further items are counted alone */
#define SPOKE_LINK_REFUSALS_MAX 32

/* Items of a batch that were not taken. */
struct spoke_link_refusals {
	size_t count;
	json_t *list; /* owned: [{"sequence": n|null, "sensor": text|null, "reason": text}, …];
			 NULL: none */
};

struct spoke_link_batch {
	char node[READING_NAME_MAX + 1];
	uint64_t stream;
	uint64_t sent_ms; /* by the node's clock */
	uint64_t skipped; /* readings that the node had to roll up before they could be sent */
	struct history_item *items; /* owned; names and data are borrowed from root */
	size_t count;
	struct spoke_link_log *logs; /* owned */
	size_t logs_count;
	struct spoke_link_refusals
		refusals; /* what of it was no item, or is no acceptable reading */
	json_t *root;	  /* owned */
};

/*
 * As many items of `history` from its start as fit; *ret_count says how many. Into out, compressed.
 * This node's log lines (SPOKE_LINK_LOG_SENSOR, of no plugin) become the batch's logs.
 * ERROR_NO_MEMORY, ERROR_TOO_LARGE.
 */
int spoke_link_batch_encode(const char *node, uint64_t now_ms, const struct history_batch *history,
			    struct buffer *out, size_t *ret_count);

/* ERROR_UNSUPPORTED for a version of this protocol that a hub does not take. */
int spoke_link_check_protocol(uint64_t protocol, struct error *err);

/*
 * Count one item as refused for this reason, which is kept with the first SPOKE_LINK_REFUSALS_MAX.
 * sequence: 0 if it has none; sensor: NULL if it has none that can be shown.
 */
void spoke_link_refuse_item(struct spoke_link_refusals *refusals, uint64_t sequence,
			    const char *sensor, const struct error *why);

/*
 * An item that is none ("reading 3: sequence: …") is among the batch's refusals, and costs no other
 * one; whether its data is acceptable is not looked at (reading/check.h). ERROR_MALFORMED,
 * ERROR_TOO_LARGE: the whole is no batch; ERROR_UNSUPPORTED for another protocol. The caller calls
 * spoke_link_batch_finish() after success.
 */
int spoke_link_batch_decode(const void *data, size_t size, bool is_gzip,
			    struct spoke_link_batch *ret_batch, struct error *err);
void spoke_link_batch_finish(struct spoke_link_batch *batch);

#endif
