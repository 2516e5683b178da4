/*
 * The node's alerts (alert/alerts.h), connected to its buzzer, LEDs and fan, and to its lists of
 * nodes, plugins and roll-outs.
 */
#include "alert/alerts.h"
#include "base/error.h"
#include "base/log.h"
#include "capability/host.h"
#include "capability/outputs.h"
#include "cluster/member.h"
#include "config/config.h"
#include "daemon/internal.h"
#include "hardware/driver/fan.h"
#include "hardware/driver/led_strip.h"
#include "plugin/supervisor/supervisor.h"
#include "rollout/hub/desk.h"
#include "store/descriptions.h"

/* Outputs */

static void sound(void *arg, enum config_alert_sound which, const char *alert, const char *why)
{
	static const enum web_buzzer_pattern patterns[] = {
		[SOUND_SINGLE] = WEB_BUZZER_SINGLE,
		[SOUND_TRIPLE] = WEB_BUZZER_TRIPLE,
		[SOUND_LONG] = WEB_BUZZER_LONG,
	};
	const struct node *node = arg;
	const struct web_actions *actions = &node->web_actions;
	struct error err = {0};

	if (which && actions->buzzer(actions->arg, patterns[which], &err))
		log_warning("alert", "an alert cannot sound the buzzer: %s", err.text);
	else
		outputs_sounded(node->outputs, alert, why);
}

static void light(void *arg, unsigned led, uint32_t color, const char *alert, const char *why)
{
	const struct node *node = arg;
	struct led_strip *strip = capability_host_leds(node->host);
	const struct led_color shown = {
		.r = (uint8_t)(color >> 16), .g = (uint8_t)(color >> 8), .b = (uint8_t)color};

	if (!strip || led_strip_mark(strip, led, alert ? &shown : NULL))
		return;
	outputs_mark(node->outputs, led, color, alert, why);
	led_strip_flush(strip); /* if the bus's queue is full, the next cycle writes */
}

static void run_fan(void *arg, bool on)
{
	struct fan *fan = capability_host_fan(((struct node *)arg)->host);
	struct error err = {0};

	if (fan && fan_demand(fan, on, &err))
		log_warning("alert", "an alert cannot switch the fan: %s", err.text);
}

/* What is watched beside the readings */

static json_t *list_nodes(void *arg)
{
	const struct web_actions *actions = &((struct node *)arg)->web_actions;

	return actions->nodes(actions->arg);
}

static void each_plugin(void *arg, alerts_plugin_found *found, void *context)
{
	const struct node *node = arg;

	if (node->supervisor)
		supervisor_each(node->supervisor, found, context);
}

static json_t *list_rollouts(void *arg)
{
	const struct rollout_desk *desk = ((struct node *)arg)->rollouts;

	return desk ? rollout_desk_active(desk) : NULL;
}

static enum alert_duty find_duty(void *arg, uint64_t *ret_term)
{
	switch (member_duty(((struct node *)arg)->member, ret_term)) {
	case MEMBER_LEADS:
		return ALERT_LEADS;
	case MEMBER_FOLLOWS:
		return ALERT_FOLLOWS;
	case MEMBER_IS_CUT_OFF:
		break;
	}
	return ALERT_NO_LEADER;
}

static void on_noted(void *arg, enum log_level level, const char *text)
{
	(void)arg;
	log_write(level, "alert", "%s", text);
}

/* Life */

static int create(struct node *node, struct error *err)
{
	const struct config *file = node->options.config;
	const struct alerts_config config = {
		.loop = node->loop,
		.clock = node->clock,
		.alerting = &file->alerting,
		.data_folder = node->options.data_folder,
		.node = file->cluster.node_id,
		.is_hub = file->cluster.role == ROLE_HUB,
		.table = node->table,
		.catalogue = descriptions_catalogue(node->descriptions),
		.outputs = {.sound = sound, .light = light, .fan = run_fan},
		.nodes = list_nodes,
		.each_plugin = each_plugin,
		.rollouts = list_rollouts,
		.duty = node->member ? find_duty : NULL,
		.on_noted = on_noted,
		.arg = node,
	};

	return alerts_create(&config, &node->alerts, err);
}

static void reload(struct node *node)
{
	alerts_reload(node->alerts);
}

static void on_closed(void *arg)
{
	((struct node *)arg)->alerts = NULL;
	node_stop_next(arg);
}

static void stop(struct node *node)
{
	if (node->alerts)
		alerts_close(node->alerts, on_closed, node);
	else
		node_stop_next(node);
}

const struct node_part node_part_alerts = {.create = create, .reload = reload, .stop = stop};
