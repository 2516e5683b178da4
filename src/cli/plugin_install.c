/* `harvester plugin install`: installs a bundle from a file, a URL or an index. */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "bundle/read.h"
#include "cli/bundle_file.h"
#include "cli/bundle_node.h"
#include "cli/command.h"
#include "cli/download.h"
#include "cli/json_print.h"
#include "cli/plugin_index.h"
#include "config/config.h"
#include "plugin/policy/grant.h"

struct order {
	const char *from;	   /* a path or a URL */
	char path[PATH_MAX];	   /* of the downloaded file; "": nothing was downloaded */
	char found[2560];	   /* where an index found it */
	struct plugin_index index; /* owned */
	const struct bundle_index_entry *listed; /* NULL: it comes from no index */
};

/* Where a download is kept until it is complete: by the URL's hash, in the data folder. */
static int make_path(const struct bundle_node *node, const char *url, char ret_path[PATH_MAX],
		     struct error *err)
{
	uint8_t hash[16];
	char hex[2 * sizeof(hash) + 1];

	crypto_generichash(hash, sizeof(hash), (const uint8_t *)url, strlen(url), NULL, 0);
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	if (snprintf(ret_path, PATH_MAX, "%s/bundles/%s.download", node->places.data, hex) >=
	    PATH_MAX - (int)sizeof(BUNDLE_SIGNATURE_SUFFIX))
		return error_set(err, ERROR_TOO_LARGE,
				 "the data folder's path is too long: choose another with --data");
	return 0;
}

static bool shows_progress(const struct command_options *options)
{
	return !options->json && isatty(STDERR_FILENO);
}

/* The signature is small and fetched first; a server without one answers 404. */
static int fetch(const struct command_options *options, const struct bundle_node *node,
		 struct order *order, struct error *err)
{
	const char *url = order->from;
	uint64_t limit = order->listed ? order->listed->size : BUNDLE_SIZE_MAX;
	char signature_url[sizeof(order->found) + 16], signature[PATH_MAX + 16];
	int ret = make_path(node, url, order->path, err);

	if (ret)
		return ret;
	if (snprintf(signature_url, sizeof(signature_url), "%s" BUNDLE_SIGNATURE_SUFFIX, url) >=
	    (int)sizeof(signature_url))
		return error_set(err, ERROR_TOO_LARGE, "the URL is too long: use a shorter one");
	snprintf(signature, sizeof(signature), "%s" BUNDLE_SIGNATURE_SUFFIX, order->path);
	unlink(signature);
	ret = download(signature_url, signature, MINISIGN_FILE_MAX, false, err);
	if (ret == ERROR_NOT_FOUND && !node->config->updates.require_signature)
		ret = 0;
	return ret ? ret : download(url, order->path, limit, shows_progress(options), err);
}

static void forget(const char *path)
{
	char signature[PATH_MAX + 16];

	snprintf(signature, sizeof(signature), "%s" BUNDLE_SIGNATURE_SUFFIX, path);
	unlink(signature);
	unlink(path);
}

/* A word that is neither a URL nor a file is the name of a plugin in the index. */
static bool is_name(const struct command_options *options, const struct bundle_node *node)
{
	const char *word = options->words[0];

	if (options->index)
		return true;
	return plugin_index_is_named(options, node) && !download_is_url(word) &&
	       bundle_is_name(word) && access(word, F_OK);
}

static int find_listed(const struct command_options *options, struct bundle_node *node,
		       struct order *order, struct error *err)
{
	int ret = plugin_index_load(options, node, &order->index, err);

	if (!ret)
		ret = bundle_index_find(&order->index.index, options->words[0], &order->listed,
					err);
	if (ret)
		return ret;
	snprintf(order->found, sizeof(order->found), "%s/%s", order->index.place,
		 order->listed->file);
	order->from = order->found;
	return 0;
}

/* Find the bundle, and download it unless it is a file here. The node can use its store meanwhile.
 */
static int get(const struct command_options *options, struct bundle_node *node, struct order *order,
	       struct error *err)
{
	int ret = 0;

	bundle_node_unlock(node);
	if (is_name(options, node))
		ret = find_listed(options, node, order, err);
	if (!ret && download_is_url(order->from))
		ret = fetch(options, node, order, err);
	return ret ? ret : bundle_node_lock(node, err);
}

static int install(const struct command_options *options, struct bundle_node *node,
		   const struct order *order, struct bundle_installed *ret_installed,
		   struct error *err)
{
	struct bundle_install request = {
		.config = node->config,
		.approvals = node->approvals,
		.time = bundle_time_now(),
		.shown = order->from,
		.listed = order->listed,
		.force = options->force,
	};
	struct bundle_input input;
	int ret = bundle_input_open(*order->path ? order->path : order->from, &input, err);

	request.fd = input.fd;
	request.signature = input.text.data;
	if (!ret)
		ret = bundle_store_install(node->store, &request, ret_installed, err);
	bundle_input_close(&input);
	return ret;
}

static void say(const struct bundle_node *node, const struct bundle_installed *installed)
{
	const char *name = installed->name;
	char command[ADVICE_SIZE], news[2048];

	advice_command(&node->places.advice, command, "plugin approve %s", name);
	grant_join(installed->news, news, sizeof(news));
	if (installed->is_same)
		text_printf(stdout, "%s %s is installed already\n", name,
			    installed->version.version);
	else if (installed->is_waiting)
		text_printf(stdout,
			    "%s %s waits for approval of what it requests newly, and the old "
			    "version goes on: %s\napprove it with `%s`\n",
			    name, installed->version.version, news, command);
	else
		text_printf(stdout, "%s %s is installed; it has to pass %u polls\n", name,
			    installed->version.version, node->config->updates.probation_polls);
	if (!installed->is_waiting && json_array_size(installed->news))
		text_printf(stdout, "it requests: %s\napprove it with `%s`\n", news, command);
}

static void show(const struct command_options *options, const struct bundle_node *node,
		 const struct bundle_installed *installed)
{
	json_t *json;

	if (!options->json) {
		say(node, installed);
		return;
	}
	json = bundle_installed_to_json(installed);
	json_print(json, JSON_INDENT(2));
	json_decref(json);
}

int command_plugin_install(const struct command_options *options)
{
	struct order order = {.from = options->words[0]};
	struct bundle_installed installed = {0};
	struct bundle_node node;
	struct error err = {0};
	int ret = bundle_node_open(options, &node, &err);

	if (!ret)
		ret = get(options, &node, &order, &err);
	if (!ret)
		ret = install(options, &node, &order, &installed, &err);
	if (*order.path && ret != ERROR_SYSTEM && ret != ERROR_TIMEOUT)
		forget(order.path);
	if (!ret)
		show(options, &node, &installed);
	else
		text_printf(stderr, "not installed: %s\n", err.text);
	json_decref(installed.news);
	bundle_index_finish(&order.index.index);
	bundle_node_close(&node);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
