/*
 * The commands that show one part of the running node's answer (cli/run_answer.h): `harvester
 * cluster status`, `mqtt status` and `influx status`.
 */
#ifndef HARVESTER_CLI_NODE_STATUS_H
#define HARVESTER_CLI_NODE_STATUS_H

#include <jansson.h>

struct command_options;

struct node_status {
	const char *key; /* the part: a member of the node's answer */
	/* A line for stderr if the node has no such part: how to configure it. */
	const char *absent;
	/* Print the part for people, on stdout. */
	void (*print)(const json_t *part);
};

/* Ask the node and print the part, as JSON with --json. Returns the command's exit status. */
int node_status_show(const struct command_options *options, const struct node_status *status);

/* The number of a member; 0 if there is no such number. */
json_int_t node_status_number(const json_t *object, const char *key);

#endif
