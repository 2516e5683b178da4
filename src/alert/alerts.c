#include "alert/alerts.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alert/internal.h"
#include "base/aligned_timer.h"
#include "base/clock.h"
#include "base/error.h"
#include "reading/reading.h"
#include "reading/table.h"
#include "store/alerts/store.h"

#define TICK_MS 1000

struct alert_time alerts_now(const struct alerts *alerts)
{
	uint64_t unix_ms = clock_unix_ms(alerts->config.clock);
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm parts = {0};

	localtime_r(&seconds, &parts);
	return (struct alert_time){
		.monotonic_ms = clock_monotonic_ns(alerts->config.clock) / 1000000,
		.unix_ms = unix_ms,
		.minute = parts.tm_hour * 60 + parts.tm_min,
	};
}

/* Readings */

static void on_reading(void *arg, const struct reading *reading)
{
	struct alerts *alerts = arg;
	const struct alert_time now = alerts_now(alerts);
	struct alert_observation seen = alerts_observation(alerts, reading);

	seen.data = reading->data;
	alert_engine_observe(alerts->engine, &seen, &now);
	/* What it changed is written with the next tick: one transaction a second at most, however
	 * often a plugin's values change. */
}

static void on_tick(uv_timer_t *timer)
{
	struct alerts *alerts = timer->data;
	const struct alert_time now = alerts_now(alerts);

	aligned_timer_start(timer, on_tick, TICK_MS);
	alerts->ticks++;
	alerts->lines = 0;
	alerts_watch(alerts);
	alert_engine_tick(alerts->engine, &now);
	alerts_settle_held(alerts);
	alerts_settle(alerts);
	alert_sender_pump(alerts->sender);
}

/* What was kept */

static void restore_snooze(struct alerts *alerts, const char *rule, const json_t *record)
{
	const struct alert_time now = alerts_now(alerts);
	uint64_t left = (uint64_t)json_integer_value(json_object_get(record, "left_ms"));
	uint64_t saved = (uint64_t)json_integer_value(json_object_get(record, "saved_ms"));

	/* The time during which the node was off counts, as far as the clock tells it. */
	if (now.unix_ms > saved)
		left = left > now.unix_ms - saved ? left - (now.unix_ms - saved) : 0;
	/* The rule may be gone. */
	if (!left || alert_engine_snooze(alerts->engine, rule, left, &now))
		alert_journal_put(alerts->journal, ALERT_RECORD_SNOOZE, rule, NULL);
}

static void restore_state(struct alerts *alerts, const char *key, const json_t *record)
{
	const struct alert_time now = alerts_now(alerts);

	/* The rule is gone, or the record is not ours. */
	if (alert_engine_restore(alerts->engine, record, &now))
		alert_journal_put(alerts->journal, ALERT_RECORD_STATE, key, NULL);
}

static void restore_rule(struct alerts *alerts, const char *name, json_t *record)
{
	if (json_object_size(alerts->added) < ALERTS_ADDED_MAX)
		json_object_set(alerts->added, name, record);
}

/* Everything is read once; the rules first, since the other records are about them. */
struct restored {
	json_t *lists[ALERT_RECORD_RULE + 1]; /* by kind: {key: record} */
};

static void on_record(void *arg, enum alert_record kind, const char *key, const char *value)
{
	struct restored *restored = arg;
	json_t *record = json_loads(value, 0, NULL);

	if (record && kind >= ALERT_RECORD_STATE && kind <= ALERT_RECORD_RULE)
		json_object_set(restored->lists[kind], key, record);
	json_decref(record);
}

static int restore(struct alerts *alerts, const struct restored *restored)
{
	const struct alert_time now = alerts_now(alerts);
	const char *key;
	json_t *record;
	int ret;

	json_object_foreach(restored->lists[ALERT_RECORD_RULE], key, record)
		restore_rule(alerts, key, record);
	ret = alerts_use_rules(alerts);
	if (ret)
		return ret;
	json_object_foreach(restored->lists[ALERT_RECORD_STATE], key, record)
		restore_state(alerts, key, record);
	json_object_foreach(restored->lists[ALERT_RECORD_SNOOZE], key, record)
		restore_snooze(alerts, key, record);
	json_object_foreach(restored->lists[ALERT_RECORD_NOTICE], key, record)
		alert_outbox_restore(alerts->outbox, record);
	alert_engine_expect_named(alerts->engine, &now);
	return 0;
}

static struct alert_store *open_store(struct alerts *alerts, struct restored *restored)
{
	const struct alerts_config *config = &alerts->config;
	struct alert_store *store = NULL;
	struct error err = {0}, remark = {0};
	char path[PATH_MAX];
	int ret;

	if (snprintf(path, sizeof(path), "%s/alerts.db", config->data_folder) >= (int)sizeof(path))
		return NULL; /* nothing else could use such a folder either */
	ret = alert_store_open(path, &store, &remark, &err);
	if (remark.code)
		config->on_noted(config->arg, LOG_WARNING, remark.text);
	if (!ret)
		ret = alert_store_read(store, on_record, restored, &err);
	if (!ret)
		return store;
	alert_store_close(store);
	error_wrap(&err, ret,
		   "cannot read or write the state of the alerts, so a restart forgets which "
		   "alerts fire; correct this and restart the node");
	config->on_noted(config->arg, LOG_ERROR, err.text);
	return NULL;
}

static void on_written(void *arg)
{
	struct alerts *alerts = arg;

	if (alerts->sender)
		alert_sender_pump(alerts->sender);
}

static void on_failing(void *arg, const struct error *err)
{
	struct alerts *alerts = arg;
	char text[ERROR_TEXT_SIZE + 128];

	if (err->code)
		snprintf(text, sizeof(text),
			 "cannot write the state of the alerts to the disk: %s; trying again, and "
			 "sending messages all the same",
			 err->text);
	else
		snprintf(text, sizeof(text),
			 "the state of the alerts is written to the disk again");
	alerts->config.on_noted(alerts->config.arg, err->code ? LOG_ERROR : LOG_INFO, text);
}

/* Life */

static int create_journal(struct alerts *alerts, struct restored *restored)
{
	const struct alert_journal_events events = {on_written, on_failing, alerts};
	struct alert_store *store = open_store(alerts, restored);

	return alert_journal_create(alerts->config.loop, store, &events, &alerts->journal);
}

static int create_parts(struct alerts *alerts)
{
	struct alert_engine_events events = alerts_engine_events;
	const struct alerts_config *config = &alerts->config;
	const struct alert_sender_config sender = {
		.loop = config->loop,
		.clock = config->clock,
		.outbox = alerts->outbox,
		.journal = alerts->journal,
		.node = config->node,
		.on_noted = config->on_noted,
		.arg = config->arg,
	};

	events.arg = alerts;
	alerts->engine = alert_engine_create(config->node, config->is_hub, &events);
	if (!alerts->engine)
		return ERROR_NO_MEMORY;
	return alert_sender_create(&sender, &alerts->sender);
}

static void start(struct alerts *alerts)
{
	aligned_timer_start(&alerts->timer, on_tick, TICK_MS);
	uv_unref((uv_handle_t *)&alerts->timer);
}

static int fill(struct alerts *alerts)
{
	struct restored restored = {{NULL}};
	int ret = 0;

	for (size_t i = 0; i <= ALERT_RECORD_RULE; i++) {
		restored.lists[i] = json_object();
		ret = restored.lists[i] ? ret : ERROR_NO_MEMORY;
	}
	if (!ret)
		ret = create_journal(alerts, &restored);
	if (!ret)
		ret = create_parts(alerts);
	if (!ret)
		ret = restore(alerts, &restored);
	if (!ret)
		ret = alert_sender_configure(alerts->sender, alerts->config.alerting);
	for (size_t i = 0; i <= ALERT_RECORD_RULE; i++)
		json_decref(restored.lists[i]);
	return ret;
}

static void on_nothing(void *arg)
{
	(void)arg;
}

int alerts_create(const struct alerts_config *config, struct alerts **ret_alerts, struct error *err)
{
	struct alerts *alerts = calloc(1, sizeof(*alerts));
	int ret = ERROR_NO_MEMORY;

	if (!alerts)
		return error_set(err, ret,
				 "out of memory while starting the alerts; this machine needs "
				 "more free memory");
	tzset();
	alerts->config = *config;
	uv_timer_init(config->loop, &alerts->timer);
	alerts->timer.data = alerts;
	alerts->added = json_object();
	alert_held_init(&alerts->held);
	alerts->outbox = alert_outbox_create();
	if (alerts->added && alerts->outbox)
		ret = fill(alerts);
	if (!ret)
		ret = reading_table_subscribe(config->table, on_reading, alerts);
	if (ret) {
		alerts_close(alerts, on_nothing, NULL);
		return error_set(err, ret, "cannot start the alerts: %s", error_text(ret));
	}
	start(alerts);
	alerts_settle(alerts);
	*ret_alerts = alerts;
	return 0;
}

void alerts_part_closed(void *arg)
{
	struct alerts *alerts = arg;

	if (--alerts->open_parts)
		return;
	alert_engine_destroy(alerts->engine);
	alert_outbox_destroy(alerts->outbox);
	alert_held_finish(&alerts->held);
	json_decref(alerts->added);
	for (size_t i = 0; i < CONFIG_ALERT_LEDS; i++)
		free(alerts->lights[i].key);
	alerts->on_closed(alerts->closed_arg);
	free(alerts);
}

static void on_timer_closed(uv_handle_t *handle)
{
	alerts_part_closed(handle->data);
}

/* The journal closes after the sender, which may still delete records. */
static void on_sender_closed(void *arg)
{
	struct alerts *alerts = arg;

	alerts->sender = NULL;
	alerts->open_parts += alerts->journal != NULL;
	alert_journal_close(alerts->journal, alerts_part_closed, alerts);
	alerts_part_closed(alerts);
}

void alerts_close(struct alerts *alerts, void (*on_closed)(void *arg), void *arg)
{
	if (!alerts)
		return;
	alerts->is_closing = true;
	alerts->on_closed = on_closed;
	alerts->closed_arg = arg;
	alerts->open_parts = 2u + alerts->asks_disk;
	reading_table_unsubscribe(alerts->config.table, on_reading, alerts);
	uv_close((uv_handle_t *)&alerts->timer, on_timer_closed);
	if (alerts->sender)
		alert_sender_close(alerts->sender, on_sender_closed, alerts);
	else
		on_sender_closed(alerts);
}
