/* What is kept of an alert over a restart. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "alert/internal.h"
#include "base/error.h"

#define PENDING_MS_MAX (86400000ll * 2)

static const char *const states[] = {"ok", "pending", "firing"};

/* What a record is about: it says nothing about a rule with another condition or field. */
static json_t *about(const struct config_alert *rule)
{
	return json_sprintf("%s %s %s", config_watch_name(rule->watch),
			    config_condition_name(rule->condition), rule->field ? rule->field : "");
}

static bool concerns(const struct config_alert *rule, const char *subject, const json_t *record)
{
	json_t *text = about(rule);
	bool is_same = json_equal(text, json_object_get(record, "about"));
	struct alert_observation seen = {
		.watch = rule->watch, .node = subject, .name = subject, .plugin = ""};
	const char *colon = strchr(subject, ':');
	char node[ALERT_SUBJECT_SIZE];

	json_decref(text);
	if (!is_same || (rule->watch == WATCH_SENSOR && !colon))
		return false;
	if (rule->watch == WATCH_SENSOR) {
		snprintf(node, sizeof(node), "%.*s", (int)(colon - subject), subject);
		seen.node = node;
		seen.name = colon + 1;
	}
	return alert_rule_matches(rule, &seen);
}

json_t *alert_engine_record(const struct alert *alert, const struct alert_time *now)
{
	uint64_t pending =
		alert->state == ALERT_PENDING ? now->monotonic_ms - alert->pending_from_ms : 0;

	return json_pack("{s:s, s:o, s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:b, s:o}", "rule",
			 alert->rule->config.name, "about", about(&alert->rule->config), "subject",
			 alert->subject, "owner", alert->owner->name, "state", states[alert->state],
			 "since_ms", (json_int_t)alert->since_ms, "began_ms",
			 (json_int_t)alert->began_ms, "pending_ms", (json_int_t)pending, "told",
			 (int)alert->told, "acknowledged", (int)alert->acknowledged, "value",
			 isnan(alert->value) ? json_null() : json_real(alert->value));
}

static int parse_state(const json_t *record, enum alert_state *ret_state)
{
	const char *text = json_string_value(json_object_get(record, "state"));

	for (unsigned i = 0; text && i < sizeof(states) / sizeof(*states); i++) {
		if (!strcmp(states[i], text)) {
			*ret_state = (enum alert_state)i;
			return 0;
		}
	}
	return ERROR_MALFORMED;
}

static void fill(struct alert *alert, const json_t *record, const struct alert_time *now)
{
	const json_t *value = json_object_get(record, "value");
	json_int_t pending = json_integer_value(json_object_get(record, "pending_ms"));

	if (pending < 0 || pending > PENDING_MS_MAX)
		pending = 0;
	alert->since_ms = (uint64_t)json_integer_value(json_object_get(record, "since_ms"));
	alert->began_ms = (uint64_t)json_integer_value(json_object_get(record, "began_ms"));
	alert->pending_from_ms = now->monotonic_ms - (uint64_t)pending;
	alert->told = json_is_true(json_object_get(record, "told"));
	alert->acknowledged = json_is_true(json_object_get(record, "acknowledged"));
	alert->value = json_is_number(value) ? json_number_value(value) : (double)NAN;
}

int alert_engine_restore(struct alert_engine *engine, const json_t *record,
			 const struct alert_time *now)
{
	const char *name = json_string_value(json_object_get(record, "rule"));
	const char *subject = json_string_value(json_object_get(record, "subject"));
	const char *owner = json_string_value(json_object_get(record, "owner"));
	struct alert_rule *rule = name ? alert_find_rule(engine, name) : NULL;
	enum alert_state state = ALERT_OK;
	struct alert *alert;

	if (!name || !subject || !owner || strlen(subject) >= ALERT_SUBJECT_SIZE ||
	    parse_state(record, &state))
		return ERROR_MALFORMED;
	if (!rule || !concerns(&rule->config, subject, record))
		return ERROR_NOT_FOUND;
	if (alert_find(engine, rule, subject))
		return ERROR_MALFORMED;
	alert = alert_add(engine, rule, subject, owner, now);
	if (!alert)
		return engine->count == ALERT_SUBJECTS_MAX ? ERROR_TOO_LARGE : ERROR_NO_MEMORY;
	alert->state = state;
	fill(alert, record, now);
	return 0;
}
