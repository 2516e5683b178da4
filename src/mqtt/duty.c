/*
 * Whether this node publishes for all: a node alone and a hub always do, of a cluster's members one
 * that reaches the broker.
 */
#include "mqtt/internal.h"

/* Longer than a cluster lists a node that is dead. */
#define SETTLED_AFTER_TICKS 30
/* A broker that starts again is back by then; all members lost it, so nobody else could publish. */
#define UNREACHED_TICKS_MAX 10

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

static bool can_publish(struct mqtt_publisher *publisher)
{
	if (publisher->is_online)
		publisher->unreached = 0;
	else if (publisher->unreached < UNREACHED_TICKS_MAX)
		publisher->unreached++;
	return publisher->unreached < UNREACHED_TICKS_MAX;
}

void publisher_see_duty(struct mqtt_publisher *publisher)
{
	const struct mqtt_publisher_config *config = &publisher->config;
	uint64_t until_ns;

	config->want(config->arg, can_publish(publisher));
	until_ns = config->publishes_until_ns(config->arg);
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

void publisher_init_duty(struct mqtt_publisher *publisher)
{
	publisher->unreached = UNREACHED_TICKS_MAX; /* it has never been reached */
}

bool publisher_is_settled(const struct mqtt_publisher *publisher)
{
	return publisher->ticks >= publisher->settled_tick;
}
