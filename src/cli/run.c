/* `harvester run`: runs a node until a signal, and reads its configuration again on SIGHUP. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/service_manager.h"
#include "cli/command.h"
#include "cli/load_config.h"
#include "cli/run_membership.h"
#include "config/config.h"
#include "config/paths.h"
#include "daemon/node.h"
#include "link/spoke/hub_address.h"
#include "simulation/hardware.h"

#define DESCRIPTORS 8192 /* as LimitNOFILE of the service; HUB_NODES_MAX counts on it */
#define STOP_MS_MAX 1800 /* the documents promise a stop within 2 s */

/* Heaps that threads share, and the size from which a piece is mapped alone. */
#define ARENAS 2
#define MMAP_BYTES (128 * 1024)

struct run {
	uv_loop_t loop;
	uv_signal_t terminate, interrupt, hangup;
	uv_timer_t timer; /* for --duration, later for STOP_MS_MAX */
	struct config *config;
	const char *data_folder;
	struct node *node;
	struct service_manager *manager; /* NULL: it cannot be told anything */
	bool is_stopping;
};

static void close_manager(struct run *run)
{
	service_manager_close(run->manager);
	run->manager = NULL;
}

static void stop_took_too_long(uv_timer_t *timer)
{
	(void)timer;
	log_error("broker", "the node did not stop in time, so it ends without saving the readings "
			    "that wait; look for a slow disk");
	_exit(EXIT_FAILED);
}

static void stop(struct run *run)
{
	if (run->is_stopping)
		return;
	run->is_stopping = true;
	log_info("broker", "stopping");
	service_manager_stopping(run->manager);
	close_manager(run);
	uv_timer_start(&run->timer, stop_took_too_long, STOP_MS_MAX, 0);
	uv_unref((uv_handle_t *)&run->timer);
	uv_close((uv_handle_t *)&run->terminate, NULL);
	uv_close((uv_handle_t *)&run->interrupt, NULL);
	uv_close((uv_handle_t *)&run->hangup, NULL);
	node_close(run->node);
}

static void on_signal(uv_signal_t *signal, int number)
{
	(void)number;
	stop(signal->data);
}

static void on_duration(uv_timer_t *timer)
{
	stop(timer->data);
}

/* A node that joined a hub has the name that it was invited with. */
static int take_name(struct config *config, const char *data_folder)
{
	struct error err = {0};
	struct hub_address hub;
	int ret = config->cluster.role == ROLE_HUB ? ERROR_NOT_FOUND
						   : hub_address_read(data_folder, &hub, &err);
	char *name;

	if (ret == ERROR_NOT_FOUND)
		return 0;
	name = ret ? NULL : strdup(hub.node);
	if (!name) {
		log_error("broker", "%s",
			  ret ? err.text
			      : "out of memory while reading the node's name; this machine needs "
				"more free memory");
		return ERROR_SYSTEM;
	}
	hub_address_finish(&hub);
	if (strcmp(name, config->cluster.node_id) != 0)
		log_info("broker", "this node is called %s, the name in its hub's invitation",
			 name);
	free(config->cluster.node_id);
	config->cluster.node_id = name;
	return 0;
}

static void set_level(const struct config *config)
{
	enum log_level level;

	if (!log_level_parse(config->logging.level, &level))
		log_set_level(level);
}

/* Reading the configuration again */

#define DIFFERENCES_MAX 100 /* lines; a file may describe a thousand sensors */

static void say_difference(void *arg, const char *path, bool reloads)
{
	unsigned *count = arg;

	if (reloads && ++*count > DIFFERENCES_MAX)
		return;
	if (reloads)
		log_info("broker", "reload: %s has changed; the new value is used from now on",
			 path);
	else
		log_warning("broker",
			    "reload: %s has changed; restart the node to apply the new value",
			    path);
}

/* Logs all problems if it fails. */
static int load_again(const struct run *run, struct config **ret_config)
{
	struct problem_list problems;
	struct config *config = NULL;
	int ret;

	problem_list_init(&problems);
	ret = config_load(run->config->path, &config, &problems);
	for (size_t i = 0; i < problems.count; i++)
		log_error("broker", "reload: %s", problems.items[i].text);
	problem_list_finish(&problems);
	if (!ret)
		ret = take_name(config, run->data_folder);
	if (!ret)
		ret = run_take_membership(config, run->data_folder);
	if (ret) {
		log_error("broker",
			  "reload: %s has problems, so the node keeps the old configuration: "
			  "correct them and reload again",
			  run->config->path);
		config_destroy(config);
		return ret;
	}
	*ret_config = config;
	return 0;
}

static void reload(struct run *run)
{
	struct config *fresh;
	bool has_new_page;
	unsigned changed = 0;

	if (!run->config->path) {
		log_info("broker", "reload: this node has no configuration file to read");
		return;
	}
	if (load_again(run, &fresh))
		return;
	config_compare(run->config, fresh, say_difference, &changed);
	if (changed > DIFFERENCES_MAX)
		log_info("broker", "reload: %u more keys have changed", changed - DIFFERENCES_MAX);
	has_new_page = strcmp(run->config->dashboard.plugin, fresh->dashboard.plugin) != 0;
	config_adopt(run->config, fresh);
	config_destroy(fresh);
	set_level(run->config);
	node_reload(run->node, has_new_page);
	log_info("broker", "reload: has read %s again", run->config->path);
}

static void on_hangup(uv_signal_t *signal, int number)
{
	struct run *run = signal->data;

	(void)number;
	service_manager_reloading(run->manager);
	reload(run);
	service_manager_ready(run->manager);
}

static void init_handles(struct run *run, double duration_seconds)
{
	uv_signal_init(&run->loop, &run->terminate);
	uv_signal_init(&run->loop, &run->interrupt);
	uv_signal_init(&run->loop, &run->hangup);
	uv_timer_init(&run->loop, &run->timer);
	run->terminate.data = run->interrupt.data = run->hangup.data = run->timer.data = run;
	uv_signal_start(&run->terminate, on_signal, SIGTERM);
	uv_signal_start(&run->interrupt, on_signal, SIGINT);
	uv_signal_start(&run->hangup, on_hangup, SIGHUP);
	if (duration_seconds > 0)
		uv_timer_start(&run->timer, on_duration, (uint64_t)(duration_seconds * 1000), 0);
}

static void say_what_runs(const struct run *run, const struct config *config)
{
	char names[64];
	size_t count = hardware_simulated(config, names, sizeof(names));

	if (!config->path)
		log_warning("broker",
			    "NO CONFIGURATION FILE: this is a demonstration. Every sensor is "
			    "SIMULATED; no value here was measured");
	else if (count == HARDWARE_KINDS)
		log_warning("broker", "the hardware is SIMULATED (%s says so)", config->path);
	else if (count > 0)
		log_warning("broker", "this part of the hardware is SIMULATED (%s says so): %s",
			    config->path, names);
	log_info("broker", "ready %s://%s", node_scheme(run->node), node_address(run->node));
}

/* The node may not exist yet, or have failed to start. */
static void show_status(void *arg, char *ret_text, size_t size)
{
	const struct run *run = arg;

	if (run->node)
		node_status(run->node, ret_text, size);
}

/* A node that cannot tell its service manager anything runs too. Before there are other threads,
 * since this changes the environment. */
static void open_manager(struct run *run)
{
	struct error err = {0};

	if (service_manager_open(&run->loop, clock_system(), show_status, run, &run->manager, &err))
		log_warning("broker",
			    "%s; the node runs, but the service manager will not know how it is",
			    err.text);
}

static void finish_handles(struct run *run)
{
	uv_close((uv_handle_t *)&run->timer, NULL);
	uv_run(&run->loop, UV_RUN_DEFAULT);
	uv_loop_close(&run->loop);
}

/* Each HTTP connection needs a descriptor, and the HTTP server accepts more than the usual soft
 * limit of 1024. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= DESCRIPTORS)
		return;
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* For years: by default each thread gets a heap of its own, and the size above which memory goes
 * back to the kernel rises with each larger piece that was freed (mallopt(3), docs/MEMORY.md). */
static void limit_heaps(void)
{
	mallopt(M_ARENA_MAX, ARENAS);
	mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);
}

static int run_node(struct run *run, const struct node_options *options, double duration_seconds)
{
	struct error err = {0};

	raise_descriptor_limit();
	limit_heaps(); /* before there are other threads */
	uv_loop_init(&run->loop);
	open_manager(run);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* write() fails instead, and the error is logged */
	if (node_create(&run->loop, options, &run->node, &err)) {
		log_error("broker", "%s", err.text);
		close_manager(run);
		uv_run(&run->loop, UV_RUN_DEFAULT);
		uv_loop_close(&run->loop);
		return EXIT_FAILED;
	}
	init_handles(run, duration_seconds);
	say_what_runs(run, options->config);
	service_manager_ready(run->manager);
	uv_run(&run->loop, UV_RUN_DEFAULT);
	node_destroy(run->node);
	log_info("broker", "stopped");
	finish_handles(run);
	return EXIT_DONE;
}

/* The command line takes precedence over the configuration, and that over the usual folders. */
static void find_folders(const struct command_options *command, const struct config *config,
			 char ret_data[PATH_MAX], struct node_options *options)
{
	char usual[PATH_MAX];

	paths_data_folder(usual, sizeof(usual));
	snprintf(ret_data, PATH_MAX, "%s",
		 command->data	      ? command->data
		 : config->paths.data ? config->paths.data
				      : usual);
	options->has_usual_data = !strcmp(ret_data, usual);
	options->data_folder = ret_data;
	options->plugins_folder = command->plugins	  ? command->plugins
				  : config->paths.plugins ? config->paths.plugins
							  : "plugins";
}

int command_run(const struct command_options *command)
{
	static struct paths paths;
	struct node_options options = {0};
	struct run run = {0};
	char data[PATH_MAX];
	int ret;

	/* Ignored until the node runs and can reload. */
	signal(SIGHUP, SIG_IGN);
	if (load_config(command->config, &run.config))
		return EXIT_FAILED;
	set_level(run.config);
	paths_find(&paths);
	find_folders(command, run.config, data, &options);
	run.data_folder = data;
	ret = take_name(run.config, data);
	if (!ret)
		ret = run_take_membership(run.config, data);
	if (!ret && !*paths.guest_program)
		ret = (log_error("broker", "cannot find harvester-guest, which must be in the same "
					   "folder as harvester: install harvester again"),
		       ERROR_NOT_FOUND);
	if (!ret) {
		options.config = run.config;
		options.listen = command->listen ? command->listen : run.config->http.listen;
		options.guest_program = paths.guest_program;
		options.runtime_artifact =
			paths_runtime(&paths, config_engine_target(run.config->engine.target));
		ret = run_node(&run, &options, command->duration_seconds);
	}
	config_destroy(run.config);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
