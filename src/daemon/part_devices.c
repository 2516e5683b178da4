/* The devices, and the capabilities through which plugins use them. */
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "capability/host.h"
#include "capability/outputs.h"
#include "config/config.h"
#include "daemon/internal.h"
#include "hardware/driver/led_strip.h"
#include "reading/catalogue.h"
#include "reading/reading.h"
#include "reading/table.h"
#include "simulation/hardware.h"
#include "store/plugin_state/plugin_state.h"
#include "terminal/terminal.h"

static void create_actions(struct node *node)
{
	struct node_actions *actions = &node->actions;
	char names[64];

	actions->config = node->options.config;
	actions->clock = node->clock;
	if (hardware_simulated(node->options.config, names, sizeof(names)))
		actions->simulated = node->hardware;
	actions->host = node->host;
	actions->table = node->table;
	uv_timer_init(node->loop, &actions->light);
	actions->light.data = actions;
	actions->has_light = true;
}

static void on_device_found(void *arg, const char *device)
{
	(void)arg;
	log_info("hardware", "%s was missing before and is used from now on", device);
}

static void log_missing_devices(const struct capability_host *host)
{
	json_t *missing = capability_host_missing(host);

	for (size_t i = 0; i < json_array_size(missing); i++)
		log_warning("hardware", "%s", json_string_value(json_array_get(missing, i)));
	json_decref(missing);
}

static void explain_outputs(void *arg, const struct reading *reading)
{
	const struct node *node = arg;
	struct reading_catalogue *catalogue = node->terminal.catalogue;
	char why[256];

	if (strcmp(reading->node, node->options.config->cluster.node_id) != 0 ||
	    !outputs_wait_for(node->outputs, reading->plugin))
		return;
	terminal_format(reading, catalogue ? reading_catalogue_describe(catalogue, reading) : NULL,
			why, sizeof(why));
	outputs_explain(node->outputs, reading->plugin, why);
}

/* A missing device is no reason to fail. */
static int create_host(struct node *node, struct error *err)
{
	int ret = capability_host_create(node->loop, node->options.config,
					 hardware_backend(node->hardware), node->clock, "",
					 &node->host, err);
	struct led_strip *leds;

	if (ret)
		return ret;
	log_missing_devices(node->host);
	leds = capability_host_leds(node->host);
	capability_host_watch(node->host, on_device_found, NULL);
	node->outputs = outputs_create(leds ? led_strip_count(leds) : 0, node->clock);
	node->actions.outputs = node->outputs;
	if (!node->outputs)
		return error_set(err, ERROR_NO_MEMORY,
				 "cannot prepare the node for its plugins: %s",
				 error_text(ERROR_NO_MEMORY));
	capability_host_watch_outputs(node->host, outputs_set, node->outputs);
	return reading_table_subscribe(node->table, explain_outputs, node);
}

static int create(struct node *node, struct error *err)
{
	int ret = hardware_create(node->options.config, node->clock, &node->hardware, err);

	if (!ret)
		ret = create_host(node, err);
	if (ret)
		return ret;
	create_actions(node);
	node->plugin_state = plugin_state_open(node->options.data_folder, node->clock);
	node->actions.plugin_state = node->plugin_state;
	return node->plugin_state ? capability_host_keep_state(node->host, node->plugin_state, err)
				  : 0;
}

static void on_host_closed(void *arg)
{
	((struct node *)arg)->host = NULL;
	node_stop_next(arg);
}

static void stop(struct node *node)
{
	node_actions_finish(&node->actions);
	if (node->host)
		capability_host_close(node->host, on_host_closed, node);
	else
		node_stop_next(node);
}

static void destroy(struct node *node)
{
	outputs_destroy(node->outputs);
	plugin_state_close(node->plugin_state);
	hardware_destroy(node->hardware);
}

const struct node_part node_part_devices = {.create = create, .stop = stop, .destroy = destroy};
