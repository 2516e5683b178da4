/*
 * The name of a message in the log, which the engine and the readers recognize doubles by:
 * "node/stream/first-last" (Nats-Msg-Id). The message has everything that this node's history had
 * of this stream in sequences first to last; retention may have deleted some of it before.
 *
 * Any thread.
 */
#ifndef HARVESTER_CLUSTER_MESSAGE_ID_H
#define HARVESTER_CLUSTER_MESSAGE_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "reading/limits.h"

#define MESSAGE_ID_HEADER "Nats-Msg-Id"
#define MESSAGE_ID_SIZE (READING_NAME_MAX + 64)

struct message_id {
	char node[READING_NAME_MAX + 1];
	uint64_t stream;
	uint64_t first, last; /* 1 <= first <= last */
};

void message_id_write(const struct message_id *id, char ret_text[MESSAGE_ID_SIZE]);

/* False if the text is NULL or no such name; then *ret_id is unchanged. */
bool message_id_read(const char *text, struct message_id *ret_id);

/*
 * The next message of a node: `last` is the one before it (last 0: none), and becomes this one if
 * it goes further. Returns the first sequence that is missing between them; 0: none is.
 */
uint64_t message_id_follow(struct message_id *last, const struct message_id *id);

#endif
