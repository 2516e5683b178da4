#include "daemon/node.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alert/alerts.h"
#include "base/advice.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/log_ring.h"
#include "capability/capability.h"
#include "capability/host.h"
#include "config/config.h"
#include "config/paths.h"
#include "daemon/alerting.h"
#include "daemon/cluster.h"
#include "daemon/data_lock.h"
#include "daemon/hardware.h"
#include "daemon/node_actions.h"
#include "daemon/node_status.h"
#include "daemon/plugin_state.h"
#include "daemon/run_folder.h"
#include "daemon/run_socket.h"
#include "http/auth/auth.h"
#include "http/server/tls.h"
#include "http/web.h"
#include "link/tls_pin.h"
#include "plugin/policy/sensor_files.h"
#include "plugin/supervisor.h"
#include "reading/ingest.h"
#include "reading/intake.h"
#include "reading/owners.h"
#include "reading/reading.h"
#include "reading/table.h"
#include "store/accounts/access.h"
#include "store/history/intake.h"
#include "store/history/recorder.h"
#include "terminal/terminal.h"

#define FORGET_EVERY_MS 60000

struct node {
	struct node_options options;
	uv_loop_t *loop;
	struct clock *clock;
	struct hardware *hardware;
	struct capability_state_store *plugin_state; /* NULL: plugins keep no values */
	struct capability_host *host;
	struct reading_table *table;
	struct reading_intake *intake;
	struct reading_ingest ingest;
	struct reading_owners *owners; /* which sensor belongs to which plugin */
	struct sensor_files *sensors;  /* the owners, on disk; NULL after the end */
	struct terminal terminal;
	struct history_recorder recorder;
	int data_lock; /* of the data folder; -1: none */
	struct log_ring *log;
	struct access *access;
	struct web_actions web_actions;
	struct cluster *cluster;
	struct web *web;
	struct supervisor *supervisor;
	struct node_actions actions;
	struct run_socket *run_socket; /* NULL: commands do not find this node */
	uv_timer_t forgetting;	       /* removes the sensors of plugins that were removed */
	struct advice advice;	       /* the options that commands in messages need */
	struct {
		char data[PATH_MAX], plugins[PATH_MAX], config[PATH_MAX]; /* absolute */
	} places;
	char pin[TLS_PIN_SIZE];	   /* of the certificate; "" for none */
	uint64_t offered_revision; /* the table's revision when `state` was made */
	char *state;		   /* owned: JSON text for update() and render() */
};

/* What plugins return */

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

/* The line that shows a reading counts against its plugin's limit of log lines. */
static bool may_show(void *arg, const char *plugin)
{
	const struct node *node = arg;

	return !node->supervisor || supervisor_may_show(node->supervisor, plugin);
}

/* Warnings about a plugin count against the limit too. */
static void on_plugin_warning(void *arg, const char *plugin, const char *text)
{
	const struct node *node = arg;

	if (!node->supervisor || supervisor_may_report(node->supervisor, plugin))
		log_warning(plugin, "%s", text);
}

static void on_poll_failed(void *arg, const char *plugin, const char *text, bool simulated)
{
	reading_ingest_failure(&((struct node *)arg)->ingest, plugin, text, simulated);
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
	on_plugin_warning(node, plugin, text);
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

static void forget_poll(void *arg, struct plugin_result *result)
{
	(void)arg;
	reading_batch_finish(&result->batch);
	free(result);
}

static int on_polled(void *arg, const char *plugin, struct plugin_result *result, struct error *err)
{
	struct node *node = arg;
	int ret = reading_ingest_batch(&node->ingest, plugin, &result->batch, err);

	forget_poll(NULL, result);
	return ret;
}

static const char *on_cycle_ended(void *arg, size_t *ret_size)
{
	struct node *node = arg;

	capability_cycle_end(node->host);
	if (reading_table_revision(node->table) == node->offered_revision)
		return NULL;
	node->offered_revision = reading_table_revision(node->table);
	free(node->state);
	node->state =
		reading_table_state(node->table, node->options.config->cluster.node_id, ret_size);
	return node->state;
}

/* Creating the parts, from the devices to the outputs */

static int create_hardware(struct node *node, struct error *err)
{
	return hardware_create(node->options.config, node->clock, &node->hardware, err);
}

static void create_actions(struct node *node)
{
	struct node_actions *actions = &node->actions;
	char names[64];

	actions->config = node->options.config;
	actions->clock = node->clock;
	if (hardware_simulated(node->options.config, names, sizeof(names)))
		actions->simulated = node->hardware;
	actions->host = node->host;
	uv_timer_init(node->loop, &actions->light);
	actions->light.data = actions;
	actions->has_light = true;
}

static int create_host(struct node *node, struct error *err)
{
	json_t *missing = NULL;
	int ret = capability_host_create(node->loop, node->options.config,
					 hardware_backend(node->hardware), node->clock, "",
					 &node->host, &missing, err);

	for (size_t i = 0; i < json_array_size(missing); i++)
		log_warning("hardware", "%s", json_string_value(json_array_get(missing, i)));
	node->actions.missing = missing;
	if (ret)
		return ret;
	create_actions(node);
	node->plugin_state = plugin_state_open(node->options.data_folder, node->clock);
	node->actions.plugin_state = node->plugin_state;
	node->actions.table = node->table;
	return node->plugin_state ? capability_host_keep_state(node->host, node->plugin_state, err)
				  : 0;
}

static void say_problem(const struct node *node)
{
	const char *problem = access_problem(node->access);

	if (problem)
		log_error("web",
			  "%s: nobody is let in over HTTP until this is repaired; restore a copy "
			  "of the file, or move it away and add every account again",
			  problem);
}

static void take_access(void *arg)
{
	struct node *node = arg;

	say_problem(node);
	if (node->web)
		web_access_changed(node->web);
}

static int create_access(struct node *node, struct error *err)
{
	int ret = access_create(node->loop, node->clock, node->options.data_folder, take_access,
				node, &node->access, err);

	if (!ret)
		say_problem(node);
	return ret;
}

/* An expired certificate is used too: clients that do not accept it show an error, but sensors must
 * still be polled. */
static int load_tls(struct node *node, struct web_tls *ret_tls, struct error *err)
{
	const struct config *config = node->options.config;
	struct error when;
	int ret = web_tls_load(config->http.tls_certificate, config->http.tls_key, ret_tls, err);

	if (!ret && web_tls_check_time(ret_tls, clock_unix_ms(node->clock), &when))
		log_warning("web", "%s", when.text);
	return ret;
}

/* The link goes to stderr only: others can read the log, on this node's page and on its hub. */
static void offer_setup(struct node *node)
{
	char link[WEB_LINK_SIZE], command[ADVICE_SIZE];

	if (!web_make_setup_link(node->web, link, sizeof(link)))
		return;
	log_warning("web",
		    "%s is not loopback and there is no account: until there is one, this node "
		    "serves only the set-up page; open the link on the next line within an hour, "
		    "or run `%s`",
		    web_address(node->web),
		    advice_command(&node->advice, command, "user add NAME"));
	fprintf(stderr, "set up: %s\n", link);
}

static void on_history_note(void *arg, bool is_failing, const char *text)
{
	(void)arg;
	log_write(is_failing ? LOG_ERROR : LOG_INFO, "history", "%s", text);
}

static void on_thinned(void *arg, const char *plugin)
{
	(void)arg;
	log_warning(
		plugin,
		"it returns more data than the history writes for one plugin (%d kB a second), so "
		"only the newest reading of each sensor is written now and then; poll less often, "
		"or return fewer or shorter values",
		HISTORY_INTAKE_BYTES_A_SECOND / 1024);
}

static int create_history(struct node *node, struct error *err)
{
	const struct history_recorder_config config = {
		.loop = node->loop,
		.config = node->options.config,
		.clock = node->clock,
		.data_folder = node->options.data_folder,
		.table = node->table,
		.on_note = on_history_note,
		.on_thinned = on_thinned,
	};

	node->actions.recorder = &node->recorder;
	return history_recorder_open(&node->recorder, &config, err);
}

static int create_cluster(struct node *node, struct error *err)
{
	const struct cluster_config config = {
		.loop = node->loop,
		.clock = node->clock,
		.config = node->options.config,
		.data_folder = node->options.data_folder,
		.history = node->recorder.history,
		.table = node->table,
		.owners = node->owners,
		.access = node->access,
		.log = node->log,
		.actions = &node->web_actions,
	};
	int ret;

	node->web_actions = node_actions_for_web(&node->actions);
	ret = cluster_create(&config, &node->cluster, err);
	node->actions.cluster = node->cluster;
	return ret;
}

static int create_alerts(struct node *node, struct error *err)
{
	return alerting_create(node->loop, &node->actions, node->options.data_folder, err);
}

static int create_web(struct node *node, struct error *err)
{
	struct web_config web = {
		.listen = node->options.listen,
		.table = node->table,
		.intake = node->intake,
		.log = node->log,
		.access = node->access,
		.host_names = (const char *const *)node->options.config->http.host_names,
		.public_read = node->options.config->http.public_read,
		.push_without_token = node->options.config->http.push_without_token,
		.clock = node->clock,
		.node = node->options.config->cluster.node_id,
		.history = node->recorder.history,
		.hub = cluster_fleet(node->cluster),
		.actions = node->web_actions,
	};

	struct web_tls tls = {0};
	int ret = 0;

	if (node->options.config->http.tls_certificate) {
		ret = load_tls(node, &tls, err);
		web.tls = &tls;
	}
	if (!ret && web.tls)
		ret = tls_pin_of(tls.certificate, node->pin, err);
	if (!ret)
		ret = web_create(node->loop, &web, &node->web, err);
	web_tls_finish(&tls);
	if (!ret)
		offer_setup(node);
	return ret;
}

static int create_supervisor(struct node *node, struct error *err)
{
	static const struct supervisor_events events = {
		.plugin = {.convert = convert_poll,
			   .forget = forget_poll,
			   .on_polled = on_polled,
			   .on_failed = on_poll_failed,
			   .on_rendered = on_rendered},
		.on_removed = on_plugin_removed,
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

/* Commands */

/* Make the paths absolute, since commands run in other working directories than the node. */
static void find_places(struct node *node)
{
	const struct node_options *options = &node->options;

	if (!realpath(options->data_folder, node->places.data) ||
	    !realpath(options->plugins_folder, node->places.plugins) ||
	    (options->config->path && !realpath(options->config->path, node->places.config)))
		log_warning(
			"broker",
			"cannot resolve the path of a folder: %s; commands may not find this node",
			strerror(errno));
}

static json_t *show_node(void *arg)
{
	const struct node *node = arg;
	const struct config *config = node->options.config;

	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s, s:s?, s:o}", "pid",
			 (int)getpid(), "version", HARVESTER_VERSION, "node",
			 config->cluster.node_id, "role", node_role_name(config->cluster.role),
			 "scheme", web_scheme(node->web), "address", web_address(node->web), "pin",
			 *node->pin ? node->pin : NULL, "data", node->places.data, "plugins_folder",
			 node->places.plugins, "config",
			 *node->places.config ? node->places.config : NULL, "plugins",
			 node_actions_plugins((void *)&node->actions));
}

/* Without the socket, commands find only the node's folders. */
static void open_run_socket(struct node *node)
{
	char folder[PATH_MAX], path[PATH_MAX];
	struct error err = {0};
	int ret = run_folder_make(folder, &err);

	if (!ret)
		ret = run_socket_path(folder, node->places.data, path, &err);
	if (!ret)
		ret = run_socket_create(node->loop, path, RUN_SOCKET_ANSWER_MS, show_node, node,
					&node->run_socket, &err);
	if (ret)
		log_warning("broker",
			    "%s; commands such as `harvester plugin list` will not find this node",
			    err.text);
}

/* A reading of another node begins a cycle; a reading of this node came from a poll, which ends in
 * a cycle anyway. */
static void take_remote(void *arg, const struct reading *reading)
{
	struct node *node = arg;

	if (node->supervisor && strcmp(reading->node, node->options.config->cluster.node_id) != 0)
		supervisor_begin_cycle(node->supervisor);
}

static void forget_old(uv_timer_t *timer)
{
	struct node *node = timer->data;

	reading_table_forget_old(node->table, clock_unix_ms(node->clock));
}

static void start_forgetting(struct node *node)
{
	uv_timer_init(node->loop, &node->forgetting);
	node->forgetting.data = node;
	uv_timer_start(&node->forgetting, forget_old, FORGET_EVERY_MS, FORGET_EVERY_MS);
	uv_unref((uv_handle_t *)&node->forgetting);
}

static void show_reading(void *arg, const struct reading *reading)
{
	struct node *node = arg;

	if (node->options.config->logging.show_sensor_data)
		terminal_show(&node->terminal, reading);
}

static int create_memory(struct node *node, struct error *err)
{
	const struct reading_owners_events owners = {is_installed, on_owners_changed, node};
	const struct sensor_files_events files = {save_owners, load_owners, node};
	int ret;

	node->owners = reading_owners_create(&owners);
	if (!node->owners)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory; this machine needs more free memory");
	ret = sensor_files_open(node->loop, node->options.data_folder, &files, &node->sensors, err);
	if (ret)
		return ret;
	node->table = reading_table_create();
	node->intake = reading_intake_create();
	node->log =
		log_ring_create(node->options.config->cluster.node_id, clock_unix_ms(node->clock));
	if (!node->table || !node->intake || !node->log)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory; this machine needs more free memory");
	node->ingest = (struct reading_ingest){
		.config = node->options.config,
		.clock = node->clock,
		.table = node->table,
		.intake = node->intake,
		.owners = node->owners,
		.on_warning = on_plugin_warning,
		.arg = node,
	};
	log_add_sink(log_ring_write, node->log);
	node->terminal = (struct terminal){.may_show = may_show, .arg = node};
	reading_table_subscribe(node->table, take_remote, node);
	return reading_table_subscribe(node->table, show_reading, node);
}

int node_create(uv_loop_t *loop, const struct node_options *options, struct node **ret_node,
		struct error *err)
{
	static int (*const steps[])(struct node *, struct error *) = {
		create_memory,	create_hardware, create_host, create_history,	 create_access,
		create_cluster, create_alerts,	 create_web,  create_supervisor,
	};
	struct node *node = calloc(1, sizeof(*node));
	int ret;

	if (!node)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory; this machine needs more free memory");
	node->options = *options;
	node->loop = loop;
	node->clock = clock_system();
	node->data_lock = -1;
	start_forgetting(node);
	ret = paths_make_folder(node->options.data_folder, err);
	if (!ret)
		ret = data_lock(options->data_folder, &node->data_lock, err);
	if (!ret)
		find_places(node);
	if (!ret && !options->has_usual_data)
		advice_add(&node->advice, "--data", node->places.data);
	for (size_t i = 0; !ret && i < sizeof(steps) / sizeof(*steps); i++)
		ret = steps[i](node, err);
	if (!ret)
		ret = supervisor_start(node->supervisor, err);
	node->actions.supervisor = node->supervisor;
	if (!ret) {
		reading_owners_trim(node->owners, clock_unix_ms(node->clock));
		node->actions.owners = node->owners;
		open_run_socket(node);
	}
	if (ret) {
		node_close(node);
		uv_run(loop, UV_RUN_DEFAULT);
		node_destroy(node);
		return ret;
	}
	*ret_node = node;
	return 0;
}

void node_reload(struct node *node, bool has_new_page)
{
	if (has_new_page)
		web_set_page(node->web, NULL, 0);
	history_recorder_configure(&node->recorder, node->options.config);
	supervisor_reconfigure(node->supervisor);
	alerts_reload(node->actions.alerts);
}

const char *node_address(const struct node *node)
{
	return web_address(node->web);
}

const char *node_scheme(const struct node *node)
{
	return web_scheme(node->web);
}

void node_status(const struct node *node, char *ret_text, size_t size)
{
	json_t *plugins = node_actions_plugins((void *)&node->actions);
	char address[128];

	snprintf(address, sizeof(address), "%s://%s", node_scheme(node), node_address(node));
	node_status_write(plugins, address, ret_text, size);
	json_decref(plugins);
}

/* Closing the parts, against the flow of data, so that no part passes data to one that is closed */

static void host_closed(void *arg)
{
	((struct node *)arg)->host = NULL;
}

static void cluster_closed(void *arg)
{
	struct node *node = arg;

	node->cluster = node->actions.cluster = NULL;
	node_actions_finish(&node->actions);
	if (node->host)
		capability_host_close(node->host, host_closed, node);
}

/* The cluster and the history close together: closing the history ends the queries that the
 * cluster's links wait for. */
static void alerts_closed(void *arg)
{
	struct node *node = arg;

	node->actions.owners = NULL;
	node->actions.table = NULL;
	sensor_files_close(node->sensors);
	node->sensors = NULL;
	cluster_close(node->cluster, cluster_closed, node);
	history_recorder_close(&node->recorder);
}

static void web_closed(void *arg)
{
	struct node *node = arg;
	struct alerts *alerts = node->actions.alerts;

	node->web = NULL;
	node->actions.alerts = NULL;
	if (alerts)
		alerts_close(alerts, alerts_closed, node);
	else
		alerts_closed(node);
}

static void access_closed(void *arg)
{
	struct node *node = arg;

	node->access = NULL;
	if (node->web)
		web_close(node->web, web_closed, node);
	else
		web_closed(node);
}

/* The access must close before the web: HTTP requests wait for its work. */
static void supervisor_ended(void *arg)
{
	struct node *node = arg;

	node->supervisor = node->actions.supervisor = NULL;
	if (node->access)
		access_close(node->access, access_closed, node);
	else
		access_closed(node);
}

void node_close(struct node *node)
{
	uv_close((uv_handle_t *)&node->forgetting, NULL);
	run_socket_close(node->run_socket);
	if (node->supervisor)
		supervisor_close(node->supervisor, supervisor_ended, node);
	else
		supervisor_ended(node);
}

void node_destroy(struct node *node)
{
	plugin_state_close(node->plugin_state);
	hardware_destroy(node->hardware);
	reading_intake_destroy(node->intake);
	reading_owners_destroy(node->owners);
	reading_table_destroy(node->table);
	if (node->log)
		log_remove_sink(log_ring_write, node->log);
	log_ring_destroy(node->log);
	free(node->state);
	if (node->data_lock >= 0)
		close(node->data_lock);
	free(node);
}
