/* The plugins, and the way of what they return to the readings and the page. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "bundle/probation.h"
#include "capability/capability.h"
#include "config/config.h"
#include "daemon/internal.h"
#include "plugin/supervisor/supervisor.h"
#include "reading/owners.h"
#include "reading/table.h"
#include "store/descriptions.h"

/* What plugins return */

void node_warn_plugin(void *arg, const char *plugin, const char *text)
{
	const struct node *node = arg;

	if (!node->supervisor || supervisor_may_report(node->supervisor, plugin))
		log_warning(plugin, "%s", text);
}

static void on_poll_failed(void *arg, const char *plugin, const char *text, bool simulated)
{
	struct node *node = arg;

	reading_ingest_failure(&node->ingest, plugin, text, simulated);
	if (node->probation)
		bundle_probation_note_failure(node->probation, plugin, text);
}

static void on_died(void *arg, const char *plugin, const char *text)
{
	struct node *node = arg;

	if (node->probation)
		bundle_probation_note_death(node->probation, plugin, text);
}

static void on_rejected(void *arg, const char *plugin, const char *text)
{
	struct node *node = arg;

	if (node->probation)
		bundle_probation_note_rejection(node->probation, plugin, text);
}

static void on_plugin_removed(void *arg, const char *plugin, const char *why)
{
	reading_ingest_removal(&((struct node *)arg)->ingest, plugin, why);
}

static void on_rendered(void *arg, const char *plugin, const char *html, size_t size)
{
	struct node *node = arg;
	char text[64];

	if (!web_set_page(node->web, html, size))
		return;
	snprintf(text, sizeof(text), "out of memory for its page of %zu bytes, ignoring", size);
	node_warn_plugin(node, plugin, text);
}

/* What a poll returned, as readings. */
struct plugin_result {
	struct reading_batch batch;
};

/* Any thread: the node's name never changes. */
static struct plugin_result *convert_poll(void *arg, const struct plugin_poll *poll)
{
	const struct node *node = arg;
	const struct reading_source source = {
		.node = node->options.config->cluster.node_id,
		.plugin = poll->name,
		.now_ms = poll->now_ms,
		.simulated = poll->simulated,
		.absent = poll->absent,
	};
	struct plugin_result *result = calloc(1, sizeof(*result));

	if (result)
		reading_batch_init(&result->batch, poll->value, &source);
	return result;
}

static void on_described(void *arg, const char *plugin, const json_t *fields, const char *failure)
{
	struct node *node = arg;

	if (node->probation)
		bundle_probation_note_start(node->probation, plugin);
	if (node->descriptions)
		descriptions_take(node->descriptions, plugin, fields, failure);
}

static void forget_poll(void *arg, struct plugin_result *result)
{
	(void)arg;
	reading_batch_finish(&result->batch);
	free(result);
}

static int on_polled(void *arg, const char *plugin, struct plugin_result *result, struct error *err)
{
	struct node *node = arg;
	size_t count = result->batch.count;
	int ret = reading_ingest_batch(&node->ingest, plugin, &result->batch, err);

	if (!ret && node->probation)
		bundle_probation_note_poll(node->probation, plugin, count);
	forget_poll(NULL, result);
	return ret;
}

static const char *on_cycle_ended(void *arg, bool is_wanted, size_t *ret_size)
{
	struct node *node = arg;

	capability_cycle_end(node->host);
	if (!is_wanted || reading_table_revision(node->table) == node->offered_revision)
		return NULL;
	node->offered_revision = reading_table_revision(node->table);
	free(node->state);
	node->state =
		reading_table_state(node->table, node->options.config->cluster.node_id, ret_size);
	return node->state;
}

/* Life */

static int create(struct node *node, struct error *err)
{
	static const struct supervisor_events events = {
		.plugin = {.convert = convert_poll,
			   .forget = forget_poll,
			   .on_polled = on_polled,
			   .on_failed = on_poll_failed,
			   .on_died = on_died,
			   .on_described = on_described,
			   .on_rendered = on_rendered},
		.on_removed = on_plugin_removed,
		.on_rejected = on_rejected,
		.on_cycle_ended = on_cycle_ended,
	};
	char cache[PATH_MAX];
	struct supervisor_config supervisor = {
		.loop = node->loop,
		.clock = node->clock,
		.config = node->options.config,
		.host = node->host,
		.plugins_folder = node->options.plugins_folder,
		.data_folder = node->options.data_folder,
		.cache_folder = cache,
		.guest_program = node->options.guest_program,
		.runtime_artifact = node->options.runtime_artifact,
		.advice = &node->advice,
		.events = &events,
		.events_arg = node,
	};

	if (snprintf(cache, sizeof(cache), "%s/cache", node->options.data_folder) >=
	    (int)sizeof(cache))
		return error_set(err, ERROR_TOO_LARGE,
				 "the data folder's path is too long: choose another with --data");
	return supervisor_create(&supervisor, &node->supervisor, err);
}

static int start(struct node *node, struct error *err)
{
	int ret = supervisor_start(node->supervisor, err);

	node->actions.supervisor = node->supervisor;
	if (ret)
		return ret;
	reading_owners_trim(node->owners, clock_unix_ms(node->clock));
	node->actions.owners = node->owners;
	return 0;
}

static void reload(struct node *node)
{
	supervisor_reconfigure(node->supervisor);
}

static void on_ended(void *arg)
{
	struct node *node = arg;

	node->supervisor = node->actions.supervisor = NULL;
	node_stop_next(node);
}

static void stop(struct node *node)
{
	if (node->supervisor)
		supervisor_close(node->supervisor, on_ended, node);
	else
		node_stop_next(node);
}

const struct node_part node_part_plugins = {
	.create = create,
	.start = start,
	.reload = reload,
	.stop = stop,
};
