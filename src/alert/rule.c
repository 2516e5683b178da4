#include "alert/rule.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

static bool fits(const char *pattern, const char *text)
{
	return !strcmp(pattern, "*") || !fnmatch(pattern, text, 0);
}

bool alert_rule_has_room(const struct config_alert *rule)
{
	return strcmp(rule->room, "*") != 0;
}

bool alert_rule_matches(const struct config_alert *rule, const struct alert_observation *seen)
{
	if (rule->watch != seen->watch)
		return false;
	switch (rule->watch) {
	case WATCH_SENSOR:
		return fits(rule->sensor, seen->name) && fits(rule->node, seen->node) &&
		       (!seen->room || fits(rule->room, seen->room));
	case WATCH_NODE:
		return fits(rule->node, seen->node);
	case WATCH_PLUGIN:
	case WATCH_ROLLOUT:
		return fits(rule->plugin, seen->name);
	case WATCH_DISK:
		break;
	}
	return true;
}

static double number_of(const json_t *value)
{
	if (json_is_boolean(value))
		return json_is_true(value);
	return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static enum alert_verdict compare(const struct config_alert *rule, double value)
{
	if (isnan(value))
		return ALERT_UNKNOWN;
	switch (rule->condition) {
	case CONDITION_ABOVE:
		if (value > rule->limit)
			return ALERT_TRUE;
		return value <= rule->limit - rule->hysteresis ? ALERT_FALSE : ALERT_BETWEEN;
	case CONDITION_BELOW:
		if (value < rule->limit)
			return ALERT_TRUE;
		return value >= rule->limit + rule->hysteresis ? ALERT_FALSE : ALERT_BETWEEN;
	case CONDITION_OUTSIDE:
		if (value < rule->low || value > rule->high)
			return ALERT_TRUE;
		return value >= rule->low + rule->hysteresis &&
				       value <= rule->high - rule->hysteresis
			       ? ALERT_FALSE
			       : ALERT_BETWEEN;
	case CONDITION_EQUAL:
		return value < rule->limit || value > rule->limit ? ALERT_FALSE : ALERT_TRUE;
	case CONDITION_STALE:
	case CONDITION_ERROR:
		break;
	case CONDITION_OFFLINE:
	case CONDITION_FAILED:
	case CONDITION_PAUSED:
		return value > 0 ? ALERT_TRUE : ALERT_FALSE;
	}
	return ALERT_UNKNOWN;
}

enum alert_verdict alert_rule_judge(const struct config_alert *rule,
				    const struct alert_observation *seen, double *ret_value)
{
	bool failed = json_object_get(seen->data, "error") != NULL;

	*ret_value = NAN;
	if (rule->condition == CONDITION_ERROR)
		return failed ? ALERT_TRUE : ALERT_FALSE;
	if (rule->condition == CONDITION_STALE)
		return failed ? ALERT_UNKNOWN : ALERT_FALSE;
	*ret_value = rule->watch == WATCH_SENSOR
			     ? number_of(json_object_get(seen->data, rule->field))
			     : seen->number;
	return compare(rule, *ret_value);
}

void alert_observation_subject(const struct alert_observation *seen,
			       char ret_subject[ALERT_SUBJECT_SIZE])
{
	const char *name = seen->watch == WATCH_DISK   ? "disk"
			   : seen->watch == WATCH_NODE ? seen->node
						       : seen->name;

	if (seen->watch == WATCH_SENSOR)
		snprintf(ret_subject, ALERT_SUBJECT_SIZE, "%s:%s", seen->node, seen->name);
	else
		snprintf(ret_subject, ALERT_SUBJECT_SIZE, "%s", name);
}

bool alert_is_quiet(const struct config_quiet *quiet, int minute)
{
	if (quiet->from == CONFIG_ALERT_TIME_NONE || quiet->from == quiet->to)
		return false;
	if (quiet->from < quiet->to)
		return minute >= quiet->from && minute < quiet->to;
	return minute >= quiet->from || minute < quiet->to;
}

int alert_rule_ready_made(size_t index, struct config_alert *ret_rule)
{
	/* A hub that has just started has not heard its nodes yet. */
	static const char *const definitions[ALERT_READY_MADE_COUNT] = {
		"{\"name\": \"node-offline\", \"watch\": \"node\", \"for_seconds\": 60}",
		("{\"name\": \"disk-nearly-full\", \"watch\": \"disk\", \"above\": 90,"
		 " \"hysteresis\": 2, \"for_seconds\": 60}"),
		"{\"name\": \"plugin-failed\", \"watch\": \"plugin\"}",
		"{\"name\": \"rollout-paused\", \"watch\": \"rollout\"}",
	};
	json_t *json = json_loads(definitions[index], 0, NULL);
	int ret = json ? config_alert_from_json(json, ret_rule, NULL) : ERROR_NO_MEMORY;

	json_decref(json);
	return ret;
}
