/*
 * A running node: everything wired together. The one place that sees all parts.
 *
 * A reading's way: device (bus/) -> driver/ -> capability/ -> plugin (guest) -> plugin/ -> here ->
 * reading/ -> output/.
 */
#ifndef HARVESTER_DAEMON_NODE_H
#define HARVESTER_DAEMON_NODE_H

#include <uv.h>

struct config;
struct error;
struct node;

struct node_options {
	const struct config *config; /* all borrowed until the node is closed */
	const char *plugins_folder;
	const char *data_folder;
	const char *listen; /* "ADDR:PORT" */
	const char *guest_program;
	const char *runtime_artifact; /* NULL: no .py plugins */
};

/* Open devices, listen, find and start plugins. Logs what is missing. Loop thread, as all here. */
int node_create(uv_loop_t *loop, const struct node_options *options, struct node **ret_node,
		struct error *err);

/* "127.0.0.1:3000" */
const char *node_address(const struct node *node);
const char *node_scheme(const struct node *node); /* "http" or "https" */

/* End everything; when the loop has nothing left to do, node_destroy() frees the rest. */
void node_close(struct node *node);
void node_destroy(struct node *node);

#endif
