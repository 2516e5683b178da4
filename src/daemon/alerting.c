#include "daemon/alerting.h"

#include "alert/alerts.h"
#include "base/error.h"
#include "base/log.h"
#include "capability/host.h"
#include "hardware/driver/fan.h"
#include "hardware/driver/led_strip.h"

/* Outputs */

static void sound(void *arg, enum config_alert_sound which)
{
	static const enum web_buzzer_pattern patterns[] = {
		[SOUND_SINGLE] = WEB_BUZZER_SINGLE,
		[SOUND_TRIPLE] = WEB_BUZZER_TRIPLE,
		[SOUND_LONG] = WEB_BUZZER_LONG,
	};
	const struct web_actions actions = node_actions_for_web(arg);
	struct error err = {0};

	if (which && actions.buzzer(arg, patterns[which], &err))
		log_warning("alert", "cannot sound the buzzer: %s", err.text);
}

static void light(void *arg, unsigned led, bool is_lit, uint32_t color)
{
	struct led_strip *strip = capability_host_leds(((struct node_actions *)arg)->host);
	const struct led_color shown = {
		.r = (uint8_t)(color >> 16), .g = (uint8_t)(color >> 8), .b = (uint8_t)color};

	if (!strip || led_strip_mark(strip, led, is_lit ? &shown : NULL))
		return;
	led_strip_flush(strip); /* if the bus's queue is full, the next cycle writes */
}

static void run_fan(void *arg, bool on)
{
	struct fan *fan = capability_host_fan(((struct node_actions *)arg)->host);
	struct error err = {0};

	if (fan && fan_demand(fan, on, &err))
		log_warning("alert", "cannot switch the fan: %s", err.text);
}

static json_t *list_nodes(void *arg)
{
	return node_actions_for_web(arg).nodes(arg);
}

static void on_noted(void *arg, enum log_level level, const char *text)
{
	(void)arg;
	log_write(level, "alert", "%s", text);
}

int alerting_create(uv_loop_t *loop, struct node_actions *actions, const char *data_folder,
		    struct error *err)
{
	const struct config *file = actions->config;
	const struct alerts_config config = {
		.loop = loop,
		.clock = actions->clock,
		.alerting = &file->alerting,
		.data_folder = data_folder,
		.node = file->cluster.node_id,
		.is_hub = file->cluster.role == ROLE_HUB,
		.table = actions->table,
		.outputs = {.sound = sound, .light = light, .fan = run_fan},
		.nodes = list_nodes,
		.plugins = node_actions_plugins,
		.on_noted = on_noted,
		.arg = actions,
	};

	return alerts_create(&config, &actions->alerts, err);
}

/* Routes */

static struct alerts *alerts_of(void *arg)
{
	return ((struct node_actions *)arg)->alerts;
}

static json_t *show_all(void *arg)
{
	return alerts_of(arg) ? alerts_to_json(alerts_of(arg)) : NULL;
}

static json_t *show_list(void *arg)
{
	json_t *all = show_all(arg);
	json_t *list = json_incref(json_object_get(all, "alerts"));

	json_decref(all);
	return list;
}

static json_t *show_one(void *arg, const char *name)
{
	return alerts_of(arg) ? alerts_show(alerts_of(arg), name) : NULL;
}

static int closed(struct error *err)
{
	return error_set(err, ERROR_CLOSED,
			 "this node judges no alerts now: try again when it has started");
}

static int add(void *arg, const json_t *definition, struct error *err)
{
	return alerts_of(arg) ? alerts_add(alerts_of(arg), definition, err) : closed(err);
}

static int change(void *arg, const char *name, const json_t *keys, struct error *err)
{
	return alerts_of(arg) ? alerts_change(alerts_of(arg), name, keys, err) : closed(err);
}

static int act(void *arg, const char *name, enum web_alert_action action, uint64_t seconds,
	       struct error *err)
{
	struct alerts *alerts = alerts_of(arg);

	if (!alerts)
		return closed(err);
	switch (action) {
	case WEB_ALERT_REMOVE:
		return alerts_remove(alerts, name, err);
	case WEB_ALERT_ACKNOWLEDGE:
		return alerts_acknowledge(alerts, name, err);
	case WEB_ALERT_SNOOZE:
		return alerts_snooze(alerts, name, seconds, err);
	case WEB_ALERT_TEST:
		break;
	}
	return alerts_test(alerts, name, err);
}

void alerting_add_actions(struct web_actions *actions)
{
	actions->alerts = show_all;
	actions->alert_list = show_list;
	actions->alert = show_one;
	actions->alert_add = add;
	actions->alert_change = change;
	actions->alert_act = act;
}
