/*
 * The readings of some nodes, in order, from the history to somebody who acknowledges them, such as
 * a broker of MQTT or a database. The history is the outbox: a cursor of each node in it says up to
 * where everything was acknowledged. At most `window` readings are on the way at a time. After a
 * lost connection the feed goes on at the cursor, so the receiver gets each reading at least once,
 * and in order, apart from repetitions. Loop thread.
 */
#ifndef HARVESTER_HISTORY_FEED_H
#define HARVESTER_HISTORY_FEED_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct error;
struct history;
struct history_item;
struct history_feed;

#define HISTORY_FEED_WINDOW_MAX 512
#define HISTORY_FEED_NODES_MAX 32 /* of the history's HISTORY_CURSORS_MAX cursors */

struct history_feed_config {
	struct history *history; /* borrowed until closed */
	const char *name;	 /* of its cursors: NAME.NODE; copied; at most 8 bytes */
	size_t window;		 /* 1..HISTORY_FEED_WINDOW_MAX */
	/*
	 * Send a reading, which is borrowed; `token` comes back with history_feed_acknowledged().
	 * Later readings have larger tokens. An error: history_feed_pump() tries again.
	 */
	int (*publish)(void *arg, const char *node, const struct history_item *item,
		       uint64_t token);
	void *arg;
};

struct history_feed_counters {
	uint64_t sent, skipped; /* readings acknowledged; deleted by retention before */
	uint64_t nodes_refused;
};

/* ERROR_TOO_LARGE if the history has too many subscribers, ERROR_NO_MEMORY. */
int history_feed_create(const struct history_feed_config *config, struct history_feed **ret_feed,
			struct error *err);

/* Feed the readings of this node, too, from its cursor on; without a cursor, from now on. No effect
 * if it does already. */
void history_feed_add(struct history_feed *feed, const char *node);

/* What was on the way is sent again once online. */
void history_feed_set_online(struct history_feed *feed, bool is_online);
void history_feed_acknowledged(struct history_feed *feed, uint64_t token);
/* All readings up to the one with this token, which is among them. */
void history_feed_acknowledged_until(struct history_feed *feed, uint64_t token);
void history_feed_pump(struct history_feed *feed);

/*
 * If several nodes have the same histories and one of them at a time feeds the receiver: up to
 * where it has acknowledged, {node: [stream, sequence]}, for the next one. The caller owns it; NULL
 * if memory runs out.
 */
json_t *history_feed_progress(const struct history_feed *feed);

/* Another node has fed the receiver up to there: go on after that. Call it while offline. Goes
 * forward only, and leaves out what has not that form. `progress` is borrowed; NULL: no effect. */
void history_feed_follow(struct history_feed *feed, const json_t *progress);

struct history_feed_counters history_feed_counters(const struct history_feed *feed);

/* on_closed(arg) is called when the history has answered, possibly before this returns. NULL is
 * allowed: on_closed() is called. */
void history_feed_close(struct history_feed *feed, void (*on_closed)(void *arg), void *arg);

#endif
