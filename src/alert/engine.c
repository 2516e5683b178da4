#include "alert/engine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/internal.h"
#include "base/error.h"

/* How often a timer that runs is kept, so that a restart loses no more of it. */
#define SAVE_EVERY_MS 60000

/* Life */

struct alert_engine *alert_engine_create(const char *own_node, bool is_hub,
					 const struct alert_engine_events *events)
{
	struct alert_engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return NULL;
	engine->events = *events;
	engine->is_hub = is_hub;
	snprintf(engine->own_node, sizeof(engine->own_node), "%s", own_node);
	TAILQ_INIT(&engine->alerts);
	LIST_INIT(&engine->owners);
	engine->sweep = 1;
	return engine;
}

static void free_alert(struct alert_engine *engine, struct alert *alert)
{
	TAILQ_REMOVE(&engine->alerts, alert, link);
	LIST_REMOVE(alert, bucket);
	alert_owner_drop(alert->owner);
	engine->count--;
	free(alert);
}

void alert_engine_destroy(struct alert_engine *engine)
{
	if (!engine)
		return;
	while (!TAILQ_EMPTY(&engine->alerts))
		free_alert(engine, TAILQ_FIRST(&engine->alerts));
	for (size_t i = 0; i < engine->rules_count; i++) {
		config_alert_finish(&engine->rules[i]->config);
		free(engine->rules[i]);
	}
	free(engine->rules);
	free(engine);
}

/* The table of alerts */

/* FNV-1a over the rule's name and the subject. */
static struct alert_bucket *find_bucket(struct alert_engine *engine, const struct alert_rule *rule,
					const char *subject)
{
	uint32_t hash = 2166136261u;

	for (const char *at = rule->config.name; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 16777619u;
	for (const char *at = subject; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 16777619u;
	return &engine->buckets[hash & (ALERT_BUCKETS - 1)];
}

struct alert *alert_find(struct alert_engine *engine, const struct alert_rule *rule,
			 const char *subject)
{
	struct alert *alert;

	LIST_FOREACH(alert, find_bucket(engine, rule, subject), bucket)
	if (alert->rule == rule && !strcmp(alert->subject, subject))
		return alert;
	return NULL;
}

/*
 * Give up the newest alert of the owner that has most for one of `owner`, so that the alerts that
 * were there first stay. False: `owner` has most itself.
 */
static bool make_place(struct alert_engine *engine, const char *owner, const struct alert_time *now)
{
	const struct alert_owner *largest = alert_owners_largest(&engine->owners);
	struct alert *alert;

	if (!largest || alert_owners_count(&engine->owners, owner) + 1 >= largest->count)
		return false;
	TAILQ_FOREACH_REVERSE(alert, &engine->alerts, alert_list, link)
	if (alert->owner == largest)
		break;
	alert_remove(engine, alert, now);
	return true;
}

struct alert *alert_add(struct alert_engine *engine, struct alert_rule *rule, const char *subject,
			const char *owner, const struct alert_time *now)
{
	struct alert *alert;

	if (engine->count == ALERT_SUBJECTS_MAX) {
		engine->refused++;
		if (!make_place(engine, owner, now))
			return NULL;
	}
	alert = calloc(1, sizeof(*alert));
	if (alert)
		alert->owner = alert_owner_take(&engine->owners, owner);
	if (!alert || !alert->owner) {
		free(alert);
		return NULL;
	}
	alert->rule = rule;
	snprintf(alert->subject, sizeof(alert->subject), "%s", subject);
	alert->since_ms = now->unix_ms;
	alert->seen_ms = alert->saved_ms = now->monotonic_ms;
	alert->value = NAN;
	TAILQ_INSERT_TAIL(&engine->alerts, alert, link);
	LIST_INSERT_HEAD(find_bucket(engine, rule, subject), alert, bucket);
	engine->count++;
	return alert;
}

static void tell(struct alert_engine *engine, struct alert *alert)
{
	alert->told = alert->state == ALERT_FIRING;
	engine->events.on_told(engine->events.arg, alert);
}

static void turn(struct alert_engine *engine, struct alert *alert)
{
	if (engine->events.on_turned)
		engine->events.on_turned(engine->events.arg, alert);
}

void alert_remove(struct alert_engine *engine, struct alert *alert, const struct alert_time *now)
{
	bool fired = alert->state == ALERT_FIRING;

	alert->state = ALERT_OK;
	alert->since_ms = now->unix_ms;
	if (fired)
		turn(engine, alert);
	if (alert->told)
		tell(engine, alert);
	engine->events.on_forgotten(engine->events.arg, alert);
	free_alert(engine, alert);
}

/* One alert */

bool alert_rule_may_tell(const struct alert_rule *rule, const struct alert_time *now)
{
	if (rule->snoozed_until_ms > now->monotonic_ms)
		return false;
	return rule->config.severity == SEVERITY_CRITICAL ||
	       !alert_is_quiet(&rule->config.quiet, now->minute);
}

static bool is_quiet_now(const struct alert *alert, const struct alert_time *now)
{
	return alert->rule->config.severity != SEVERITY_CRITICAL &&
	       alert_is_quiet(&alert->rule->config.quiet, now->minute);
}

/* Tell people what they do not know, if they may be told now. That an alert ended is told during a
 * snooze, too: it is why somebody waits. */
static bool tell_if_due(struct alert_engine *engine, struct alert *alert,
			const struct alert_time *now)
{
	bool fires = alert->state == ALERT_FIRING;

	if (fires == alert->told)
		return false;
	/* After a restart, first see whether it still fires. */
	if (fires &&
	    (!alert->seen || alert->acknowledged || !alert_rule_may_tell(alert->rule, now)))
		return false;
	if (!fires && is_quiet_now(alert, now))
		return false;
	tell(engine, alert);
	return true;
}

/* An alert of staleness is remembered while all is well, too: after a restart, a sensor that does
 * not come back must be missed. */
static bool is_worth_keeping(const struct alert *alert)
{
	return alert->state != ALERT_OK || alert->told ||
	       alert->rule->config.condition == CONDITION_STALE;
}

static void keep(struct alert_engine *engine, struct alert *alert, const struct alert_time *now)
{
	if (is_worth_keeping(alert)) {
		alert->saved_ms = now->monotonic_ms;
		engine->events.on_changed(engine->events.arg, alert);
		return;
	}
	engine->events.on_forgotten(engine->events.arg, alert);
	free_alert(engine, alert);
}

static void enter(struct alert *alert, enum alert_state state, const struct alert_time *now)
{
	alert->state = state;
	alert->since_ms = now->unix_ms;
	alert->acknowledged = false;
	if (state == ALERT_FIRING)
		alert->began_ms = now->unix_ms;
	if (state == ALERT_PENDING)
		alert->pending_from_ms = now->monotonic_ms;
}

static bool has_waited(const struct alert *alert, const struct alert_time *now)
{
	return (double)(now->monotonic_ms - alert->pending_from_ms) >=
	       alert->rule->config.for_seconds * 1000;
}

/* Move by the alert's last verdict; true if the state changed. */
static bool move(struct alert *alert, const struct alert_time *now)
{
	enum alert_state before = alert->state;

	if (alert->state == ALERT_OK && alert->verdict == ALERT_TRUE)
		enter(alert, ALERT_PENDING, now);
	if (alert->state == ALERT_PENDING && alert->verdict != ALERT_TRUE)
		enter(alert, ALERT_OK, now);
	if (alert->state == ALERT_PENDING && has_waited(alert, now))
		enter(alert, ALERT_FIRING, now);
	if (alert->state == ALERT_FIRING && alert->verdict == ALERT_FALSE)
		enter(alert, ALERT_OK, now);
	return alert->state != before;
}

/* May free the alert. */
static void judge(struct alert_engine *engine, struct alert *alert, const struct alert_time *now)
{
	bool fired = alert->state == ALERT_FIRING, changed = move(alert, now);

	if (fired != (alert->state == ALERT_FIRING))
		turn(engine, alert);
	changed |= tell_if_due(engine, alert, now);
	if (changed)
		keep(engine, alert, now);
}

/* Observations */

static void observe_by_rule(struct alert_engine *engine, struct alert_rule *rule,
			    const struct alert_observation *seen, const char *subject,
			    const struct alert_time *now)
{
	double value;
	enum alert_verdict verdict = alert_rule_judge(&rule->config, seen, &value);
	struct alert *alert = alert_find(engine, rule, subject);
	bool is_stale_rule = rule->config.condition == CONDITION_STALE;
	char owner[ALERT_SUBJECT_SIZE];

	if (!alert && (verdict == ALERT_TRUE || is_stale_rule)) {
		snprintf(owner, sizeof(owner), "%s:%s", seen->node, seen->plugin);
		alert = alert_add(engine, rule, subject, owner, now);
		if (alert && is_stale_rule)
			keep(engine, alert, now);
	}
	if (!alert)
		return;
	alert->sweep = engine->sweep;
	if (!isnan(value))
		alert->value = value;
	if (is_stale_rule && verdict == ALERT_FALSE)
		alert->seen_ms = now->monotonic_ms;
	if (!is_stale_rule || verdict == ALERT_FALSE)
		alert->verdict = verdict;
	alert->seen |= verdict != ALERT_UNKNOWN;
	judge(engine, alert, now);
}

/* The sensor of this subject is in no room of this rule, or is there no more. */
static void leave_room(struct alert_engine *engine, const struct alert_rule *rule,
		       const char *subject, const struct alert_time *now)
{
	struct alert *alert =
		alert_rule_has_room(&rule->config) ? alert_find(engine, rule, subject) : NULL;

	if (alert)
		alert_remove(engine, alert, now);
}

void alert_engine_observe(struct alert_engine *engine, const struct alert_observation *seen,
			  const struct alert_time *now)
{
	char subject[ALERT_SUBJECT_SIZE];

	alert_observation_subject(seen, subject);
	for (size_t i = 0; i < engine->rules_count; i++) {
		if (alert_rule_matches(&engine->rules[i]->config, seen))
			observe_by_rule(engine, engine->rules[i], seen, subject, now);
		else if (seen->watch == WATCH_SENSOR)
			leave_room(engine, engine->rules[i], subject, now);
	}
}

static void enter_room(struct alert_engine *engine, struct alert_rule *rule,
		       const struct alert_observation *seen, const char *subject,
		       const struct alert_time *now)
{
	char owner[ALERT_SUBJECT_SIZE];
	struct alert *alert;

	if (rule->config.condition != CONDITION_STALE || !alert_rule_has_room(&rule->config) ||
	    alert_find(engine, rule, subject))
		return;
	snprintf(owner, sizeof(owner), "%s:%s", seen->node, seen->plugin);
	alert = alert_add(engine, rule, subject, owner, now);
	if (alert)
		keep(engine, alert, now);
}

void alert_engine_place(struct alert_engine *engine, const struct alert_observation *seen,
			const struct alert_time *now)
{
	char subject[ALERT_SUBJECT_SIZE];

	alert_observation_subject(seen, subject);
	for (size_t i = 0; i < engine->rules_count; i++) {
		if (alert_rule_matches(&engine->rules[i]->config, seen))
			enter_room(engine, engine->rules[i], seen, subject, now);
		else
			leave_room(engine, engine->rules[i], subject, now);
	}
}

void alert_engine_sweep_begin(struct alert_engine *engine)
{
	engine->sweep++;
}

void alert_engine_sweep_end(struct alert_engine *engine, enum config_watch watch,
			    const struct alert_time *now)
{
	struct alert *alert = TAILQ_FIRST(&engine->alerts), *next;

	for (; alert; alert = next) {
		next = TAILQ_NEXT(alert, link);
		if (alert->rule->config.watch == watch && alert->sweep != engine->sweep)
			alert_remove(engine, alert, now);
	}
}

void alert_engine_forget(struct alert_engine *engine, const char *subject,
			 const struct alert_time *now)
{
	struct alert *alert = TAILQ_FIRST(&engine->alerts), *next;

	for (; alert; alert = next) {
		next = TAILQ_NEXT(alert, link);
		if (alert->rule->config.watch == WATCH_SENSOR && !strcmp(alert->subject, subject))
			alert_remove(engine, alert, now);
	}
}

/* Time */

static bool is_stale(const struct alert *alert, const struct alert_time *now)
{
	return (double)(now->monotonic_ms - alert->seen_ms) >=
	       alert->rule->config.stale_seconds * 1000;
}

static void end_snoozes(struct alert_engine *engine, const struct alert_time *now)
{
	for (size_t i = 0; i < engine->rules_count; i++) {
		struct alert_rule *rule = engine->rules[i];

		if (!rule->snoozed_until_ms || rule->snoozed_until_ms > now->monotonic_ms)
			continue;
		rule->snoozed_until_ms = 0;
		engine->events.on_snoozed(engine->events.arg, rule->config.name, 0);
	}
}

static void tick_alert(struct alert_engine *engine, struct alert *alert,
		       const struct alert_time *now)
{
	if (alert->rule->config.condition == CONDITION_STALE && is_stale(alert, now)) {
		alert->verdict = ALERT_TRUE;
		alert->seen = true;
	}
	/* After a restart, the timer waits for the first observation. */
	if (alert->state == ALERT_PENDING && !alert->seen) {
		alert->pending_from_ms += now->monotonic_ms - alert->saved_ms;
		alert->saved_ms = now->monotonic_ms;
		return;
	}
	if (alert->state == ALERT_PENDING && now->monotonic_ms - alert->saved_ms >= SAVE_EVERY_MS)
		keep(engine, alert, now);
	judge(engine, alert, now);
}

void alert_engine_tick(struct alert_engine *engine, const struct alert_time *now)
{
	struct alert *alert = TAILQ_FIRST(&engine->alerts), *next;

	end_snoozes(engine, now);
	for (; alert; alert = next) {
		next = TAILQ_NEXT(alert, link);
		tick_alert(engine, alert, now);
	}
}

/* People */

int alert_engine_acknowledge(struct alert_engine *engine, const char *name,
			     const struct alert_time *now)
{
	const struct alert_rule *rule = alert_find_rule(engine, name);
	struct alert *alert;
	size_t fires = 0;

	if (!rule)
		return ERROR_NOT_FOUND;
	TAILQ_FOREACH(alert, &engine->alerts, link)
	{
		if (alert->rule != rule || alert->state != ALERT_FIRING)
			continue;
		fires++;
		alert->acknowledged = true;
		keep(engine, alert, now);
	}
	return fires ? 0 : ERROR_INVALID;
}

int alert_engine_snooze(struct alert_engine *engine, const char *name, uint64_t duration_ms,
			const struct alert_time *now)
{
	struct alert_rule *rule = alert_find_rule(engine, name);

	if (!rule)
		return ERROR_NOT_FOUND;
	if (duration_ms > ALERT_SNOOZE_MS_MAX)
		duration_ms = ALERT_SNOOZE_MS_MAX;
	rule->snoozed_until_ms = duration_ms ? now->monotonic_ms + duration_ms : 0;
	engine->events.on_snoozed(engine->events.arg, rule->config.name, duration_ms);
	return 0;
}

/* Lists */

struct alert_rule *alert_find_rule(const struct alert_engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->rules_count; i++)
		if (!strcmp(engine->rules[i]->config.name, name))
			return engine->rules[i];
	return NULL;
}

const struct alert_rule *alert_engine_find(const struct alert_engine *engine, const char *name)
{
	return alert_find_rule(engine, name);
}

size_t alert_engine_rules(const struct alert_engine *engine)
{
	return engine->rules_count;
}

const struct alert_rule *alert_engine_rule(const struct alert_engine *engine, size_t index)
{
	return engine->rules[index];
}

const struct alert *alert_engine_first(const struct alert_engine *engine)
{
	return TAILQ_FIRST(&engine->alerts);
}

const struct alert *alert_engine_next(const struct alert *alert)
{
	return TAILQ_NEXT(alert, link);
}

uint64_t alert_engine_refused(const struct alert_engine *engine)
{
	return engine->refused;
}
