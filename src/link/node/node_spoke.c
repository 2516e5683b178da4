/* The links of a spoke: the one to its hub, and the reading "network" that shows how it is. */
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "config/config.h"
#include "link/node/internal.h"
#include "link/spoke/log_outbox.h"
#include "link/spoke/spoke_link.h"
#include "reading/catalogue.h"
#include "reading/create.h"
#include "reading/owners.h"
#include "reading/table.h"

/* The hub */

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
		node_links_note(links, LOG_WARNING,
				"this spoke has not joined a hub, so its readings stay here: run "
				"`harvester node invite %s` on the hub, and here the line that it "
				"prints",
				config->cluster.node_id);
	return 0;
}

static void on_noted(void *arg, bool is_online, const char *text)
{
	const struct node_links *links = arg;

	if (is_online && !*text)
		node_links_note(links, LOG_INFO, "%s has this node's readings from now on",
				links->hub.url);
	else if (is_online)
		node_links_note(links, LOG_WARNING, "%s refused some readings: %s", links->hub.url,
				text);
	else
		node_links_note(links, LOG_WARNING, "%s: %s; readings wait here until it answers",
				links->hub.url, text);
}

/* The reading "network" */

static void declare_network(struct reading_catalogue *catalogue)
{
	json_t *fields = json_pack("{s:{s:{s:s, s:s}, s:{s:s, s:s, s:i}}}", "", "online", "kind",
				   "switch", "quantity", "connectivity", "hub_round_trip_ms",
				   "unit", "ms", "quantity", "duration", "decimals", 1);

	reading_catalogue_declare(catalogue, "uplink", fields);
	json_decref(fields);
}

/* Put the round trip to the hub into the table, where older pages look for it. */
static void on_measured(void *arg, bool reached, double round_trip_ms)
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

/* What the hub asks */

static json_t *list_descriptions(void *arg)
{
	const struct node_links_config *config = &((struct node_links *)arg)->config;

	return reading_table_descriptions(config->table, config->config->cluster.node_id);
}

static json_t *list_devices(void *arg)
{
	const struct node_links_config *config = &((struct node_links *)arg)->config;

	return config->devices(config->arg);
}

static int on_command(void *arg, const json_t *command, json_t **ret_result, struct error *err)
{
	const struct node_links_config *config = &((struct node_links *)arg)->config;

	return config->command(config->arg, command, ret_result, err);
}

static void on_greeted(void *arg, bool is_first, const json_t *answer)
{
	const struct node_links_config *config = &((struct node_links *)arg)->config;

	if (config->on_greeted)
		config->on_greeted(config->arg, is_first, answer);
}

/* Life */

static int create_link(struct node_links *links, struct error *err)
{
	const struct node_links_config *config = &links->config;
	const struct spoke_link_config link = {
		.loop = config->loop,
		.clock = config->clock,
		.history = config->history,
		.url = links->hub.url,
		.token = links->hub.token,
		.pin = links->hub.pin,
		.node = config->config->cluster.node_id,
		.version = config->version,
		.devices = list_devices,
		.descriptions = list_descriptions,
		.command = on_command,
		.on_noted = on_noted,
		.on_greeted = on_greeted,
		.on_measured = on_measured,
		.arg = links,
	};

	return spoke_link_create(&link, &links->link, err);
}

static int create_outbox(struct node_links *links)
{
	const struct node_links_config *config = &links->config;
	const double commit_ms = config->config->history.commit_seconds * 1000;
	int ret = log_outbox_create(config->loop, config->clock, config->history,
				    config->config->cluster.node_id, (uint64_t)commit_ms,
				    &links->outbox);

	if (!ret)
		log_add_sink(log_outbox_write, links->outbox);
	return ret;
}

/* A hash of what the invitation said, since the text is stored where the token should not be. */
static void identify_membership(struct node_links *links)
{
	const char *text = links->hub.token ? links->hub.token : links->hub.url;
	unsigned char hash[crypto_generichash_BYTES_MIN];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)text, strlen(text), NULL, 0);
	sodium_bin2hex(links->membership, sizeof(links->membership), hash,
		       (sizeof(links->membership) - 1) / 2);
}

int node_spoke_create(struct node_links *links, struct error *err)
{
	int ret = find_hub(links, err);

	if (ret || !links->hub.url)
		return ret;
	identify_membership(links);
	reading_owners_reserve(links->config.owners, "network", "uplink");
	declare_network(links->config.catalogue);
	ret = create_link(links, err);
	return ret ? ret : create_outbox(links);
}
