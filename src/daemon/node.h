/*
 * A running node: everything wired together. The one place that sees all parts.
 *
 * A reading's way: device (bus/) -> driver/ -> capability/ -> plugin (guest) -> plugin/ -> here ->
 * reading/ -> output/.
 */
#ifndef HARVESTER_DAEMON_NODE_H
#define HARVESTER_DAEMON_NODE_H

#include <stdbool.h>
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
	bool has_usual_data;	      /* commands find the data folder without being told */
};

/* Open devices, listen, find and start plugins. Logs what is missing. Loop thread, as all here. */
int node_create(uv_loop_t *loop, const struct node_options *options, struct node **ret_node,
		struct error *err);

/* "127.0.0.1:3000" */
const char *node_address(const struct node *node);
const char *node_scheme(const struct node *node); /* "http" or "https" */

/*
 * The configuration that the node was created with has other values in what config_adopt() takes
 * over; `has_new_page`: another plugin makes the page.
 */
void node_reload(struct node *node, bool has_new_page);

/* End everything; when the loop has nothing left to do, node_destroy() frees the rest. */
void node_close(struct node *node);
void node_destroy(struct node *node);

#endif
