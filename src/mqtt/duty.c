/*
 * Whether this node publishes for all: a node alone and a hub always do, of a cluster's members the
 * leader does.
 */
#include "base/clock.h"
#include "mqtt/internal.h"

/* Longer than a cluster lists a node that is dead. */
#define BELIEVE_AFTER_TICKS 30

static void take_duty(struct mqtt_publisher *publisher)
{
	publisher->is_leading = true;
	publisher->leading_since_ms = clock_unix_ms(publisher->config.clock);
	publisher->leading_since_tick = publisher->ticks;
	publisher_begin(publisher);
}

static void give_up_duty(struct mqtt_publisher *publisher)
{
	publisher->is_leading = false;
	if (publisher->feed)
		history_feed_set_online(publisher->feed, false);
}

void publisher_see_duty(struct mqtt_publisher *publisher)
{
	const struct mqtt_publisher_config *config = &publisher->config;
	uint64_t until_ns = config->publishes_until_ns(config->arg);

	mqtt_connection_allow_for_all(publisher->connection, until_ns);
	/* What the one before had done counts before this node begins. */
	if (!publisher->is_leading && publisher->feed)
		history_feed_follow(publisher->feed, config->progress(config->arg));
	if (until_ns && !publisher->is_leading)
		take_duty(publisher);
	else if (!until_ns && publisher->is_leading)
		give_up_duty(publisher);
	if (publisher->is_leading && publisher->feed)
		config->set_progress(config->arg, history_feed_progress(publisher->feed));
}

bool publisher_believes(const struct mqtt_publisher *publisher, const json_t *node)
{
	json_int_t seen_ms = json_integer_value(json_object_get(node, "last_seen_ms"));

	return publisher->ticks - publisher->leading_since_tick > BELIEVE_AFTER_TICKS ||
	       seen_ms >= (json_int_t)publisher->leading_since_ms;
}
