/*
 * A batch: the readings and log lines that a spoke sends to its hub in one request. This file
 * encodes, decodes and checks the JSON of a batch:
 *
 *   {"protocol": 2, "node": "cellar", "stream": "8f02…", "sent_ms": n, "skipped": n,
 *    "readings": [{"sequence": n, "timestamp_ms": n, "sensor": "…", "plugin": "…",
 *                  "simulated": false, "data": {…}}, …],
 *    "logs": [{"sequence": n, "dropped": n,
 *              "lines": [{"time_ms": n, "level": "info", "source": "bme680", "text": "…"}, …]}, …]}
 *
 * An item is one element of "readings" or "logs". Sequences grow within each list. Node, stream and
 * sequence identify an item for ever (store/history/history.h), so a batch may be sent any number
 * of times. One of the two lists may be empty. A batch of protocol 1 has no "logs". A batch is sent
 * compressed (Content-Encoding: gzip).
 *
 * Any thread; use one object on one thread at a time.
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
/* The oldest protocol that a hub accepts. */
#define SPOKE_LINK_PROTOCOL_MIN 1
/* The sensor under which a spoke's own history stores log lines. */
#define SPOKE_LINK_LOG_SENSOR "_log"
#define SPOKE_LINK_ITEMS_MAX 500       /* items of one batch, in each list */
#define SPOKE_LINK_LINES_MAX 64	       /* log lines of one item */
#define SPOKE_LINK_TEXT_MAX (2u << 20) /* bytes of a batch before compression */
/* Bytes of a batch after compression. A hub accepts no larger body. */
#define SPOKE_LINK_BODY_MAX 65536
/*
 * Bytes of the descriptions of a spoke's sensors (reading/catalogue.h) in a hello. Descriptions
 * that do not fit are left out.
 */
#define SPOKE_LINK_DESCRIPTIONS_MAX 49152
#define SPOKE_LINK_DESCRIPTIONS_ID_SIZE 17 /* 16 hexadecimal digits, and the end */
/* The hub refuses a batch if the clocks of node and hub differ by more than this. */
#define SPOKE_LINK_CLOCK_MS_MAX (86400 * 1000)

/* One item of "logs", unchecked. */
struct spoke_link_log {
	uint64_t sequence;
	/* Borrowed from root: at most SPOKE_LINK_LINES_MAX lines. */
	const json_t *lines;
};

/* An answer names so many refused items, and counts all. */
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
	/* Malformed items; the hub adds readings that are not valid. */
	struct spoke_link_refusals refusals;
	json_t *root; /* owned */
};

/*
 * Append a compressed batch to `out`. The batch gets the first *ret_count items of `history`, as
 * many as fit. Log lines (readings of SPOKE_LINK_LOG_SENSOR without a plugin) become items of
 * "logs". ERROR_TOO_LARGE: not even one item fits. ERROR_NO_MEMORY.
 */
int spoke_link_batch_encode(const char *node, uint64_t now_ms, const struct history_batch *history,
			    struct buffer *out, size_t *ret_count);

/* ERROR_UNSUPPORTED: a hub of this version does not accept the protocol. */
int spoke_link_check_protocol(uint64_t protocol, struct error *err);

/*
 * Count an item as refused. The first SPOKE_LINK_REFUSALS_MAX items are listed too, with the reason
 * `why`. `sequence` is 0 if the item has none. `sensor` is NULL if the item has no name that can be
 * shown.
 */
void spoke_link_refuse_item(struct spoke_link_refusals *refusals, uint64_t sequence,
			    const char *sensor, const struct error *why);

/*
 * Decode and check a batch. A malformed item ("reading 3: sequence: …") is added to the refusals,
 * and does not affect the others. The values of readings are not checked here; reading/check.h does
 * that. After success end *ret_batch with spoke_link_batch_finish(). After an error only
 * ret_batch->text_size is set.
 * - ERROR_MALFORMED, ERROR_TOO_LARGE: the batch as a whole is not valid.
 * - ERROR_UNSUPPORTED: another protocol.
 * - ERROR_NO_MEMORY.
 */
int spoke_link_batch_decode(const void *data, size_t size, bool is_gzip,
			    struct spoke_link_batch *ret_batch, struct error *err);
void spoke_link_batch_finish(struct spoke_link_batch *batch);

#endif
