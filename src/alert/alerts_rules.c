/* The rules: those of the configuration, those that people added over the API, and ready-made ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/internal.h"
#include "alert/notice.h"
#include "base/error.h"
#include "base/json_member.h"

/* What [alerting] says for rules that do not say it themselves. */
static int fill_in(const struct config_alerting *alerting, struct config_alert *rule)
{
	if (rule->quiet.from == CONFIG_ALERT_TIME_NONE)
		rule->quiet = alerting->quiet;
	for (size_t i = 0; !rule->has_notify && alerting->notify[i]; i++) {
		rule->notify[i] = strdup(alerting->notify[i]);
		if (!rule->notify[i])
			return ERROR_NO_MEMORY;
	}
	return 0;
}

struct rule_list {
	struct alert_rule *rules; /* owned, with what they own */
	size_t count;
};

static int append(struct rule_list *list, const struct config_alerting *alerting,
		  struct config_alert *rule, enum alert_origin origin)
{
	struct alert_rule *longer =
		reallocarray(list->rules, list->count + 1, sizeof(*list->rules));

	if (!longer) {
		config_alert_finish(rule);
		return ERROR_NO_MEMORY;
	}
	list->rules = longer;
	list->rules[list->count++] = (struct alert_rule){.config = *rule, .origin = origin};
	return fill_in(alerting, &list->rules[list->count - 1].config);
}

static int append_ready_made(struct rule_list *list, const struct alerts *alerts)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < ALERT_READY_MADE_COUNT; i++) {
		struct config_alert rule;

		ret = alert_rule_ready_made(i, &rule);
		if (!ret)
			ret = append(list, alerts->config.alerting, &rule, ALERT_READY_MADE);
	}
	return ret;
}

/* A rule on the disk that this version does not understand is left out, and stays on the disk. */
static int append_added(struct rule_list *list, const struct alerts *alerts)
{
	const char *name;
	json_t *definition;
	int ret = 0;

	json_object_foreach(alerts->added, name, definition)
	{
		struct config_alert rule;

		if (!ret && !config_alert_from_json(definition, &rule, NULL))
			ret = append(list, alerts->config.alerting, &rule, ALERT_ADDED);
	}
	return ret;
}

static int append_configured(struct rule_list *list, const struct alerts *alerts)
{
	const struct config_alerting *alerting = alerts->config.alerting;
	int ret = 0;

	for (size_t i = 0; !ret && i < alerting->alerts_count; i++) {
		struct config_alert rule;

		ret = config_alert_copy(&alerting->alerts[i], &rule);
		if (!ret)
			ret = append(list, alerting, &rule, ALERT_CONFIGURED);
	}
	return ret;
}

int alerts_use_rules(struct alerts *alerts)
{
	const struct alert_time now = alerts_now(alerts);
	struct rule_list list = {NULL, 0};
	int ret = append_ready_made(&list, alerts);

	/* Of two rules with one name the later one counts: the owner's configuration wins. */
	if (!ret)
		ret = append_added(&list, alerts);
	if (!ret)
		ret = append_configured(&list, alerts);
	if (!ret)
		ret = alert_engine_set_rules(alerts->engine, list.rules, list.count, &now);
	else
		for (size_t i = 0; i < list.count; i++)
			config_alert_finish(&list.rules[i].config);
	free(list.rules);
	return ret;
}

static void use_rules_again(struct alerts *alerts)
{
	const struct alert_time now = alerts_now(alerts);

	if (alerts_use_rules(alerts))
		alerts->config.on_noted(alerts->config.arg, LOG_ERROR,
					"out of memory while changing the rules of alerts, so they "
					"stay as they were; this machine needs more free memory");
	alert_engine_expect_named(alerts->engine, &now);
	alerts_settle(alerts);
}

void alerts_reload(struct alerts *alerts)
{
	if (!alerts)
		return;
	if (alert_sender_configure(alerts->sender, alerts->config.alerting))
		alerts->config.on_noted(
			alerts->config.arg, LOG_ERROR,
			"out of memory while reloading the [[notify]] channels, so they stay as "
			"they were; this machine needs more free memory");
	use_rules_again(alerts);
}

/* Rules of the API */

static int check_channels(const struct alerts *alerts, const struct config_alert *rule,
			  struct error *err)
{
	for (size_t i = 0; rule->notify[i]; i++)
		if (!alert_sender_has(alerts->sender, rule->notify[i]))
			return error_set(err, ERROR_MALFORMED,
					 "notify: there is no [[notify]] with the name \"%s\" in "
					 "the configuration: add one, or correct the name",
					 rule->notify[i]);
	return 0;
}

/* Check the definition and use it from now on. Takes ownership of it. */
static int put(struct alerts *alerts, json_t *definition, struct error *err)
{
	struct config_alert rule;
	int ret = config_alert_from_json(definition, &rule, err);

	if (ret) {
		json_decref(definition);
		return ret;
	}
	ret = check_channels(alerts, &rule, err);
	if (!ret && json_object_set(alerts->added, rule.name, definition))
		ret = error_set(err, ERROR_NO_MEMORY,
				"out of memory while changing an alert; this machine needs more "
				"free memory");
	if (!ret) {
		alert_journal_put(alerts->journal, ALERT_RECORD_RULE, rule.name,
				  json_incref(definition));
		use_rules_again(alerts);
	}
	config_alert_finish(&rule);
	json_decref(definition);
	return ret;
}

int alerts_add(struct alerts *alerts, const json_t *definition, struct error *err)
{
	const char *name = json_string_value(json_object_get(definition, "name"));

	if (!json_is_object(definition))
		return error_set(err, ERROR_MALFORMED,
				 "the body must be a JSON object with the keys of [[alert]], which "
				 "docs/KEYS.md lists");
	if (name && alert_engine_find(alerts->engine, name))
		return error_set(err, ERROR_EXISTS,
				 "there is an alert with the name %s: change that one, or choose "
				 "another name",
				 name);
	if (json_object_size(alerts->added) >= ALERTS_ADDED_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "%d alerts were added already, the limit: remove one first",
				 ALERTS_ADDED_MAX);
	return put(alerts, json_deep_copy(definition), err);
}

static const struct alert_rule *find(const struct alerts *alerts, const char *name,
				     struct error *err)
{
	const struct alert_rule *rule = alert_engine_find(alerts->engine, name);

	if (!rule)
		error_set(err, ERROR_NOT_FOUND,
			  "there is no alert %.64s: GET /api/v1/alerts lists them", name);
	return rule;
}

/* The definition of a rule that may be changed here, borrowed. */
static int find_added(const struct alerts *alerts, const char *name, json_t **ret_definition,
		      struct error *err)
{
	const struct alert_rule *rule = find(alerts, name, err);

	if (!rule)
		return ERROR_NOT_FOUND;
	if (rule->origin == ALERT_READY_MADE)
		return error_set(err, ERROR_INVALID,
				 "the alert %s is ready-made: put an [[alert]] of that name into "
				 "the configuration to change it",
				 name);
	if (rule->origin == ALERT_CONFIGURED)
		return error_set(err, ERROR_INVALID,
				 "the alert %s is in the configuration (line %u): change it there",
				 name, rule->config.line);
	*ret_definition = json_object_get(alerts->added, name);
	return 0;
}

int alerts_change(struct alerts *alerts, const char *name, const json_t *keys, struct error *err)
{
	json_t *definition, *value, *changed;
	const char *key;
	int ret = find_added(alerts, name, &definition, err);

	if (ret)
		return ret;
	if (!json_is_object(keys))
		return error_set(err, ERROR_MALFORMED,
				 "the body must be a JSON object with the keys of [[alert]], which "
				 "docs/KEYS.md lists");
	changed = json_copy(definition);
	json_object_foreach((json_t *)keys, key, value)
	{
		if (json_is_null(value))
			json_object_del(changed, key);
		else
			json_object_set(changed, key, value);
	}
	/* Another name would be another alert. */
	json_object_set_new(changed, "name", json_string(name));
	return put(alerts, changed, err);
}

int alerts_remove(struct alerts *alerts, const char *name, struct error *err)
{
	json_t *definition;
	char key[65];
	int ret = find_added(alerts, name, &definition, err);

	if (ret)
		return ret;
	snprintf(key, sizeof(key), "%s", name);
	alert_journal_put(alerts->journal, ALERT_RECORD_RULE, key, NULL);
	json_object_del(alerts->added, key);
	use_rules_again(alerts);
	return 0;
}

/* What people do about alerts */

int alerts_acknowledge(struct alerts *alerts, const char *name, struct error *err)
{
	const struct alert_time now = alerts_now(alerts);

	if (!find(alerts, name, err))
		return ERROR_NOT_FOUND;
	if (alert_engine_acknowledge(alerts->engine, name, &now))
		return error_set(err, ERROR_INVALID,
				 "the alert %s does not fire now, so there is nothing to "
				 "acknowledge; GET /api/v1/alerts lists those that fire",
				 name);
	alerts_settle(alerts);
	return 0;
}

int alerts_snooze(struct alerts *alerts, const char *name, uint64_t seconds, struct error *err)
{
	const struct alert_time now = alerts_now(alerts);

	if (!find(alerts, name, err))
		return ERROR_NOT_FOUND;
	alert_engine_snooze(alerts->engine, name, seconds * 1000, &now);
	alerts_settle(alerts);
	return 0;
}

int alerts_test(struct alerts *alerts, const char *name, struct error *err)
{
	const struct alert_time now = alerts_now(alerts);
	const struct alert_rule *rule = find(alerts, name, err);
	char id[ALERT_ID_SIZE];
	json_t *notice;

	if (!rule)
		return ERROR_NOT_FOUND;
	if (!rule->config.notify[0] && !rule->config.buzzer)
		return error_set(err, ERROR_INVALID,
				 "the alert %s tells nobody: add `notify` with the name of a "
				 "[[notify]] to it",
				 name);
	alerts_make_id(id);
	notice = alert_notice_make_test(rule, id, alerts->config.node, &now);
	if (!notice)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while changing an alert; this machine needs more "
				 "free memory");
	alerts_post(alerts, &rule->config, id, "", notice);
	if (rule->config.buzzer)
		alerts->config.outputs.sound(alerts->config.arg, rule->config.buzzer, name,
					     json_member_text(notice, "text"));
	json_decref(notice);
	alerts_settle(alerts);
	return 0;
}
