#include "cli/places.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/load_config.h"
#include "config/config.h"
#include "config/paths.h"
#include "daemon/run_folder.h"
#include "daemon/run_socket.h"

struct nodes {
	struct run_answer items[PLACES_NODES_MAX]; /* owned */
	size_t count;
};

/* Running nodes */

static bool is_at(const char *path, const char *place)
{
	char real[PATH_MAX];

	return place && realpath(path, real) && !strcmp(real, place);
}

/* True if the node has the configuration and the plugins folder that the options name, or if
 * `options` is NULL. */
static bool is_meant(const struct run_answer *node, const struct command_options *options)
{
	if (options && options->config && !is_at(options->config, node->config))
		return false;
	return !options || !options->plugins || is_at(options->plugins, node->plugins_folder);
}

static void look_into(const char *folder, const struct command_options *options,
		      struct nodes *nodes)
{
	DIR *entries = opendir(folder);
	struct run_answer node;
	struct dirent *entry;
	char path[PATH_MAX];

	while (entries && nodes->count < PLACES_NODES_MAX && (entry = readdir(entries))) {
		if (fnmatch("*.sock", entry->d_name, 0) ||
		    snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >=
			    (int)sizeof(path) ||
		    run_answer_ask(path, &node, NULL))
			continue;
		if (is_meant(&node, options))
			nodes->items[nodes->count++] = node;
		else
			run_answer_finish(&node);
	}
	if (entries)
		closedir(entries);
}

static void find_nodes(const struct command_options *options, struct nodes *ret_nodes)
{
	char folders[RUN_FOLDERS_MAX][PATH_MAX];
	size_t count = run_folder_find(geteuid(), folders);

	ret_nodes->count = 0;
	for (size_t i = 0; i < count; i++)
		look_into(folders[i], options, ret_nodes);
}

static void finish_nodes(struct nodes *nodes)
{
	for (size_t i = 0; i < nodes->count; i++)
		run_answer_finish(&nodes->items[i]);
}

static void print_nodes(const struct nodes *nodes)
{
	for (size_t i = 0; i < nodes->count; i++) {
		const struct run_answer *node = &nodes->items[i];
		struct advice advice = {0};

		advice_add(&advice, "--data", node->data);
		text_printf(stderr, " %s   (node %s, %s://%s, process %d)\n", advice.options,
			    node->node, node->scheme, node->address, (int)node->pid);
	}
}

/* Ask the node that runs on a data folder. If this is root, its socket is in the folders of the
 * data folder's user. */
static void ask_node(const char *data, struct run_answer *ret_node)
{
	char folders[RUN_FOLDERS_MAX][PATH_MAX], path[PATH_MAX];
	struct stat found;
	size_t count;

	if (stat(data, &found))
		return;
	count = run_folder_find(geteuid() ? geteuid() : found.st_uid, folders);
	for (size_t i = 0; i < count; i++)
		if (!run_socket_path(folders[i], data, path, NULL) &&
		    !run_answer_ask(path, ret_node, NULL))
			return;
}

/* Choosing */

static void put(char ret_path[PATH_MAX], const char *path)
{
	snprintf(ret_path, PATH_MAX, "%s", path);
}

/* Choose the only running node. Several are an error (PLACES_EXACT); none is not. */
static int take_only_node(const struct command_options *options, enum places_use use,
			  struct places *places, struct error *err)
{
	struct nodes *nodes = malloc(sizeof(*nodes));
	int ret = 0;

	if (!nodes)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while looking for the running node; this machine "
				 "needs more free memory");
	find_nodes(options, nodes);
	if (nodes->count == 1) {
		places->node = nodes->items[0];
		nodes->count = 0;
		put(places->data, places->node.data);
	} else if (nodes->count && use == PLACES_EXACT) {
		fputs("These nodes are running:\n", stderr);
		print_nodes(nodes);
		ret = error_set(err, ERROR_INVALID,
				"%zu nodes are running: choose one with --data, as listed above",
				nodes->count);
	}
	finish_nodes(nodes);
	free(nodes);
	return ret;
}

/* Load the configuration. If it has problems: fail only if the folders that it names are needed to
 * find the node, otherwise succeed with *ret_config NULL. */
static int load(const struct command_options *options, enum places_use use,
		struct config **ret_config, struct error *err)
{
	struct problem_list problems;
	int ret;

	if (use == PLACES_EXACT && !options->data) {
		ret = load_config(options->config, ret_config);
		return ret ? error_set(err, ret,
				       "cannot find the node's folders, since the configuration "
				       "has problems: correct those above, or name the folders "
				       "with --plugins and --data")
			   : 0;
	}
	problem_list_init(&problems);
	if (load_config_quietly(options->config, ret_config, &problems))
		*ret_config = NULL;
	problem_list_finish(&problems);
	return 0;
}

/* Steps 2 to 4 of places.h, after --data and, without --config, the only running node. */
static int find_data(const struct command_options *options, enum places_use use,
		     const struct config *config, struct places *places, struct error *err)
{
	int ret = 0;

	if (config && config->paths.data)
		put(places->data, config->paths.data);
	else if (options->config)
		ret = take_only_node(options, use, places, err);
	if (ret || places->node.root)
		return ret;
	if (!*places->data)
		paths_data_folder(places->data, PATH_MAX);
	ask_node(places->data, &places->node);
	return 0;
}

static void fill(const struct command_options *options, const struct config *config,
		 struct places *places)
{
	const struct run_answer *node = places->node.root ? &places->node : NULL;

	if (options->config)
		put(places->config, options->config);
	else if (node)
		put(places->config, node->config ? node->config : "");
	else
		put(places->config, config && config->path ? config->path : "");
	if (options->plugins)
		put(places->plugins, options->plugins);
	else if (node)
		put(places->plugins, node->plugins_folder);
	else
		put(places->plugins,
		    config && config->paths.plugins ? config->paths.plugins : "plugins");
	if (options->data || node)
		advice_add(&places->advice, "--data", places->data);
	if (!node && options->config)
		advice_add(&places->advice, "--config", options->config);
	if (!node && options->plugins)
		advice_add(&places->advice, "--plugins", options->plugins);
}

int places_find(const struct command_options *options, enum places_use use,
		struct places *ret_places, struct error *err)
{
	struct config *config = NULL;
	int ret = 0;

	memset(ret_places, 0, sizeof(*ret_places));
	if (options->data) {
		put(ret_places->data, options->data);
		ask_node(options->data, &ret_places->node);
	} else if (!options->config) {
		ret = take_only_node(options, use, ret_places, err);
	}
	/* A running node knows its folders, even if its configuration file has changed since. */
	if (!ret && !ret_places->node.root)
		ret = load(options, use, &config, err);
	if (!ret && !*ret_places->data)
		ret = find_data(options, use, config, ret_places, err);
	if (!ret)
		fill(options, config, ret_places);
	config_destroy(config);
	return ret;
}

void places_finish(struct places *places)
{
	run_answer_finish(&places->node);
}

const char *places_config(const struct places *places)
{
	return *places->config ? places->config : NULL;
}

void places_say_others(const struct places *places)
{
	struct nodes *nodes = places->node.root ? NULL : malloc(sizeof(*nodes));

	if (!nodes)
		return;
	find_nodes(NULL, nodes);
	if (nodes->count) {
		text_printf(stderr,
			    "No node runs on the data folder %s, but these nodes are running:\n",
			    places->data);
		print_nodes(nodes);
	}
	finish_nodes(nodes);
	free(nodes);
}
