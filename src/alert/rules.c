/* The exchange of the engine's rules: which alerts go on under the new ones. */
#include <stdlib.h>
#include <string.h>

#include "alert/internal.h"
#include "base/error.h"

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool goes_on(const struct config_alert *old, const struct config_alert *fresh)
{
	return old->watch == fresh->watch && old->condition == fresh->condition &&
	       is_same_text(old->node, fresh->node) && is_same_text(old->sensor, fresh->sensor) &&
	       is_same_text(old->room, fresh->room) && is_same_text(old->plugin, fresh->plugin) &&
	       is_same_text(old->field, fresh->field);
}

static void free_rule(struct alert_rule *rule)
{
	config_alert_finish(&rule->config);
	free(rule);
}

/* Move the elements to the heap, each name once. The elements that are not needed are freed. */
static struct alert_rule **adopt(struct alert_rule *rules, size_t count, size_t *ret_count)
{
	struct alert_rule **list = calloc(count + 1, sizeof(struct alert_rule *));
	bool failed = !list;

	*ret_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct alert_rule *rule = failed ? NULL : malloc(sizeof(*rule));
		size_t at = 0;

		if (!rule) {
			failed = true;
			config_alert_finish(&rules[i].config);
			continue;
		}
		*rule = rules[i];
		while (at < *ret_count && strcmp(list[at]->config.name, rule->config.name) != 0)
			at++;
		if (at < *ret_count)
			free_rule(list[at]);
		else
			++*ret_count;
		list[at] = rule;
	}
	if (!failed)
		return list;
	for (size_t i = 0; i < *ret_count; i++)
		free_rule(list[i]);
	free(list);
	return NULL;
}

static struct alert_rule *find_in(struct alert_rule *const *rules, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(rules[i]->config.name, name))
			return rules[i];
	return NULL;
}

/* Alerts of rules that are gone end while their rule still exists, since it says who is told. */
static void end_orphans(struct alert_engine *engine, struct alert_rule *const *fresh, size_t count,
			const struct alert_time *now)
{
	struct alert *alert = TAILQ_FIRST(&engine->alerts), *next;

	for (; alert; alert = next) {
		struct alert_rule *rule = find_in(fresh, count, alert->rule->config.name);

		next = TAILQ_NEXT(alert, link);
		if (!rule || !goes_on(&alert->rule->config, &rule->config))
			alert_remove(engine, alert, now);
		else
			alert->rule = rule;
	}
}

static void pass_snoozes_on(struct alert_engine *engine, struct alert_rule *const *fresh,
			    size_t count, const struct alert_time *now)
{
	for (size_t i = 0; i < engine->rules_count; i++) {
		struct alert_rule *old = engine->rules[i];
		struct alert_rule *rule = find_in(fresh, count, old->config.name);

		if (rule)
			rule->snoozed_until_ms = old->snoozed_until_ms;
		else if (old->snoozed_until_ms > now->monotonic_ms)
			engine->events.on_snoozed(engine->events.arg, old->config.name, 0);
	}
}

int alert_engine_set_rules(struct alert_engine *engine, struct alert_rule *rules, size_t count,
			   const struct alert_time *now)
{
	size_t fresh_count;
	struct alert_rule **fresh = adopt(rules, count, &fresh_count);

	if (!fresh)
		return ERROR_NO_MEMORY;
	if (fresh_count > ALERT_RULES_MAX) {
		for (size_t i = 0; i < fresh_count; i++)
			free_rule(fresh[i]);
		free(fresh);
		return ERROR_TOO_LARGE;
	}
	end_orphans(engine, fresh, fresh_count, now);
	pass_snoozes_on(engine, fresh, fresh_count, now);
	for (size_t i = 0; i < engine->rules_count; i++)
		free_rule(engine->rules[i]);
	free(engine->rules);
	engine->rules = fresh;
	engine->rules_count = fresh_count;
	return 0;
}

static bool is_exact(const char *pattern)
{
	return !strpbrk(pattern, "*?[\\");
}

/* The node that a rule names: on a hub it has to name it, since the sensor may be anywhere. */
static const char *named_node(const struct alert_engine *engine, const struct config_alert *rule)
{
	if (is_exact(rule->node))
		return rule->node;
	return engine->is_hub || strcmp(rule->node, "*") != 0 ? NULL : engine->own_node;
}

void alert_engine_expect_named(struct alert_engine *engine, const struct alert_time *now)
{
	for (size_t i = 0; i < engine->rules_count; i++) {
		struct alert_rule *rule = engine->rules[i];
		const char *node = named_node(engine, &rule->config);
		struct alert_observation seen = {.watch = WATCH_SENSOR,
						 .name = rule->config.sensor};
		char subject[ALERT_SUBJECT_SIZE];

		if (rule->config.watch != WATCH_SENSOR ||
		    rule->config.condition != CONDITION_STALE || !node ||
		    alert_rule_has_room(&rule->config) || !is_exact(rule->config.sensor) ||
		    strlen(node) > READING_NAME_MAX ||
		    strlen(rule->config.sensor) > READING_NAME_MAX)
			continue;
		seen.node = node;
		alert_observation_subject(&seen, subject);
		if (!alert_find(engine, rule, subject))
			alert_add(engine, rule, subject, "", now);
	}
}
