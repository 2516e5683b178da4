/* The alerts as JSON for the API, and their counters. */
#include <math.h>
#include <string.h>

#include "alert/internal.h"

static const char *const states[] = {"ok", "pending", "firing"};
static const char *const origins[] = {"ready-made", "configuration", "api"};

static json_t *subject_to_json(const struct alert *alert)
{
	return json_pack("{s:s, s:s, s:I, s:b, s:b, s:o}", "subject", alert->subject, "state",
			 states[alert->state], "since_ms", (json_int_t)alert->since_ms,
			 "acknowledged", (int)alert->acknowledged, "told", (int)alert->told,
			 "value", isnan(alert->value) ? json_null() : json_real(alert->value));
}

/* Subjects that are well are not listed. */
static json_t *subjects_to_json(const struct alerts *alerts, const struct alert_rule *rule,
				enum alert_state *ret_worst)
{
	const struct alert *alert = alert_engine_first(alerts->engine);
	json_t *list = json_array();

	for (; alert; alert = alert_engine_next(alert)) {
		if (alert->rule != rule || alert->state == ALERT_OK)
			continue;
		json_array_append_new(list, subject_to_json(alert));
		if (alert->state > *ret_worst)
			*ret_worst = alert->state;
	}
	return list;
}

static json_t *rule_to_json(const struct alerts *alerts, const struct alert_rule *rule)
{
	const struct alert_time now = alerts_now(alerts);
	enum alert_state worst = ALERT_OK;
	json_t *subjects = subjects_to_json(alerts, rule, &worst);
	uint64_t left = rule->snoozed_until_ms > now.monotonic_ms
				? rule->snoozed_until_ms - now.monotonic_ms
				: 0;

	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:o, s:o}", "name", rule->config.name, "origin",
			 origins[rule->origin], "state", states[worst], "severity",
			 config_severity_name(rule->config.severity), "snoozed_seconds",
			 (json_int_t)((left + 999) / 1000), "subjects", subjects, "definition",
			 config_alert_to_json(&rule->config));
}

json_t *alerts_show(const struct alerts *alerts, const char *name)
{
	const struct alert_rule *rule = alert_engine_find(alerts->engine, name);

	return rule ? rule_to_json(alerts, rule) : NULL;
}

struct alerts_counters alerts_counters(const struct alerts *alerts)
{
	const struct alert_sender_counters sent = alert_sender_counters(alerts->sender);
	const struct alert *alert = alert_engine_first(alerts->engine);
	struct alerts_counters counters = {
		.changes = alerts->changes,
		.sent = sent.sent,
		.failed = sent.failed,
		.given_up = sent.given_up,
		.dropped = alerts->dropped + alerts->held.lost,
		.left = alerts->held.left,
		.refused = alert_engine_refused(alerts->engine),
		.waiting = alert_outbox_count(alerts->outbox),
	};

	for (; alert; alert = alert_engine_next(alert)) {
		counters.pending += alert->state == ALERT_PENDING;
		counters.firing += alert->state == ALERT_FIRING;
	}
	return counters;
}

static json_t *counters_to_json(const struct alerts *alerts)
{
	const struct alerts_counters now = alerts_counters(alerts);

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "pending",
			 (json_int_t)now.pending, "firing", (json_int_t)now.firing, "changes",
			 (json_int_t)now.changes, "refused", (json_int_t)now.refused, "waiting",
			 (json_int_t)now.waiting, "sent", (json_int_t)now.sent, "failed",
			 (json_int_t)now.failed, "given_up", (json_int_t)now.given_up, "dropped",
			 (json_int_t)now.dropped, "left", (json_int_t)now.left);
}

json_t *alerts_to_json(const struct alerts *alerts)
{
	json_t *list = json_array();

	for (size_t i = 0; i < alert_engine_rules(alerts->engine); i++)
		json_array_append_new(list,
				      rule_to_json(alerts, alert_engine_rule(alerts->engine, i)));
	return json_pack("{s:o, s:o, s:o}", "alerts", list, "channels",
			 alert_sender_to_json(alerts->sender), "counters",
			 counters_to_json(alerts));
}
