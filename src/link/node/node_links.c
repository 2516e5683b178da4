#include "link/node/node_links.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log_ring.h"
#include "config/config.h"
#include "link/hub/hub.h"
#include "link/hub/old_spoke.h"
#include "link/node/internal.h"
#include "link/spoke/log_outbox.h"
#include "link/spoke/spoke_link.h"
#include "store/accounts/authenticator.h"

void node_links_note(const struct node_links *links, enum log_level level, const char *format, ...)
{
	char text[LOG_TEXT_SIZE];
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	links->config.on_noted(links->config.arg, level, text);
}

/* A hub */

static void on_noted(void *arg, enum log_level level, const char *node, const char *text)
{
	node_links_note(arg, level, "%s%s%s", node, *node ? ": " : "", text);
}

static void on_logged(void *arg, const char *node, const struct log_record *record)
{
	log_ring_add(((struct node_links *)arg)->config.log, node, record);
}

static bool has_token(void *arg, const char *node)
{
	const struct authenticator *authenticator =
		((struct node_links *)arg)->config.authenticator;

	return authenticator && authenticator_knows_node(authenticator, node);
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
		.on_noted = on_noted,
		.on_logged = on_logged,
		.arg = links,
	};

	if (snprintf(links->fleet_path, PATH_MAX, "%s/fleet.json", config->data_folder) >= PATH_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "the data folder's path is too long: choose another with --data");
	return hub_create(&own_hub, &links->own_hub, err);
}

/* Life */

int node_links_create(const struct node_links_config *config, struct node_links **ret_links,
		      struct error *err)
{
	struct node_links *links = calloc(1, sizeof(*links));

	if (!links)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while starting the links to other nodes; this "
				 "machine needs more free memory");
	links->config = *config;
	/* Also for a failure: node_links_close() closes what was created before it. */
	*ret_links = links;
	return config->config->cluster.role == ROLE_HUB ? create_hub(links, err)
							: node_spoke_create(links, err);
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

const char *node_links_membership(const struct node_links *links)
{
	return *links->membership ? links->membership : NULL;
}

int node_links_ask_hub(struct node_links *links, const char *method, const char *path,
		       const void *body, size_t size, http_done *on_done, void *arg,
		       struct http_exchange **ret_exchange)
{
	if (!links->link)
		return ERROR_NOT_FOUND;
	return spoke_link_send_request(links->link, method, path, body, size, on_done, arg,
				       ret_exchange);
}

/* To other nodes */

int node_links_send(struct node_links *links, const char *node, json_t *command,
		    node_links_sent *on_sent, void *arg, struct error *err)
{
	if (links->own_hub)
		return hub_command(links->own_hub, node, command, on_sent, arg, err);
	json_decref(command);
	return error_set(err, ERROR_NOT_FOUND,
			 "this node is no hub, so it knows no node %.64s: ask the hub", node);
}

static void on_old_spoke_failed(void *arg, const char *text)
{
	node_links_note(arg, LOG_WARNING, "cannot use the buzzer at spoke_buzzer_url: %s", text);
}

/* Older spokes ask for no commands; see link/hub/old_spoke.h. */
static int buzz_old_spoke(struct node_links *links, const char *pattern, struct error *err)
{
	int ret = 0;

	if (!links->old_spoke)
		ret = old_spoke_create(links->config.loop,
				       links->config.config->cluster.spoke_buzzer_url,
				       on_old_spoke_failed, links, &links->old_spoke, err);
	return ret ? ret : old_spoke_buzz(links->old_spoke, pattern, err);
}

static void on_buzzed(void *arg, int status, const struct error *err, json_t *result)
{
	json_decref(result);
	if (status)
		node_links_note(arg, LOG_WARNING,
				"this hub could not sound the buzzer of another node: %s",
				err->text);
}

int node_links_buzz(struct node_links *links, const char *pattern, struct error *err)
{
	const char *node = links->own_hub ? hub_find_device(links->own_hub, "buzzer") : NULL;

	if (node)
		return hub_command(
			links->own_hub, node,
			json_pack("{s:s, s:{s:s}}", "device", "buzzer", "body", "pattern", pattern),
			on_buzzed, links, err);
	if (links->config.config->cluster.spoke_buzzer_url)
		return buzz_old_spoke(links, pattern, err);
	return error_set(err, ERROR_NOT_FOUND,
			 "this node has no buzzer, and knows no other node that has one: set "
			 "gpio_pin under [buzzer] in the configuration of one");
}

void node_links_add_nodes(const struct node_links *links, json_t *nodes)
{
	json_t *own = json_array_get(nodes, 0), *spokes;

	if (links->own_hub) {
		spokes = hub_to_json(links->own_hub);
		json_array_extend(nodes, spokes);
		json_decref(spokes);
	}
	if (links->link) {
		json_object_set_new(own, "role", json_string("spoke"));
		json_object_set_new(own, "uplink", spoke_link_to_json(links->link));
	}
}
