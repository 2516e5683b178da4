/* `harvester cluster status`: what the running node knows of its cluster. */
#include <inttypes.h>
#include <stdio.h>

#include "base/json_member.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/node_status.h"

static void print_leader(const json_t *leader)
{
	const char *node = json_string_value(json_object_get(leader, "node"));

	if (node)
		text_printf(stdout, "leader   %s%s, term %" JSON_INTEGER_FORMAT "\n", node,
			    json_is_true(json_object_get(leader, "is_self")) ? " (this node)" : "",
			    node_status_number(leader, "term"));
	else
		puts("leader   none");
}

static void print_log(const json_t *log)
{
	printf("log      messages %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT
	       "; this node has read up to %" JSON_INTEGER_FORMAT ", %" JSON_INTEGER_FORMAT
	       " behind\n",
	       node_status_number(log, "first"), node_status_number(log, "last"),
	       node_status_number(log, "read"), node_status_number(log, "lag"));
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
			    json_member_text_or(server, "name", "?"), state,
			    node_status_number(server, "lag"));
	}
}

static void print_nodes(const json_t *nodes)
{
	const json_t *node;
	size_t i;

	json_array_foreach(nodes, i, node)
		text_printf(stdout, "node     %-20s %s\n", json_member_text_or(node, "node", "?"),
			    json_member_text_or(node, "version", ""));
}

static void print_all(const json_t *cluster)
{
	const char *reason = json_string_value(json_object_get(cluster, "reason"));

	text_printf(stdout, "cluster  %s, %s\n", json_member_text_or(cluster, "name", "?"),
		    json_member_text_or(cluster, "state", "?"));
	if (reason)
		text_printf(stdout, "problem  %s\n", reason);
	print_leader(json_object_get(cluster, "leader"));
	print_log(json_object_get(cluster, "log"));
	print_servers(json_object_get(cluster, "servers"));
	print_nodes(json_object_get(cluster, "nodes"));
}

int command_cluster_status(const struct command_options *options)
{
	static const struct node_status status = {
		.key = "cluster",
		.absent = "the running node is not a member of a cluster: set `engine = \"nats\"` "
			  "under [cluster] in its configuration\n",
		.print = print_all,
	};

	return node_status_show(options, &status);
}
