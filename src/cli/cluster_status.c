/* `harvester cluster status`: what the running node knows of its cluster. */
#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/json_print.h"
#include "cli/places.h"

static const char *text_of(const json_t *object, const char *key, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : otherwise;
}

static json_int_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void print_leader(const json_t *leader)
{
	const char *node = json_string_value(json_object_get(leader, "node"));

	if (node)
		text_printf(stdout, "leader   %s%s, term %" JSON_INTEGER_FORMAT "\n", node,
			    json_is_true(json_object_get(leader, "is_self")) ? " (this node)" : "",
			    number_of(leader, "term"));
	else
		puts("leader   none");
}

static void print_log(const json_t *log)
{
	printf("log      messages %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT
	       "; this node has read up to %" JSON_INTEGER_FORMAT ", %" JSON_INTEGER_FORMAT
	       " behind\n",
	       number_of(log, "first"), number_of(log, "last"), number_of(log, "read"),
	       number_of(log, "lag"));
}

static void print_servers(const json_t *servers)
{
	const json_t *server;
	size_t i;

	json_array_foreach(json_object_get(servers, "servers"), i, server)
	{
		const char *state = json_is_true(json_object_get(server, "leader"))
					    ? "leads the log"
				    : json_is_true(json_object_get(server, "current")) ? "current"
										       : "behind";

		text_printf(stdout, "server   %-20s %s, lag %" JSON_INTEGER_FORMAT "\n",
			    text_of(server, "name", "?"), state, number_of(server, "lag"));
	}
}

static void print_nodes(const json_t *nodes)
{
	const json_t *node;
	size_t i;

	json_array_foreach(nodes, i, node)
		text_printf(stdout, "node     %-20s %s\n", text_of(node, "node", "?"),
			    text_of(node, "version", ""));
}

static void print_all(const json_t *cluster)
{
	const char *reason = json_string_value(json_object_get(cluster, "reason"));

	text_printf(stdout, "cluster  %s, %s\n", text_of(cluster, "name", "?"),
		    text_of(cluster, "state", "?"));
	if (reason)
		text_printf(stdout, "problem  %s\n", reason);
	print_leader(json_object_get(cluster, "leader"));
	print_log(json_object_get(cluster, "log"));
	print_servers(json_object_get(cluster, "servers"));
	print_nodes(json_object_get(cluster, "nodes"));
}

static int show(const struct command_options *options, const struct places *places)
{
	const json_t *cluster = json_object_get(places->node.root, "cluster");

	if (!places->node.root) {
		fputs("no node runs on this data folder: start it, or name its folder with "
		      "--data\n",
		      stderr);
		return EXIT_FAILED;
	}
	if (!json_is_object(cluster)) {
		fputs("the running node is not a member of a cluster: set `engine = \"nats\"` "
		      "under "
		      "[cluster] in its configuration\n",
		      stderr);
		return EXIT_FAILED;
	}
	if (options->json)
		json_print(cluster, JSON_INDENT(2));
	else
		print_all(cluster);
	return EXIT_DONE;
}

int command_cluster_status(const struct command_options *options)
{
	struct places places;
	struct error err = {0};
	int ret;

	if (places_find(options, PLACES_EXACT, &places, &err)) {
		text_printf(stderr, "%s\n", err.text);
		return EXIT_FAILED;
	}
	ret = show(options, &places);
	if (ret)
		places_say_others(&places);
	places_finish(&places);
	return ret;
}
