/*
 * Whether this node publishes for all: a node alone and a hub always do, of a cluster's members the
 * leader does.
 */
#include "mqtt/internal.h"

/* Longer than a cluster lists a node that is dead. */
#define SETTLED_AFTER_TICKS 30

static void take_duty(struct mqtt_publisher *publisher, bool is_for_ever)
{
	publisher->is_leading = true;
	publisher->settled_tick = is_for_ever ? 0 : publisher->ticks + SETTLED_AFTER_TICKS;
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
		take_duty(publisher, until_ns == UINT64_MAX);
	else if (!until_ns && publisher->is_leading)
		give_up_duty(publisher);
	if (publisher->is_leading && publisher->feed)
		config->set_progress(config->arg, history_feed_progress(publisher->feed));
}

bool publisher_is_settled(const struct mqtt_publisher *publisher)
{
	return publisher->ticks >= publisher->settled_tick;
}
