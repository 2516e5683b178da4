#include "daemon/node_links.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/log_ring.h"
#include "config/config.h"
#include "http/api/command.h"
#include "link/hub/hub.h"
#include "link/hub/old_spoke.h"
#include "link/spoke/hub_address.h"
#include "link/spoke/log_outbox.h"
#include "link/spoke/spoke_link.h"
#include "reading/catalogue.h"
#include "reading/create.h"
#include "reading/owners.h"
#include "reading/table.h"
#include "store/accounts/access.h"

struct node_links {
	struct node_links_config config;
	char fleet_path[PATH_MAX];
	struct hub *own_hub;	     /* owned; NULL unless this node is a hub */
	struct spoke_link *link;     /* owned; NULL unless this node is a spoke */
	struct log_outbox *outbox;   /* owned; likewise */
	struct old_spoke *old_spoke; /* owned; NULL until needed */
	struct hub_address hub;
	unsigned open_parts;
	void (*on_closed)(void *arg);
	void *closed_arg;
};

/* A hub */

static void note_node(void *arg, enum log_level level, const char *node, const char *text)
{
	(void)arg;
	log_write(level, "hub", "%s%s%s", node, *node ? ": " : "", text);
}

static void log_of_node(void *arg, const char *node, const struct log_record *record)
{
	log_ring_add(((struct node_links *)arg)->config.log, node, record);
}

static bool has_token(void *arg, const char *node)
{
	const struct access *access = ((struct node_links *)arg)->config.access;

	return access && access_knows_node(access, node);
}

static int create_hub(struct node_links *links, struct error *err)
{
	const struct node_links_config *config = &links->config;
	struct hub_config own_hub = {
		.loop = config->loop,
		.clock = config->clock,
		.history = config->history,
		.table = config->table,
		.catalogue = config->catalogue,
		.node = config->config->cluster.node_id,
		.path = links->fleet_path,
		.has_token = has_token,
		.on_noted = note_node,
		.on_logged = log_of_node,
		.arg = links,
	};

	if (snprintf(links->fleet_path, PATH_MAX, "%s/fleet.json", config->data_folder) >= PATH_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "the data folder's path is too long: choose another with --data");
	return hub_create(&own_hub, &links->own_hub, err);
}

/* A spoke */

static void note_link(void *arg, bool is_online, const char *text)
{
	const struct node_links *links = arg;

	if (is_online && !*text)
		log_info("hub", "%s has this node's readings from now on", links->hub.url);
	else if (is_online)
		log_warning("hub", "%s refused some readings: %s", links->hub.url, text);
	else
		log_warning("hub", "%s: %s; readings wait here until it answers", links->hub.url,
			    text);
}

/* What the reading "network" means. */
static void declare_network(struct reading_catalogue *catalogue)
{
	json_t *fields = json_pack("{s:{s:{s:s, s:s}, s:{s:s, s:s, s:i}}}", "", "online", "kind",
				   "switch", "quantity", "connectivity", "hub_round_trip_ms",
				   "unit", "ms", "quantity", "duration", "decimals", 1);

	reading_catalogue_declare(catalogue, "uplink", fields);
	json_decref(fields);
}

/* Put the round trip to the hub into the table as the reading "network", which older pages show. */
static void measure(void *arg, bool reached, double round_trip_ms)
{
	const struct node_links_config *config = &((struct node_links *)arg)->config;
	struct reading_source source = {
		.node = config->config->cluster.node_id,
		.plugin = "uplink",
		.now_ms = clock_unix_ms(config->clock),
	};
	json_t *data = json_pack("{s:b, s:o}", "online", (int)reached, "hub_round_trip_ms",
				 reached ? json_real(round_trip_ms) : json_null());
	struct reading *reading = reading_create(&source, "network", source.now_ms, data);

	if (!reading)
		return;
	if (!reached)
		json_object_set_new(
			reading->data, "error",
			json_string(
				"the hub cannot be reached: check its address and the network"));
	reading_table_put(config->table, reading);
	reading_unref(reading);
}

static json_t *list_descriptions(void *arg)
{
	const struct node_links_config *config = &((struct node_links *)arg)->config;

	return reading_table_descriptions(config->table, config->config->cluster.node_id);
}

static json_t *list_devices(void *arg)
{
	const struct web_actions *actions = ((struct node_links *)arg)->config.actions;
	json_t *nodes = actions->nodes(actions->arg);
	json_t *devices = json_deep_copy(json_object_get(json_array_get(nodes, 0), "devices"));

	json_decref(nodes);
	return devices;
}

static int on_command(void *arg, const json_t *command, json_t **ret_result, struct error *err)
{
	return web_command_run(((struct node_links *)arg)->config.actions, command, ret_result,
			       err);
}

static int create_spoke(struct node_links *links, struct error *err)
{
	const struct node_links_config *config = &links->config;
	const struct config *file = config->config;
	struct spoke_link_config link = {
		.loop = config->loop,
		.clock = config->clock,
		.history = config->history,
		.url = links->hub.url,
		.token = links->hub.token,
		.pin = links->hub.pin,
		.node = file->cluster.node_id,
		.version = HARVESTER_VERSION,
		.devices = list_devices,
		.descriptions = list_descriptions,
		.command = on_command,
		.on_noted = note_link,
		.on_measured = measure,
		.arg = links,
	};
	int ret;

	reading_owners_reserve(config->owners, "network", "uplink");
	declare_network(config->catalogue);
	ret = spoke_link_create(&link, &links->link, err);
	if (!ret)
		ret = log_outbox_create(
			config->loop, config->clock, config->history, file->cluster.node_id,
			(uint64_t)(file->history.commit_seconds * 1000), &links->outbox);
	if (!ret)
		log_add_sink(log_outbox_write, links->outbox);
	return ret;
}

/* Life */

/* The invitation that this node accepted names the hub; without one, the configuration does. */
static int find_hub(struct node_links *links, struct error *err)
{
	const struct config *config = links->config.config;
	int ret = hub_address_read(links->config.data_folder, &links->hub, err);

	if (ret != ERROR_NOT_FOUND)
		return ret;
	if (config->cluster.role == ROLE_SPOKE)
		links->hub.url = config->cluster.hub_url;
	if (config->cluster.role == ROLE_SPOKE && !links->hub.url)
		log_warning("hub",
			    "this spoke has not joined a hub, so its readings stay here: run "
			    "`harvester "
			    "node invite %s` on the hub, and here the line that it prints",
			    config->cluster.node_id);
	return 0;
}

int node_links_create(const struct node_links_config *config, struct node_links **ret_links,
		      struct error *err)
{
	struct node_links *links = calloc(1, sizeof(*links));
	int ret = 0;

	if (!links)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while starting the links to other nodes; this "
				 "machine needs more free memory");
	links->config = *config;
	if (config->config->cluster.role == ROLE_HUB)
		ret = create_hub(links, err);
	else
		ret = find_hub(links, err);
	if (!ret && links->hub.url)
		ret = create_spoke(links, err);
	/* Also after a failure: node_links_close() closes what was created. */
	*ret_links = links;
	return ret;
}

static void part_closed(void *arg)
{
	struct node_links *links = arg;

	if (--links->open_parts)
		return;
	hub_address_finish(&links->hub);
	links->on_closed(links->closed_arg);
	free(links);
}

void node_links_close(struct node_links *links, void (*on_closed)(void *arg), void *arg)
{
	if (!links) {
		on_closed(arg);
		return;
	}
	links->on_closed = on_closed;
	links->closed_arg = arg;
	links->open_parts = 1u + (links->own_hub != NULL) + (links->link != NULL) +
			    (links->outbox != NULL) + (links->old_spoke != NULL);
	if (links->outbox)
		log_remove_sink(log_outbox_write, links->outbox);
	log_outbox_close(links->outbox, part_closed, links);
	spoke_link_close(links->link, part_closed, links);
	hub_close(links->own_hub, part_closed, links);
	old_spoke_close(links->old_spoke, part_closed, links);
	part_closed(links);
}

struct hub *node_links_hub(const struct node_links *links)
{
	return links->own_hub;
}

/* To other nodes */

struct sending {
	web_sent_cb *on_sent;
	void *arg;
};

static void commanded(void *arg, int status, const json_t *result, const struct error *err)
{
	struct sending *sending = arg;

	sending->on_sent(sending->arg, status, err, json_incref((json_t *)result));
	free(sending);
}

int node_links_send(struct node_links *links, const char *node, const char *device,
		    const json_t *body, web_sent_cb *on_sent, void *sent_arg, struct error *err)
{
	struct sending *sending;
	int ret;

	if (!links->own_hub)
		return error_set(err, ERROR_NOT_FOUND,
				 "this node is no hub, so it knows no node %.64s: ask the hub",
				 node);
	sending = calloc(1, sizeof(*sending));
	if (!sending)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while sending a command to another node; this "
				 "machine needs more free memory");
	*sending = (struct sending){on_sent, sent_arg};
	ret = hub_command(links->own_hub, node,
			  json_pack("{s:s, s:O*}", "device", device, "body", body), commanded,
			  sending, err);
	if (ret)
		free(sending);
	return ret;
}

static void on_old_spoke_failed(void *arg, const char *text)
{
	(void)arg;
	log_warning("hub", "cannot use the buzzer at spoke_buzzer_url: %s", text);
}

/* Older spokes ask for no commands; see link/hub/old_spoke.h. */
static int buzz_old_spoke(struct node_links *links, enum web_buzzer_pattern pattern,
			  struct error *err)
{
	static const char *const actions[] = {"beep", "beep3", "long", "beep3"};
	int ret = 0;

	if (!links->old_spoke)
		ret = old_spoke_create(links->config.loop,
				       links->config.config->cluster.spoke_buzzer_url,
				       on_old_spoke_failed, NULL, &links->old_spoke, err);
	return ret ? ret : old_spoke_buzz(links->old_spoke, actions[pattern], err);
}

static void buzzed(void *arg, int status, const json_t *result, const struct error *err)
{
	(void)arg;
	(void)result;
	if (status)
		log_warning("hub", "this hub could not sound the buzzer of another node: %s",
			    err->text);
}

int node_links_buzz(struct node_links *links, enum web_buzzer_pattern pattern, struct error *err)
{
	const char *node = links->own_hub ? hub_find_device(links->own_hub, "buzzer") : NULL;

	if (node)
		return hub_command(links->own_hub, node,
				   json_pack("{s:s, s:{s:s}}", "device", "buzzer", "body",
					     "pattern", web_command_pattern(pattern)),
				   buzzed, NULL, err);
	if (links->config.config->cluster.spoke_buzzer_url)
		return buzz_old_spoke(links, pattern, err);
	return error_set(err, ERROR_NOT_FOUND,
			 "this node has no buzzer, and knows no other node that has one: set "
			 "gpio_pin under [buzzer] in the configuration of one");
}

json_t *node_links_nodes(const struct node_links *links, json_t *own)
{
	json_t *list = json_array(), *others;

	json_array_append_new(list, own);
	if (links->own_hub) {
		others = hub_to_json(links->own_hub);
		json_array_extend(list, others);
		json_decref(others);
	}
	if (links->link) {
		json_object_set_new(own, "role", json_string("spoke"));
		json_object_set_new(own, "uplink", spoke_link_to_json(links->link));
	}
	return list;
}
