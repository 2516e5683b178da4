/* What the tests of alerts share: rules from JSON, and a clock that the test moves. */
#ifndef HARVESTER_TESTS_ALERT_FIXTURE_H
#define HARVESTER_TESTS_ALERT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alert/engine.h"
#include "base/error.h"

#define T0 1700000000000ull /* Unix time of the tests' beginning */

/* JSON with ' for ". The caller owns it. */
static inline json_t *json_of(const char *text)
{
	char *copy = strdup(text);
	json_error_t where;
	json_t *json;

	for (char *at = copy; *at; at++)
		if (*at == '\'')
			*at = '"';
	json = json_loads(copy, 0, &where);
	if (!json)
		fail_msg("%s: %s", copy, where.text);
	free(copy);
	return json;
}

static inline struct alert_rule rule_of(const char *text)
{
	json_t *json = json_of(text);
	struct alert_rule rule = {.origin = ALERT_CONFIGURED};
	struct error err = {0};

	if (config_alert_from_json(json, &rule.config, &err))
		fail_msg("%s", err.text);
	json_decref(json);
	return rule;
}

/* An engine that writes down what it says: "+kitchen" fires is told, "-kitchen" that it ended. */
struct world {
	struct alert_engine *engine;
	struct alert_time now;
	char told[512];
	unsigned turned; /* how often an alert began to fire, or ended */
	unsigned changed, forgotten;
	uint64_t snoozed_ms;
};

static inline void world_turned(void *arg, const struct alert *alert)
{
	(void)alert;
	((struct world *)arg)->turned++;
}

static inline void world_told(void *arg, const struct alert *alert)
{
	struct world *world = arg;
	size_t used = strlen(world->told);

	snprintf(world->told + used, sizeof(world->told) - used, "%s%c%s", used ? " " : "",
		 alert->state == ALERT_FIRING ? '+' : '-', alert->rule->config.name);
}

static inline void world_changed(void *arg, const struct alert *alert)
{
	(void)alert;
	((struct world *)arg)->changed++;
}

static inline void world_forgotten(void *arg, const struct alert *alert)
{
	(void)alert;
	((struct world *)arg)->forgotten++;
}

static inline void world_snoozed(void *arg, const char *rule, uint64_t left_ms)
{
	(void)rule;
	((struct world *)arg)->snoozed_ms = left_ms;
}

static inline void world_init(struct world *world)
{
	const struct alert_engine_events events = {world_turned,    world_told,	   world_changed,
						   world_forgotten, world_snoozed, world};

	*world = (struct world){.now = {.monotonic_ms = 5000, .unix_ms = T0, .minute = 12 * 60}};
	world->engine = alert_engine_create("pi", false, &events);
	assert_non_null(world->engine);
}

static inline void world_rules(struct world *world, const char *one, const char *other)
{
	struct alert_rule rules[2];
	size_t count = 0;

	rules[count++] = rule_of(one);
	if (other)
		rules[count++] = rule_of(other);
	assert_int_equal(alert_engine_set_rules(world->engine, rules, count, &world->now), 0);
}

static inline void world_pass(struct world *world, uint64_t seconds)
{
	for (uint64_t i = 0; i < seconds; i++) {
		world->now.monotonic_ms += 1000;
		world->now.unix_ms += 1000;
		alert_engine_tick(world->engine, &world->now);
	}
}

static inline void world_read(struct world *world, const char *sensor, const char *data)
{
	json_t *json = json_of(data);
	const struct alert_observation seen = {.watch = WATCH_SENSOR,
					       .node = "pi",
					       .name = sensor,
					       .plugin = "plugin",
					       .data = json};

	alert_engine_observe(world->engine, &seen, &world->now);
	json_decref(json);
}

static inline void world_value(struct world *world, double value)
{
	char data[64];

	snprintf(data, sizeof(data), "{'t': %.3f}", value);
	world_read(world, "s", data);
}

/* What was told since the last call. */
static inline void assert_told(struct world *world, const char *expected)
{
	assert_string_equal(world->told, expected);
	*world->told = 0;
}

#endif
