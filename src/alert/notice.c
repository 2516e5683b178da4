#include "alert/notice.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "alert/message.h"
#include "base/placeholder.h"
#include "base/text.h"

#define NUMBER_SIZE 32

/* The texts of rules without a template of their own. */
static const char *const firing_texts[] = {
	[CONDITION_ABOVE] = "{name}: {field} is {value}{unit}, above {limit}{unit}",
	[CONDITION_BELOW] = "{name}: {field} is {value}{unit}, below {limit}{unit}",
	[CONDITION_OUTSIDE] = "{name}: {field} is {value}{unit}, outside {limit}{unit}",
	[CONDITION_EQUAL] = "{name}: {field} is {value}{unit}",
	[CONDITION_STALE] = "{name}: no reading for {limit} s",
	[CONDITION_ERROR] = "{name}: its reading failed",
	[CONDITION_OFFLINE] = "the node {name} is offline",
	[CONDITION_FAILED] = "the plugin {name} failed too often and is stopped for a while",
	[CONDITION_PAUSED] = "the roll-out of {name} is paused, since nodes failed",
};

static const char *const resolved_texts[] = {
	[CONDITION_ABOVE] = "{name}: {field} is {value}{unit}, fine again",
	[CONDITION_BELOW] = "{name}: {field} is {value}{unit}, fine again",
	[CONDITION_OUTSIDE] = "{name}: {field} is {value}{unit}, fine again",
	[CONDITION_EQUAL] = "{name}: {field} is {value}{unit}, fine again",
	[CONDITION_STALE] = "{name}: readings come again",
	[CONDITION_ERROR] = "{name}: its readings are fine again",
	[CONDITION_OFFLINE] = "the node {name} is online again",
	[CONDITION_FAILED] = "the plugin {name} runs again",
	[CONDITION_PAUSED] = "the roll-out of {name} is not paused any more",
};

#define DISK_FIRING "the disk of {node} is {value} % full"
#define DISK_RESOLVED "the disk of {node} is {value} % full, fine again"

static const char *find_text(const struct config_alert *rule, bool fires)
{
	if (rule->message)
		return rule->message;
	if (rule->watch == WATCH_DISK)
		return fires ? DISK_FIRING : DISK_RESOLVED;
	return fires ? firing_texts[rule->condition] : resolved_texts[rule->condition];
}

static void format_number(double number, char ret_text[NUMBER_SIZE])
{
	if (isnan(number))
		snprintf(ret_text, NUMBER_SIZE, "unknown");
	else
		snprintf(ret_text, NUMBER_SIZE, "%.6g", number);
}

static void format_limit(const struct config_alert *rule, char *ret_text, size_t size)
{
	char low[NUMBER_SIZE], high[NUMBER_SIZE];

	*ret_text = 0;
	if (rule->condition == CONDITION_OUTSIDE) {
		format_number(rule->low, low);
		format_number(rule->high, high);
		snprintf(ret_text, size, "%s to %s", low, high);
	} else if (rule->condition <= CONDITION_EQUAL) {
		format_number(rule->limit, low);
		snprintf(ret_text, size, "%s", low);
	} else if (rule->condition == CONDITION_STALE) {
		format_number(rule->stale_seconds, low);
		snprintf(ret_text, size, "%s", low);
	}
}

/* What a notice is about, as texts. */
struct about {
	const struct config_alert *rule;
	const char *subject, *state, *name, *room, *unit;
	char node[ALERT_SUBJECT_SIZE], sensor[ALERT_SUBJECT_SIZE];
	double value;
};

static void split_subject(struct about *about, const char *own_node)
{
	const char *colon = strchr(about->subject, ':');

	snprintf(about->node, sizeof(about->node), "%s", own_node);
	snprintf(about->sensor, sizeof(about->sensor), "%s", about->subject);
	if (about->rule->watch == WATCH_SENSOR && colon) {
		snprintf(about->node, sizeof(about->node), "%.*s", (int)(colon - about->subject),
			 about->subject);
		snprintf(about->sensor, sizeof(about->sensor), "%s", colon + 1);
	}
}

static void expand(const struct about *about, const char *value, const char *limit,
		   const struct alert_time *now, struct buffer *text)
{
	const struct config_alert *rule = about->rule;
	char time[40], unit[64] = "";

	alert_message_time(now->unix_ms, time, sizeof(time));
	if (*about->unit)
		snprintf(unit, sizeof(unit), " %s", about->unit);
	const struct placeholder values[] = {
		{"alert", rule->name},
		{"state", about->state},
		{"severity", config_severity_name(rule->severity)},
		{"name", *about->name ? about->name : about->sensor},
		{"sensor", about->sensor},
		{"node", about->node},
		{"field", rule->field ? rule->field : ""},
		{"value", value},
		/* Our own texts need the space before a unit only if there is one. */
		{"unit", rule->message ? about->unit : unit},
		{"room", about->room},
		{"limit", limit},
		{"time", time},
		{NULL, NULL},
	};

	placeholder_expand(find_text(rule, strcmp(about->state, "resolved") != 0), values, text);
}

static json_t *make(const struct about *about, const char *id, uint64_t began_ms,
		    const struct alert_time *now)
{
	char value[NUMBER_SIZE], limit[2 * NUMBER_SIZE + 8], clean[ALERT_NOTICE_TEXT_MAX];
	struct buffer text;
	json_t *json;

	format_number(about->value, value);
	format_limit(about->rule, limit, sizeof(limit));
	buffer_init(&text, 8 * ALERT_NOTICE_TEXT_MAX);
	expand(about, value, limit, now, &text);
	/* Names come from plugins. */
	text_clean(clean, sizeof(clean), text.data ? text.data : "", text.size);
	buffer_finish(&text);
	json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}",
			 "id", id, "alert", about->rule->name, "subject", about->subject, "node",
			 about->node, "sensor", about->sensor, "field", about->rule->field, "name",
			 about->name, "room", about->room, "unit", about->unit, "limit", limit,
			 "state", about->state, "severity",
			 config_severity_name(about->rule->severity), "since_ms",
			 (json_int_t)began_ms, "at_ms", (json_int_t)now->unix_ms);
	json_object_set_new(json, "value",
			    isnan(about->value) ? json_null() : json_real(about->value));
	json_object_set_new(json, "text", json_string(clean));
	return json;
}

json_t *alert_notice_make(const struct alert *alert, const char *id, const char *node,
			  const struct alert_names *names, uint64_t began_ms,
			  const struct alert_time *now)
{
	struct about about = {
		.rule = &alert->rule->config,
		.subject = alert->subject,
		.state = alert->state == ALERT_FIRING ? "firing" : "resolved",
		.name = names->name,
		.room = names->room,
		.unit = names->unit,
		.value = alert->value,
	};

	split_subject(&about, node);
	return make(&about, id, began_ms, now);
}

json_t *alert_notice_make_test(const struct alert_rule *rule, const char *id, const char *node,
			       const struct alert_time *now)
{
	struct about about = {
		.rule = &rule->config,
		.subject = "test",
		.state = "test",
		.name = "",
		.room = "",
		.unit = "",
		.value = rule->config.limit,
	};

	split_subject(&about, node);
	return make(&about, id, now->unix_ms, now);
}
