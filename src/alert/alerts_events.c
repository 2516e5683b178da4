/* What the engine says: records to keep, people to tell, outputs to switch. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/internal.h"
#include "alert/notice.h"
#include "base/error.h"
#include "base/json_member.h"
#include "reading/catalogue.h"
#include "reading/table.h"

#define LINES_A_SECOND 10 /* in the log; a plugin may let many alerts begin and end */

static void state_key(const struct alert *alert, char *ret_key, size_t size)
{
	snprintf(ret_key, size, "%s %s", alert->rule->config.name, alert->subject);
}

void alerts_make_id(char ret_id[ALERT_ID_SIZE])
{
	unsigned char bytes[ALERT_ID_SIZE / 2];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(ret_id, ALERT_ID_SIZE, bytes, sizeof(bytes));
}

static void on_dropped(void *arg, const struct alert_letter *letter)
{
	struct alerts *alerts = arg;
	char key[128];

	alerts->dropped++;
	alert_letter_key(letter, key, sizeof(key));
	alert_journal_put(alerts->journal, ALERT_RECORD_NOTICE, key, NULL);
}

void alerts_post(struct alerts *alerts, const struct config_alert *rule, const char *id,
		 const char *owner, json_t *notice)
{
	char key[128];

	for (size_t i = 0; rule->notify[i]; i++) {
		struct alert_letter *letter;

		if (alerts->sender && !alert_sender_has(alerts->sender, rule->notify[i]))
			continue;
		letter = alert_outbox_add(alerts->outbox, rule->notify[i], id, owner, notice,
					  on_dropped, alerts);
		if (!letter)
			continue;
		alert_letter_key(letter, key, sizeof(key));
		letter->number = alert_journal_put(alerts->journal, ALERT_RECORD_NOTICE, key,
						   alert_letter_record(letter));
	}
}

/* What all members of a cluster judge: the readings of all, and which nodes are there. */
static bool is_shared(const struct config_alert *rule)
{
	return rule->watch == WATCH_SENSOR || rule->watch == WATCH_NODE;
}

static enum alert_duty find_duty(const struct alerts *alerts, uint64_t *ret_term)
{
	const struct alerts_config *config = &alerts->config;

	return config->duty ? config->duty(config->arg, ret_term) : ALERT_ALONE;
}

static void tell(struct alerts *alerts, const struct config_alert *rule, const char *id,
		 const char *owner, json_t *notice)
{
	uint64_t term = 0;
	enum alert_duty duty = is_shared(rule) ? find_duty(alerts, &term) : ALERT_ALONE;

	if (duty == ALERT_FOLLOWS || duty == ALERT_NO_LEADER) {
		alert_held_add(&alerts->held, rule->name, id, owner, notice,
			       alerts_now(alerts).monotonic_ms);
		return;
	}
	if (duty == ALERT_LEADS)
		json_object_set_new(notice, "term", json_integer((json_int_t)term));
	alerts_post(alerts, rule, id, owner, notice);
}

static void on_held_told(void *arg, const char *name, const char *id, const char *owner,
			 json_t *notice)
{
	struct alerts *alerts = arg;
	const struct alert_rule *rule = alert_find_rule(alerts->engine, name);
	uint64_t term = 0;

	if (!rule)
		return;
	if (find_duty(alerts, &term) == ALERT_LEADS)
		json_object_set_new(notice, "term", json_integer((json_int_t)term));
	alerts_post(alerts, &rule->config, id, owner, notice);
}

void alerts_settle_held(struct alerts *alerts)
{
	uint64_t term = 0;
	enum alert_duty duty = find_duty(alerts, &term);

	alert_held_settle(&alerts->held, duty, alerts_now(alerts).monotonic_ms, on_held_told,
			  alerts);
}

static void write_line(struct alerts *alerts, const struct alert *alert, const json_t *notice)
{
	bool fires = alert->state == ALERT_FIRING;
	char text[LOG_TEXT_SIZE];

	snprintf(text, sizeof(text), "%s %s: %s", alert->rule->config.name,
		 fires ? "fires" : "ended", json_string_value(json_object_get(notice, "text")));
	alerts->config.on_noted(alerts->config.arg, fires ? LOG_WARNING : LOG_INFO, text);
}

/* Borrowed until the catalogue changes. A sensor that the table has no more has no names. */
static struct alert_names find_names(const struct alerts *alerts, const struct alert *alert)
{
	const struct config_alert *rule = &alert->rule->config;
	const struct reading *reading =
		rule->watch == WATCH_SENSOR
			? reading_table_find_id(alerts->config.table, alert->subject)
			: NULL;
	const json_t *about =
		reading ? reading_catalogue_describe(alerts->config.catalogue, reading) : NULL;
	const json_t *field =
		rule->field ? json_object_get(json_object_get(about, "fields"), rule->field) : NULL;

	return (struct alert_names){.name = json_member_text(about, "name"),
				    .room = json_member_text(about, "room"),
				    .unit = json_member_text(field, "unit")};
}

/* People may be told later, or never: the log has it in any case. */
static void on_turned(void *arg, const struct alert *alert)
{
	struct alerts *alerts = arg;
	const struct alert_time now = alerts_now(alerts);
	const struct alert_names names = find_names(alerts, alert);
	json_t *notice = NULL;

	if (alerts->lines++ < LINES_A_SECOND)
		notice = alert_notice_make(alert, "", alerts->config.node, &names, alert->began_ms,
					   &now);
	if (notice)
		write_line(alerts, alert, notice);
	json_decref(notice);
}

static void on_told(void *arg, const struct alert *alert)
{
	struct alerts *alerts = arg;
	const struct alert_time now = alerts_now(alerts);
	const struct alert_names names = find_names(alerts, alert);
	char id[ALERT_ID_SIZE];
	json_t *notice;

	alerts_make_id(id);
	notice = alert_notice_make(alert, id, alerts->config.node, &names, alert->began_ms, &now);
	alerts->changes++;
	if (!notice)
		return;
	tell(alerts, &alert->rule->config, id, alert->owner->name, notice);
	if (alert->state == ALERT_FIRING && alert->rule->config.buzzer)
		alerts->config.outputs.sound(alerts->config.arg, alert->rule->config.buzzer,
					     alert->rule->config.name,
					     json_member_text(notice, "text"));
	json_decref(notice);
}

static void on_changed(void *arg, const struct alert *alert)
{
	struct alerts *alerts = arg;
	const struct alert_time now = alerts_now(alerts);
	char key[2 * ALERT_SUBJECT_SIZE];

	state_key(alert, key, sizeof(key));
	alert_journal_put(alerts->journal, ALERT_RECORD_STATE, key,
			  alert_engine_record(alert, &now));
}

static void on_forgotten(void *arg, const struct alert *alert)
{
	struct alerts *alerts = arg;
	char key[2 * ALERT_SUBJECT_SIZE];

	state_key(alert, key, sizeof(key));
	alert_journal_put(alerts->journal, ALERT_RECORD_STATE, key, NULL);
}

static void on_snoozed(void *arg, const char *rule, uint64_t left_ms)
{
	struct alerts *alerts = arg;
	json_t *record = NULL;

	if (left_ms)
		record = json_pack("{s:I, s:I}", "left_ms", (json_int_t)left_ms, "saved_ms",
				   (json_int_t)alerts_now(alerts).unix_ms);
	alert_journal_put(alerts->journal, ALERT_RECORD_SNOOZE, rule, record);
}

const struct alert_engine_events alerts_engine_events = {
	.on_turned = on_turned,
	.on_told = on_told,
	.on_changed = on_changed,
	.on_forgotten = on_forgotten,
	.on_snoozed = on_snoozed,
};

/* Outputs */

/* An acknowledged alert's light is off: somebody knows. Its fan runs on: it is there to help. */
static bool may_light(const struct alert *alert, const struct alert_time *now)
{
	return alert->rule->config.led >= 0 && !alert->acknowledged &&
	       alert_rule_may_tell(alert->rule, now);
}

/* Of several alerts on one LED, the most severe shows its colour. */
static void choose_lights(const struct alerts *alerts, const struct alert **ret_lights,
			  bool *ret_fan)
{
	const struct alert_time now = alerts_now(alerts);
	const struct alert *alert = alert_engine_first(alerts->engine);

	for (; alert; alert = alert_engine_next(alert)) {
		const struct config_alert *rule = &alert->rule->config;

		if (alert->state != ALERT_FIRING)
			continue;
		*ret_fan |= rule->fan;
		if (may_light(alert, &now) &&
		    (!ret_lights[rule->led] ||
		     ret_lights[rule->led]->rule->config.severity < rule->severity))
			ret_lights[rule->led] = alert;
	}
}

/* The alert that shows its colour there, by its identity: its text may change. */
static bool is_shown(const struct alerts *alerts, unsigned led, const struct alert *alert)
{
	char key[2 * ALERT_SUBJECT_SIZE] = "";

	if (alert)
		state_key(alert, key, sizeof(key));
	return !strcmp(alerts->lights[led].key ? alerts->lights[led].key : "", key) &&
	       (!alert || alerts->lights[led].color == alert->rule->config.color);
}

static void light(const struct alerts *alerts, unsigned led, const struct alert *alert)
{
	const struct alert_time now = alerts_now(alerts);
	const struct alert_names names = find_names(alerts, alert);
	json_t *notice =
		alert_notice_make(alert, "", alerts->config.node, &names, alert->began_ms, &now);

	alerts->config.outputs.light(alerts->config.arg, led, alert->rule->config.color,
				     alert->rule->config.name, json_member_text(notice, "text"));
	json_decref(notice);
}

/* Only changes: each call ends the frame that plugins may be drawing just now. */
static void switch_light(struct alerts *alerts, unsigned led, const struct alert *alert)
{
	char key[2 * ALERT_SUBJECT_SIZE];

	if (is_shown(alerts, led, alert))
		return;
	free(alerts->lights[led].key);
	alerts->lights[led].key = NULL;
	if (!alert) {
		alerts->config.outputs.light(alerts->config.arg, led, 0, NULL, NULL);
		return;
	}
	light(alerts, led, alert);
	state_key(alert, key, sizeof(key));
	alerts->lights[led].key = strdup(key);
	alerts->lights[led].color = alert->rule->config.color;
}

void alerts_switch_outputs(struct alerts *alerts)
{
	const struct alert *lights[CONFIG_ALERT_LEDS] = {NULL};
	bool fan = false;

	choose_lights(alerts, lights, &fan);
	for (unsigned i = 0; i < CONFIG_ALERT_LEDS; i++)
		switch_light(alerts, i, lights[i]);
	if (fan != alerts->fan_on)
		alerts->config.outputs.fan(alerts->config.arg, fan);
	alerts->fan_on = fan;
}

void alerts_settle(struct alerts *alerts)
{
	alert_journal_flush(alerts->journal);
	alerts_switch_outputs(alerts);
}
