/*
 * Only for reader.c (asking for messages, the cursor, gaps) and reader_take.c (what a message has).
 */
#ifndef HARVESTER_CLUSTER_READER_INTERNAL_H
#define HARVESTER_CLUSTER_READER_INTERNAL_H

#include "cluster/jetstream.h"
#include "cluster/reader.h"

/* reader.c: a number for the name of a message (NULL: none), to compare it with later. */
uint64_t reader_hash(const char *name);

/* reader.c: the answer has ended, and what it had is on the disk, or cannot be. */
void reader_finish_answer(struct reader *reader);

/*
 * reader_take.c: check and store one message. Returns whether it was taken, or refused for good;
 * false if it has to be read again later.
 */
bool reader_take(struct reader *reader, const struct jetstream_item *item);

#endif
