/*
 * The readings of some nodes, in order, from the history to a topic for each sensor. The history is
 * the outbox: a cursor of each node in it says up to where the broker has acknowledged everything.
 * At most MQTT_FEED_WINDOW readings are on the way at a time. After a lost connection the feed goes
 * on at the cursor, so a subscriber gets each reading at least once, and in order, apart from
 * repetitions. Loop thread.
 */
#ifndef HARVESTER_MQTT_FEED_H
#define HARVESTER_MQTT_FEED_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct error;
struct history;
struct history_item;
struct mqtt_feed;

#define MQTT_FEED_WINDOW 32
#define MQTT_FEED_NODES_MAX 32 /* cursors: the history has 64 for all purposes */

struct mqtt_feed_config {
	struct history *history; /* borrowed until closed */
	const char *name;	 /* of its cursors: NAME.NODE; copied; at most 8 bytes */
	/*
	 * Publish a reading with QoS 1; `token` comes back with mqtt_feed_acknowledged(). An error:
	 * mqtt_feed_pump() tries again.
	 */
	int (*publish)(void *arg, const char *node, const struct history_item *item,
		       uint64_t token);
	void *arg;
};

struct mqtt_feed_counters {
	uint64_t sent, skipped; /* readings acknowledged; deleted by retention before */
	uint64_t nodes_refused;
};

/* ERROR_TOO_LARGE if the history has too many subscribers, ERROR_NO_MEMORY. */
int mqtt_feed_create(const struct mqtt_feed_config *config, struct mqtt_feed **ret_feed,
		     struct error *err);

/* Feed the readings of this node, too, from its cursor on; without a cursor, from now on. No effect
 * if it does already. */
void mqtt_feed_add(struct mqtt_feed *feed, const char *node);

/* What was on the way is sent again once online. */
void mqtt_feed_set_online(struct mqtt_feed *feed, bool is_online);
void mqtt_feed_acknowledged(struct mqtt_feed *feed, uint64_t token);
void mqtt_feed_pump(struct mqtt_feed *feed);
struct mqtt_feed_counters mqtt_feed_counters(const struct mqtt_feed *feed);

/* on_closed(arg) is called when the history has answered, possibly before this returns. NULL is
 * allowed: on_closed() is called. */
void mqtt_feed_close(struct mqtt_feed *feed, void (*on_closed)(void *arg), void *arg);

#endif
