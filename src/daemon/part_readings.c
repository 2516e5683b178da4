/* The readings of the node: the newest of each sensor, whose they are, and the terminal's lines. */
#include <stdlib.h>
#include <string.h>

#include "base/aligned_timer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/log_ring.h"
#include "config/config.h"
#include "daemon/internal.h"
#include "plugin/policy/sensor_files.h"
#include "plugin/supervisor/supervisor.h"
#include "reading/filter/filters.h"
#include "reading/intake.h"
#include "reading/owners.h"
#include "reading/reading.h"
#include "reading/table.h"

#define FORGET_EVERY_MS 60000
#define EXPIRE_EVERY_MS 1000

/* The owners of the sensors */

static bool is_installed(void *arg, const char *plugin)
{
	const struct node *node = arg;

	return node->supervisor && supervisor_has(node->supervisor, plugin);
}

static void on_owners_changed(void *arg, const char *plugin)
{
	struct node *node = arg;

	if (node->sensors)
		sensor_files_change(node->sensors, plugin);
}

static json_t *save_owners(void *arg, const char *plugin)
{
	return reading_owners_save(((struct node *)arg)->owners, plugin);
}

static void load_owners(void *arg, const char *plugin, const json_t *saved)
{
	reading_owners_load(((struct node *)arg)->owners, plugin, saved);
}

static int create_owners(struct node *node, struct error *err)
{
	const struct reading_owners_events owners = {is_installed, on_owners_changed, node};
	const struct sensor_files_events files = {save_owners, load_owners, node};

	node->owners = reading_owners_create(&owners);
	if (!node->owners)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while starting the node; this machine needs more "
				 "free memory");
	return sensor_files_open(node->loop, node->options.data_folder, &files, &node->sensors,
				 err);
}

/* Subscribers */

/* A reading of another node begins a cycle; a reading of this node came from a poll, which ends in
 * a cycle anyway. */
static void take_remote(void *arg, const struct reading *reading)
{
	struct node *node = arg;

	if (node->supervisor && strcmp(reading->node, node->options.config->cluster.node_id) != 0)
		supervisor_begin_cycle(node->supervisor);
}

/* The line that shows a reading counts against its plugin's limit of log lines. */
static bool may_show(void *arg, const char *plugin)
{
	const struct node *node = arg;

	return !node->supervisor || supervisor_may_show(node->supervisor, plugin);
}

static void show_reading(void *arg, const struct reading *reading)
{
	struct node *node = arg;

	if (node->options.config->logging.show_sensor_data)
		terminal_show(&node->terminal, reading);
}

static int subscribe(struct node *node)
{
	node->terminal = (struct terminal){.may_show = may_show, .arg = node};
	reading_table_subscribe(node->table, take_remote, node);
	return reading_table_subscribe(node->table, show_reading, node);
}

/* Life */

static void forget_old(uv_timer_t *timer)
{
	struct node *node = timer->data;

	aligned_timer_start(timer, forget_old, FORGET_EVERY_MS);
	reading_table_forget_old(node->table, clock_unix_ms(node->clock));
}

static void expire(uv_timer_t *timer)
{
	const struct node *node = timer->data;

	aligned_timer_start(timer, expire, EXPIRE_EVERY_MS);
	if (node->supervisor)
		reading_ingest_expire(&node->ingest);
}

static void begin(struct node *node, uv_timer_t *timer, uv_timer_cb on_time)
{
	uv_timer_init(node->loop, timer);
	timer->data = node;
	on_time(timer);
	uv_unref((uv_handle_t *)timer);
}

static void end(uv_timer_t *timer)
{
	if (timer->data)
		uv_close((uv_handle_t *)timer, NULL);
}

static int create(struct node *node, struct error *err)
{
	const char *name = node->options.config->cluster.node_id;
	int ret = create_owners(node, err);

	if (ret)
		return ret;
	node->table = node->options.config->cluster.role == ROLE_HUB
			      ? reading_table_create_for_hub()
			      : reading_table_create();
	node->intake = reading_intake_create();
	node->ingest.filters = reading_filters_create();
	node->log = log_ring_create(name, clock_unix_ms(node->clock));
	if (!node->table || !node->intake || !node->ingest.filters || !node->log)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while starting the node; this machine needs more "
				 "free memory");
	node->ingest = (struct reading_ingest){
		.config = node->options.config,
		.clock = node->clock,
		.table = node->table,
		.intake = node->intake,
		.owners = node->owners,
		.filters = node->ingest.filters,
		.on_warning = node_warn_plugin,
		.arg = node,
	};
	log_add_sink(log_ring_write, node->log);
	begin(node, &node->forgetting, forget_old);
	begin(node, &node->expiring, expire);
	return subscribe(node);
}

static void reload(struct node *node)
{
	reading_filters_configure(node->ingest.filters, node->options.config);
}

static void stop(struct node *node)
{
	node->actions.owners = NULL;
	node->actions.table = NULL;
	sensor_files_close(node->sensors);
	node->sensors = NULL;
	end(&node->forgetting);
	end(&node->expiring);
	node_stop_next(node);
}

static void destroy(struct node *node)
{
	reading_intake_destroy(node->intake);
	reading_filters_destroy(node->ingest.filters);
	reading_owners_destroy(node->owners);
	reading_table_destroy(node->table);
	if (node->log)
		log_remove_sink(log_ring_write, node->log);
	log_ring_destroy(node->log);
	free(node->state);
}

const struct node_part node_part_readings = {
	.create = create,
	.reload = reload,
	.stop = stop,
	.destroy = destroy,
};
