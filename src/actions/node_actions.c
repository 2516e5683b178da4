#include "actions/node_actions.h"

#include "base/clock.h"
#include "base/error.h"
#include "bundle/probation.h"
#include "capability/host.h"
#include "capability/outputs.h"
#include "cluster/member.h"
#include "config/config.h"
#include "hardware/driver/buzzer.h"
#include "hardware/driver/fan.h"
#include "hardware/driver/led_strip.h"
#include "http/api/command.h"
#include "link/node/node_links.h"
#include "plugin/supervisor/summary.h"
#include "plugin/supervisor/supervisor.h"
#include "reading/owners.h"
#include "reading/table.h"
#include "rollout/node/updater.h"
#include "simulation/hardware.h"
#include "store/descriptions.h"
#include "store/history/recorder.h"
#include "store/plugin_state/plugin_state.h"

#define FAN_TEST_MS 3000

/* Buttons */

static json_t *show_outputs(void *arg)
{
	const struct node_actions *actions = arg;

	return outputs_to_json(actions->outputs, capability_host_leds(actions->host));
}

static int press_buzzer(void *arg, enum web_buzzer_pattern pattern, struct error *err)
{
	static const struct {
		uint32_t count, on_ms, off_ms;
	} patterns[] = {
		[WEB_BUZZER_SINGLE] = {1, 200, 0},
		[WEB_BUZZER_TRIPLE] = {3, 200, 200},
		[WEB_BUZZER_LONG] = {1, 1000, 0},
		[WEB_BUZZER_TEST] = {3, 100, 100},
	};
	const struct node_actions *actions = arg;
	struct buzzer *buzzer = capability_host_buzzer(actions->host);

	if (!buzzer && actions->links)
		return node_links_buzz(actions->links, web_command_pattern(pattern), err);
	if (!buzzer)
		return error_set(err, ERROR_NOT_FOUND,
				 "this node has no buzzer: set gpio_pin under [buzzer] in its "
				 "configuration");
	outputs_sounded(actions->outputs, NULL, NULL);
	return buzzer_play(buzzer, patterns[pattern].count, patterns[pattern].on_ms,
			   patterns[pattern].off_ms, err);
}

static int show_fan(void *arg, bool *ret_on, struct error *err)
{
	struct fan *fan = capability_host_fan(((struct node_actions *)arg)->host);

	if (!fan)
		return error_set(
			err, ERROR_NOT_FOUND,
			"this node has no fan: set gpio_pin under [fan] in its configuration");
	*ret_on = fan_is_on(fan);
	return 0;
}

static int test_fan(void *arg, struct error *err)
{
	struct fan *fan = capability_host_fan(((struct node_actions *)arg)->host);

	if (!fan)
		return error_set(
			err, ERROR_NOT_FOUND,
			"this node has no fan: set gpio_pin under [fan] in its configuration");
	return fan_test(fan, FAN_TEST_MS, err);
}

/* LEDs */

/* NULL and ERROR_NOT_FOUND in *err if this node has no LEDs. */
static struct led_strip *find_leds(const struct node_actions *actions, struct error *err)
{
	struct led_strip *strip = capability_host_leds(actions->host);

	if (!strip)
		error_set(err, ERROR_NOT_FOUND,
			  "this node has no LEDs: set count under [leds] in its configuration");
	return strip;
}

static int show_leds(void *arg, json_t **ret_leds, struct error *err)
{
	const struct node_actions *actions = arg;
	struct led_strip *strip = find_leds(actions, err);
	struct led_color color;
	json_t *list;

	if (!strip)
		return ERROR_NOT_FOUND;
	list = json_array();
	for (size_t i = 0; !led_strip_visible(strip, i, &color); i++)
		json_array_append_new(list,
				      json_sprintf("#%02x%02x%02x", color.r, color.g, color.b));
	*ret_leds = json_pack("{s:o, s:i}", "leds", list, "brightness",
			      (int)actions->config->leds.brightness);
	return 0;
}

static void end_light(uv_timer_t *timer)
{
	struct led_strip *strip = find_leds(timer->data, NULL);

	if (!strip)
		return;
	led_strip_uncover(strip);
	led_strip_flush(strip); /* if the bus's queue is full, the next cycle writes */
}

static int light(void *arg, uint32_t color, unsigned seconds, struct error *err)
{
	struct node_actions *actions = arg;
	struct led_strip *strip = find_leds(actions, err);

	if (!strip)
		return ERROR_NOT_FOUND;
	led_strip_cover(strip, (struct led_color){
				       (uint8_t)(color >> 16),
				       (uint8_t)(color >> 8),
				       (uint8_t)color,
			       });
	led_strip_flush(strip);
	uv_timer_start(&actions->light, end_light, seconds * 1000ull, 0);
	return 0;
}

/* Lists */

static json_t *show_simulation(void *arg)
{
	return hardware_truth(((struct node_actions *)arg)->simulated);
}

/* Add to the list "over_share", which may have entries from the supervisor already. */
static void add_over_share(const struct node_actions *actions, json_t *plugin, const char *name)
{
	json_t *list = json_object_get(plugin, "over_share");

	if (!list) {
		list = json_array();
		json_object_set_new(plugin, "over_share", list);
	}
	reading_table_tell_share(actions->table, actions->config->cluster.node_id, name, list);
}

static void add_about(const struct node_actions *actions, json_t *plugin, const char *name)
{
	const char *about = descriptions_about(actions->descriptions, name);

	json_object_set_new(plugin, "about", about ? json_string(about) : json_null());
}

json_t *node_actions_plugins(void *arg)
{
	const struct node_actions *actions = arg;
	json_t *list = actions->supervisor ? supervisor_to_json(actions->supervisor) : json_array();
	json_t *plugin;
	size_t i;

	json_array_foreach(list, i, plugin)
	{
		const char *name = json_string_value(json_object_get(plugin, "name"));

		if (actions->owners && name)
			json_object_set_new(plugin, "conflicts",
					    reading_owners_conflicts(actions->owners, name));
		if (actions->probation && name)
			bundle_probation_add_to_json(actions->probation, name, plugin);
		if (actions->descriptions && name)
			add_about(actions, plugin, name);
		if (actions->table && name)
			add_over_share(actions, plugin, name);
		if (actions->recorder && name)
			history_recorder_add_to_json(actions->recorder, name, plugin);
	}
	return list;
}

static int approve_plugin(void *arg, const char *plugin, const char *digest, struct error *err)
{
	struct bundle_probation *probation = ((struct node_actions *)arg)->probation;
	struct supervisor *supervisor = ((struct node_actions *)arg)->supervisor;

	if (probation && bundle_probation_waits(probation, plugin, digest))
		return bundle_probation_approve(probation, plugin, err);
	if (!supervisor)
		return error_set(err, ERROR_NOT_FOUND,
				 "this node runs no plugins now: try again when it has started");
	return supervisor_approve(supervisor, plugin, digest, err);
}

static int act_on_plugin(void *arg, const char *plugin, enum web_plugin_action action,
			 struct error *err)
{
	struct supervisor *supervisor = ((struct node_actions *)arg)->supervisor;

	if (!supervisor)
		return error_set(err, ERROR_NOT_FOUND,
				 "this node runs no plugins now: try again when it has started");
	switch (action) {
	case WEB_PLUGIN_RELOAD:
		return supervisor_reload(supervisor, plugin, err);
	case WEB_PLUGIN_ENABLE:
		return supervisor_set_enabled(supervisor, plugin, true, err);
	case WEB_PLUGIN_DISABLE:
		break;
	}
	return supervisor_set_enabled(supervisor, plugin, false, err);
}

static json_t *show_queues(void *arg)
{
	return capability_host_queues(((struct node_actions *)arg)->host);
}

static uint64_t count_readings_dropped(void *arg)
{
	return history_recorder_dropped(((struct node_actions *)arg)->recorder);
}

static uint64_t count_state_writes_refused(void *arg)
{
	return plugin_state_writes_refused(((struct node_actions *)arg)->plugin_state);
}

json_t *node_actions_devices(const struct node_actions *actions)
{
	struct led_strip *strip = capability_host_leds(actions->host);

	return json_pack("{s:b, s:b, s:i}", "buzzer", capability_host_buzzer(actions->host) != NULL,
			 "fan", capability_host_fan(actions->host) != NULL, "leds",
			 strip ? (int)led_strip_count(strip) : 0);
}

static json_t *show_nodes(void *arg)
{
	const struct node_actions *actions = arg;
	json_t *nodes = json_pack(
		"[{s:s, s:s, s:b, s:b, s:I, s:n, s:s, s:s?, s:o}]", "node",
		actions->config->cluster.node_id, "role",
		config_role_name(actions->config->cluster.role), "is_self", 1, "online", 1,
		"last_seen_ms", (json_int_t)clock_unix_ms(actions->clock), "round_trip_ms",
		"version", HARVESTER_VERSION, "timezone", actions->config->logging.timezone,
		"devices", node_actions_devices(actions));

	if (actions->member)
		json_object_set_new(json_array_get(nodes, 0), "cluster",
				    json_string(actions->config->cluster.name));
	if (actions->links)
		node_links_add_nodes(actions->links, nodes);
	if (actions->member)
		member_add_nodes(actions->member, nodes);
	return nodes;
}

static int send_to_node(void *arg, const char *node, const char *device, const json_t *body,
			web_sent_cb *on_sent, void *sent_arg, struct error *err)
{
	const struct node_actions *actions = arg;
	json_t *command = json_pack("{s:s, s:O*}", "device", device, "body", body);
	int ret = error_set(err, ERROR_NOT_FOUND,
			    "there is no node %.64s: GET /api/v1/nodes lists the nodes", node);

	/* A hub that is a member of a cluster has spokes, and other members. */
	if (actions->links && (!actions->member || node_links_hub(actions->links)))
		ret = node_links_send(actions->links, node, json_incref(command), on_sent, sent_arg,
				      err);
	if (ret == ERROR_NOT_FOUND && actions->member)
		ret = member_command(actions->member, node, command, on_sent, sent_arg, err);
	json_decref(command);
	return ret;
}

static int install_bundle(void *arg, const void *bundle, size_t size, const char *signature,
			  web_sent_cb *on_sent, void *sent_arg, struct error *err)
{
	struct bundle_probation *probation = ((struct node_actions *)arg)->probation;

	if (!probation)
		return error_set(err, ERROR_CLOSED,
				 "the node is stopping: try again after it has started");
	return bundle_probation_install(probation, bundle, size, signature, on_sent, sent_arg, err);
}

static bool count_bundles(void *arg, uint64_t *ret_installed, uint64_t *ret_refused,
			  uint64_t *ret_rolled_back)
{
	const struct bundle_probation *probation = ((struct node_actions *)arg)->probation;
	struct bundle_counts counts;

	if (!probation)
		return false;
	counts = bundle_probation_count(probation);
	*ret_installed = counts.installed;
	*ret_refused = counts.refused;
	*ret_rolled_back = counts.rolled_back;
	return true;
}

static void look_for_updates(void *arg)
{
	rollout_updater_ask(((struct node_actions *)arg)->updater);
}

static bool count_updates_refused(void *arg, uint64_t *ret_refused)
{
	const struct rollout_updater *updater = ((struct node_actions *)arg)->updater;

	if (updater)
		*ret_refused = rollout_updater_refused(updater);
	return updater;
}

static json_t *show_cluster(void *arg)
{
	return member_to_json(((struct node_actions *)arg)->member);
}

static int read_cluster_log(void *arg, uint64_t after, unsigned limit, web_sent_cb *on_sent,
			    void *sent_arg, struct error *err)
{
	return member_read_log(((struct node_actions *)arg)->member, after, limit, on_sent,
			       sent_arg, err);
}

static json_t *show_unready(void *arg)
{
	const struct node_actions *actions = arg;
	json_t *reasons = actions->host ? capability_host_missing(actions->host) : json_array();
	json_t *plugins = node_actions_plugins(arg);

	if (!actions->supervisor)
		json_array_append_new(reasons, json_string("the plugins are not started yet"));
	plugin_summary_add_unready(plugins, reasons);
	json_decref(plugins);
	return reasons;
}

static int describe_sensor(void *arg, const char *sensor_id, const json_t *patch, struct error *err)
{
	const struct node_actions *actions = arg;

	if (!actions->descriptions)
		return error_set(err, ERROR_CLOSED,
				 "the node is stopping: try again after it has started");
	return descriptions_patch(actions->descriptions, sensor_id, patch, err);
}

static json_t *show_units(void *arg, const char *sensor_id)
{
	const struct node_actions *actions = arg;

	return actions->descriptions ? descriptions_units(actions->descriptions, sensor_id) : NULL;
}

struct web_actions node_actions_for_web(struct node_actions *actions)
{
	return (struct web_actions){
		.arg = actions,
		.buzzer = press_buzzer,
		.fan_status = show_fan,
		.fan_test = test_fan,
		.simulation = actions->simulated ? show_simulation : NULL,
		.plugins = node_actions_plugins,
		.nodes = show_nodes,
		.plugin_approve = approve_plugin,
		.plugin_act = act_on_plugin,
		.describe_sensor = describe_sensor,
		.units = show_units,
		.leds = show_leds,
		.outputs = show_outputs,
		.light = light,
		.unready = show_unready,
		.queues = show_queues,
		.state_writes_refused = count_state_writes_refused,
		.readings_dropped = count_readings_dropped,
		.send_to_node = send_to_node,
		.install_bundle = install_bundle,
		.bundles = count_bundles,
		.look_for_updates = look_for_updates,
		.updates_refused = count_updates_refused,
		.cluster = actions->member ? show_cluster : NULL,
		.cluster_log = actions->member ? read_cluster_log : NULL,
	};
}

void node_actions_finish(struct node_actions *actions)
{
	if (actions->has_light)
		uv_close((uv_handle_t *)&actions->light, NULL);
	actions->has_light = false;
}
