/*
 * The notices that wait to be sent: for each channel in the order in which they came, and in groups
 * of those that are sent as one message. A group is formed once and kept, so that a message is
 * exactly the same when it is sent again after a failure or a restart. Knows no clock and no
 * network. Loop thread.
 */
#ifndef HARVESTER_ALERT_OUTBOX_H
#define HARVESTER_ALERT_OUTBOX_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "alert/owners.h"

struct alert_outbox;

#define ALERT_OUTBOX_MAX 512  /* notices of all channels */
#define ALERT_ID_SIZE 33      /* 32 hexadecimal digits */
#define ALERT_CHANNEL_SIZE 65 /* RULE_LABEL */

struct alert_letter {
	TAILQ_ENTRY(alert_letter) link;
	char id[ALERT_ID_SIZE];
	char group[ALERT_ID_SIZE]; /* the first notice of the group; "" until it is formed */
	char channel[ALERT_CHANNEL_SIZE];
	struct alert_owner *owner; /* borrowed from the outbox: who caused it */
	json_t *notice;		   /* owned */
	uint64_t number;	   /* of the journal: when its record is on the disk */
};

/* NULL if memory runs out. */
struct alert_outbox *alert_outbox_create(void);
void alert_outbox_destroy(struct alert_outbox *outbox); /* NULL is allowed */

/*
 * Add a notice at the end; takes a reference to it. If the outbox is full, on_dropped(arg, letter)
 * is called for the newest ungrouped notice of the owner that has most (perhaps the new one), which
 * is then freed. Returns the new letter, borrowed; NULL if it was dropped or memory ran out.
 */
typedef void alert_letter_dropped(void *arg, const struct alert_letter *letter);
struct alert_letter *alert_outbox_add(struct alert_outbox *outbox, const char *channel,
				      const char *id, const char *owner, json_t *notice,
				      alert_letter_dropped *on_dropped, void *arg);

/* The record of a letter, and a letter of a record that was kept. The caller owns the record.
 * ERROR_MALFORMED, ERROR_TOO_LARGE if the outbox is full, ERROR_NO_MEMORY. */
json_t *alert_letter_record(const struct alert_letter *letter);
/* The key of the record. */
void alert_letter_key(const struct alert_letter *letter, char *ret_key, size_t size);
int alert_outbox_restore(struct alert_outbox *outbox, const json_t *record);

/* The first letter of a channel; NULL if none waits. */
struct alert_letter *alert_outbox_first(const struct alert_outbox *outbox, const char *channel);

/* Returns the letter that follows `letter` in its group; NULL after the last letter. */
struct alert_letter *alert_outbox_next(const struct alert_letter *letter);

/* Form a group of the channel's first letters, at most `size`, unless the first has one. Calls
 * on_grouped(arg, letter) for each letter of a new group. */
void alert_outbox_group(struct alert_outbox *outbox, const char *channel, size_t size,
			void (*on_grouped)(void *arg, struct alert_letter *letter), void *arg);

void alert_outbox_remove(struct alert_outbox *outbox, struct alert_letter *letter);

/* Returns the first letter whose channel is not in the list `channels`, which NULL ends; NULL if
 * all letters have one of these channels. */
struct alert_letter *alert_outbox_stray(const struct alert_outbox *outbox,
					const char *const *channels);

/* How many wait for one channel, and in all. */
size_t alert_outbox_waiting(const struct alert_outbox *outbox, const char *channel);
size_t alert_outbox_count(const struct alert_outbox *outbox);

#endif
