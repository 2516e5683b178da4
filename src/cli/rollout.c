/* `harvester rollout`: on a hub or a member of a cluster, bring a version of a plugin to its nodes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json_member.h"
#include "base/text.h"
#include "bundle/relay.h"
#include "cli/account_file.h"
#include "cli/bundle_file.h"
#include "cli/command.h"
#include "cli/json_print.h"
#include "cli/load_config.h"
#include "cli/node_request.h"
#include "cli/places.h"
#include "config/config.h"

#define PATH "/api/v1/rollouts"

static int ask(const struct command_options *options, const struct places *hub, const char *method,
	       const char *path, const json_t *body, json_t **ret_json, struct error *err)
{
	return node_request(options, &hub->node, "rollout-command", method, path, body, ret_json,
			    err);
}

static int find_hub(const struct command_options *options, struct places *ret_places,
		    struct error *err)
{
	json_t *all = NULL;
	int ret = places_find(options, PLACES_EXACT, ret_places, err);

	if (!ret && !ret_places->node.root)
		ret = error_set(err, ERROR_NOT_FOUND,
				"no node runs on the data folder %s: start the hub first",
				ret_places->data);
	if (!ret && strcmp(ret_places->node.role, "hub") != 0 &&
	    ask(options, ret_places, "GET", PATH, NULL, &all, NULL))
		ret = error_set(err, ERROR_INVALID,
				"the node %s is not a hub, nor in a cluster: run this command on "
				"the hub or on a member",
				ret_places->node.node);
	json_decref(all);
	return ret;
}

static int fail(const struct error *err)
{
	text_printf(stderr, "%s\n", err->text);
	return EXIT_FAILED;
}

/* Start */

/* The bundle goes into the hub's data folder, since the API takes only small ones. */
static int hand_over(const struct places *hub, const char *path, struct bundle_relayed *ret_relayed,
		     struct error *err)
{
	struct config *config = NULL;
	struct bundle_input input;
	int ret = bundle_input_open(path, &input, err);

	if (!ret && load_config(places_config(hub), &config))
		ret = error_set(err, ERROR_MALFORMED,
				"the configuration has the problems listed above: correct them, "
				"then run the command again");
	if (!ret)
		ret = bundle_relay_take(hub->data, config, input.fd, input.text.data, ret_relayed,
					err);
	config_destroy(config);
	bundle_input_close(&input);
	return ret;
}

/* "90", or "90%" */
static int add_number(json_t *body, const char *key, const char *option, const char *text,
		      bool is_percent, struct error *err)
{
	char *end;
	long number;

	if (!text)
		return 0;
	number = strtol(text, &end, 10);
	if (is_percent && *end == '%')
		end++;
	if (end == text || *end || number < 1 || number > 1000000)
		return error_set(err, ERROR_INVALID, "%s: expected a number above 0, not %.40s",
				 option, text);
	json_object_set_new(body, key, json_integer(number));
	return 0;
}

static int make_order(const struct command_options *options, const char *digest, json_t **ret_order,
		      struct error *err)
{
	json_t *body = json_pack("{s:s, s:s*, s:s*}", "digest", digest, "nodes", options->nodes,
				 "groups", options->groups);
	int ret = add_number(body, "success", "--success", options->success, true, err);

	if (!ret)
		ret = add_number(body, "pause_on", "--pause-on", options->pause_on, false, err);
	if (ret)
		json_decref(body);
	else
		*ret_order = body;
	return ret;
}

static int start(const struct command_options *options, json_t **ret_rollout, struct error *err)
{
	struct bundle_relayed relayed = {0};
	struct places hub = {0};
	json_t *order = NULL;
	int ret = find_hub(options, &hub, err);

	if (!ret)
		ret = hand_over(&hub, options->words[0], &relayed, err);
	if (!ret)
		ret = make_order(options, relayed.digest, &order, err);
	if (!ret)
		ret = ask(options, &hub, "POST", PATH, order, ret_rollout, err);
	json_decref(order);
	free(relayed.signature);
	places_finish(&hub);
	return ret;
}

int command_rollout_start(const struct command_options *options)
{
	json_t *rollout = NULL;
	struct error err = {0};

	if (!options->nodes == !options->all) {
		fputs("harvester rollout start: name the nodes with --nodes 'cellar,attic', or "
		      "take all with --all\n",
		      stderr);
		return EXIT_USAGE;
	}
	if (start(options, &rollout, &err))
		return fail(&err);
	if (options->json)
		json_print(rollout, JSON_INDENT(2));
	else
		text_printf(stdout,
			    "%s %s goes to %zu nodes, the first group now; `harvester rollout "
			    "status` shows how far it is\n",
			    json_member_text(rollout, "plugin"),
			    json_member_text(rollout, "version"),
			    json_array_size(json_object_get(rollout, "nodes")));
	json_decref(rollout);
	return EXIT_DONE;
}

/* Status */

static json_int_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void print_node(const json_t *node)
{
	const char *reason = json_member_text(node, "reason");

	text_printf(stdout, "    %-24s group %" JSON_INTEGER_FORMAT "  %s%s%s\n",
		    json_member_text(node, "node"), number_of(node, "group") + 1,
		    json_member_text(node, "state"), *reason ? ": " : "", reason);
}

static void print_rollout(const json_t *rollout)
{
	const char *reason = json_member_text(rollout, "reason");
	const json_t *node;
	size_t i;

	text_printf(stdout,
		    "%s %s: %s%s%s (%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
		    " groups released, number %" JSON_INTEGER_FORMAT ")\n",
		    json_member_text(rollout, "plugin"), json_member_text(rollout, "version"),
		    json_member_text(rollout, "state"), *reason ? ": " : "", reason,
		    number_of(rollout, "released"), number_of(rollout, "groups"),
		    number_of(rollout, "number"));
	json_array_foreach(json_object_get(rollout, "nodes"), i, node) print_node(node);
}

static int read_all(const struct command_options *options, json_t **ret_all, struct error *err)
{
	struct places hub = {0};
	int ret = find_hub(options, &hub, err);

	if (!ret)
		ret = ask(options, &hub, "GET", PATH, NULL, ret_all, err);
	places_finish(&hub);
	return ret;
}

int command_rollout_status(const struct command_options *options)
{
	struct error err = {0};
	json_t *all = NULL;
	const json_t *rollout;
	size_t i;

	if (read_all(options, &all, &err))
		return fail(&err);
	if (options->json)
		json_print(all, JSON_INDENT(2));
	else if (!json_array_size(json_object_get(all, "rollouts")))
		puts("no roll-out has been started here");
	else
		json_array_foreach(json_object_get(all, "rollouts"), i, rollout)
			print_rollout(rollout);
	json_decref(all);
	return EXIT_DONE;
}

/* Decisions */

/* The newest roll-out of the plugin, or the one with this number. */
static const json_t *find(const json_t *all, const char *which)
{
	char number[32];
	const json_t *rollout;
	size_t i;

	json_array_foreach(json_object_get(all, "rollouts"), i, rollout)
	{
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			 number_of(rollout, "number"));
		if (!strcmp(json_member_text(rollout, "plugin"), which) || !strcmp(number, which))
			return rollout;
	}
	return NULL;
}

static int decide(const struct command_options *options, const char *action, json_t **ret_rollout,
		  struct error *err)
{
	struct places hub = {0};
	json_t *all = NULL;
	const json_t *rollout = NULL;
	char path[96];
	int ret = find_hub(options, &hub, err);

	if (!ret)
		ret = ask(options, &hub, "GET", PATH, NULL, &all, err);
	if (!ret && !(rollout = find(all, options->words[0])))
		ret = error_set(err, ERROR_NOT_FOUND,
				"there is no roll-out of %.64s: `harvester rollout status` lists "
				"them",
				options->words[0]);
	snprintf(path, sizeof(path), PATH "/%" JSON_INTEGER_FORMAT "/%s",
		 number_of(rollout, "number"), action);
	if (!ret)
		ret = ask(options, &hub, "POST", path, NULL, ret_rollout, err);
	json_decref(all);
	places_finish(&hub);
	return ret;
}

static int act(const struct command_options *options, const char *action)
{
	json_t *rollout = NULL;
	struct error err = {0};

	if (decide(options, action, &rollout, &err))
		return fail(&err);
	if (options->json)
		json_print(rollout, JSON_INDENT(2));
	else
		text_printf(stdout, "%s %s: %s\n", json_member_text(rollout, "plugin"),
			    json_member_text(rollout, "version"),
			    json_member_text(rollout, "state"));
	json_decref(rollout);
	return EXIT_DONE;
}

int command_rollout_pause(const struct command_options *options)
{
	return act(options, "pause");
}

int command_rollout_resume(const struct command_options *options)
{
	return act(options, "resume");
}

int command_rollout_abort(const struct command_options *options)
{
	return act(options, "abort");
}

int command_rollout_undo(const struct command_options *options)
{
	return act(options, "undo");
}
