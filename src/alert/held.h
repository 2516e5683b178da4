/*
 * The notices that a member of a cluster delays while another member leads. All members judge the
 * readings of all nodes, but only the leader tells people. The others delay their notices for
 * ALERT_HOLD_MS. In that time a new leader is found if the old one dies, and it then tells what
 * the old one no longer could:
 *
 *	this node leads		tell
 *	another leads		drop after ALERT_HOLD_MS: the leader has told it
 *	none is known		tell after ALERT_HOLD_MS: better twice than never
 *
 * So people are told once, unless a leader dies within ALERT_HOLD_MS after it has told them: then
 * its successor tells them again. Knows no clock. Loop thread.
 */
#ifndef HARVESTER_ALERT_HELD_H
#define HARVESTER_ALERT_HELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define ALERT_HOLD_MS 20000
#define ALERT_HELD_MAX 512 /* further notices push out the oldest */

/* ALONE: this node is in no cluster. LEADS: it is the leader. FOLLOWS: another node is. NO_LEADER:
 * none is known. */
enum alert_duty { ALERT_ALONE, ALERT_LEADS, ALERT_FOLLOWS, ALERT_NO_LEADER };

struct held_notice;
TAILQ_HEAD(held_notices, held_notice);

struct alert_held {
	struct held_notices list; /* owned; the oldest first */
	size_t count;
	uint64_t left; /* counters: left to the leader, */
	uint64_t lost; /* pushed out */
};

/* Takes a reference to `notice` if it keeps it. */
typedef void alert_held_told(void *arg, const char *rule, const char *id, const char *owner,
			     json_t *notice);

void alert_held_init(struct alert_held *held);
void alert_held_finish(struct alert_held *held);

/* Delay a notice of the rule with this name; takes a reference to the notice. If memory runs out,
 * the notice is lost. */
void alert_held_add(struct alert_held *held, const char *rule, const char *id, const char *owner,
		    json_t *notice, uint64_t now_ms);

/* Call on_told(arg, …) for what is to be told now, the oldest first, and forget it. */
void alert_held_settle(struct alert_held *held, enum alert_duty duty, uint64_t now_ms,
		       alert_held_told *on_told, void *arg);

#endif
