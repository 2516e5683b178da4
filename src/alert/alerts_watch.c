/* What is watched every few seconds, since nobody reports it: nodes, plugins, roll-outs, the disk,
 * and sensors that were removed. */
#include <string.h>

#include "alert/internal.h"
#include "base/json_member.h"
#include "reading/catalogue.h"
#include "reading/reading.h"
#include "reading/table.h"

#define LISTS_EVERY 5 /* seconds */
#define DISK_EVERY 30
#define SENSORS_EVERY 60

const char *alerts_room_of(const struct alerts *alerts, const struct reading *reading)
{
	return json_member_text(reading_catalogue_describe(alerts->config.catalogue, reading),
				"room");
}

struct alert_observation alerts_observation(const struct alerts *alerts,
					    const struct reading *reading)
{
	return (struct alert_observation){
		.watch = WATCH_SENSOR,
		.node = reading->node,
		.name = reading->sensor,
		.room = alerts_room_of(alerts, reading),
		.plugin = reading->plugin,
	};
}

static bool has_rooms(const struct alerts *alerts)
{
	for (size_t i = 0; i < alert_engine_rules(alerts->engine); i++)
		if (alert_rule_has_room(&alert_engine_rule(alerts->engine, i)->config))
			return true;
	return false;
}

static void place(void *arg, const struct reading *reading)
{
	struct alerts *alerts = arg;
	const struct alert_time now = alerts_now(alerts);
	const struct alert_observation seen = alerts_observation(alerts, reading);

	alert_engine_place(alerts->engine, &seen, &now);
}

/* A sensor that gives no readings may get another room, too. */
static void watch_rooms(struct alerts *alerts)
{
	if (has_rooms(alerts))
		reading_table_each(alerts->config.table, place, alerts);
}

/* Nodes that were invited and never seen are not offline yet. */
static void watch_nodes(struct alerts *alerts, const struct alert_time *now)
{
	json_t *nodes = alerts->config.nodes(alerts->config.arg);
	const json_t *node;
	size_t i;

	alert_engine_sweep_begin(alerts->engine);
	json_array_foreach(nodes, i, node)
	{
		const struct alert_observation seen = {
			.watch = WATCH_NODE,
			.node = json_member_text(node, "node"),
			.name = "",
			.plugin = "",
			.number = !json_is_true(json_object_get(node, "online")),
		};

		if (!json_is_true(json_object_get(node, "is_self")) &&
		    json_integer_value(json_object_get(node, "last_seen_ms")) > 0)
			alert_engine_observe(alerts->engine, &seen, now);
	}
	if (nodes)
		alert_engine_sweep_end(alerts->engine, WATCH_NODE, now);
	json_decref(nodes);
}

struct plugin_sweep {
	struct alerts *alerts;
	const struct alert_time *now;
	bool has_found;
};

static void observe_plugin(void *context, const char *name, bool is_failed)
{
	struct plugin_sweep *sweep = context;
	const struct alert_observation seen = {
		.watch = WATCH_PLUGIN,
		.node = sweep->alerts->config.node,
		.name = name,
		.plugin = name,
		.number = is_failed,
	};

	sweep->has_found = true;
	alert_engine_observe(sweep->alerts->engine, &seen, sweep->now);
}

static void watch_plugins(struct alerts *alerts, const struct alert_time *now)
{
	struct plugin_sweep sweep = {.alerts = alerts, .now = now};

	alert_engine_sweep_begin(alerts->engine);
	alerts->config.each_plugin(alerts->config.arg, observe_plugin, &sweep);
	/* While the node starts, it has no plugins yet. */
	if (sweep.has_found)
		alert_engine_sweep_end(alerts->engine, WATCH_PLUGIN, now);
}

static void watch_rollouts(struct alerts *alerts, const struct alert_time *now)
{
	const struct alerts_config *config = &alerts->config;
	json_t *rollouts = config->rollouts ? config->rollouts(config->arg) : NULL;

	alert_engine_sweep_begin(alerts->engine);
	for (size_t i = 0; i < json_array_size(rollouts); i++) {
		const json_t *rollout = json_array_get(rollouts, i);
		const struct alert_observation seen = {
			.watch = WATCH_ROLLOUT,
			.node = config->node,
			.name = json_member_text(rollout, "plugin"),
			.plugin = "",
			.number = json_is_true(json_object_get(rollout, "is_stopped")),
		};

		alert_engine_observe(alerts->engine, &seen, now);
	}
	if (rollouts)
		alert_engine_sweep_end(alerts->engine, WATCH_ROLLOUT, now);
	json_decref(rollouts);
}

/* Percent of what users other than root may fill, as df shows it. */
static double percent_used(const uv_statfs_t *disk)
{
	double used = (double)(disk->f_blocks - disk->f_bfree);
	double usable = used + (double)disk->f_bavail;

	return usable > 0 ? 100 * used / usable : 0;
}

static void end_disk(struct alerts *alerts)
{
	alerts->asks_disk = false;
	if (!alerts->is_closing)
		return;
	alerts_part_closed(alerts);
}

static void on_disk(uv_fs_t *request)
{
	struct alerts *alerts = request->data;
	struct alert_observation seen = {
		.watch = WATCH_DISK, .node = alerts->config.node, .name = "", .plugin = ""};
	const struct alert_time now = alerts_now(alerts);

	if (!request->result && !alerts->is_closing) {
		seen.number = percent_used(request->ptr);
		alert_engine_observe(alerts->engine, &seen, &now);
	}
	uv_fs_req_cleanup(request);
	end_disk(alerts);
}

/* A disk that hangs must not stop the loop, so the thread pool asks. */
static void watch_disk(struct alerts *alerts)
{
	if (alerts->asks_disk)
		return;
	alerts->disk.data = alerts;
	alerts->asks_disk = !uv_fs_statfs(alerts->config.loop, &alerts->disk,
					  alerts->config.data_folder, on_disk);
}

static bool has_sensor(const json_t *ids, const char *subject)
{
	const json_t *id;
	size_t i;

	json_array_foreach(ids, i, id) if (!strcmp(json_string_value(id), subject)) return true;
	return false;
}

/* Sensors that gave readings since the start, and that the table has no more. */
static void forget_sensors(struct alerts *alerts, const struct alert_time *now)
{
	json_t *ids = reading_table_ids(alerts->config.table);
	const struct alert *alert = alert_engine_first(alerts->engine), *next;
	char subject[ALERT_SUBJECT_SIZE];

	for (; ids && alert; alert = next) {
		next = alert_engine_next(alert);
		if (alert->rule->config.watch != WATCH_SENSOR || !alert->sweep ||
		    has_sensor(ids, alert->subject))
			continue;
		memcpy(subject, alert->subject, sizeof(subject));
		alert_engine_forget(alerts->engine, subject, now);
		next = alert_engine_first(alerts->engine);
	}
	json_decref(ids);
}

void alerts_watch(struct alerts *alerts)
{
	const struct alert_time now = alerts_now(alerts);

	if (alerts->ticks % LISTS_EVERY == 1) {
		watch_nodes(alerts, &now);
		watch_plugins(alerts, &now);
		watch_rollouts(alerts, &now);
		watch_rooms(alerts);
	}
	if (alerts->ticks % DISK_EVERY == 1)
		watch_disk(alerts);
	if (alerts->ticks % SENSORS_EVERY == SENSORS_EVERY - 1)
		forget_sensors(alerts, &now);
}
