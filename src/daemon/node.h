/*
 * A running node: creates and starts its parts, and closes them in the opposite order. Each
 * part_*.c connects one part to those before it.
 *
 * A reading's way: device (hardware/) -> capability/ -> plugin (guest process) -> plugin/ ->
 * part_plugins.c -> reading/ -> terminal/, http/, store/ and link/.
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
	const char *runtime_artifact; /* the compiled Python runtime; NULL: no .py plugins */
	bool has_usual_data;	      /* commands find the data folder without --data */
};

/*
 * Open the devices, listen for HTTP, then find and start the plugins. A missing device is only
 * logged. On failure everything is closed again before the function returns. Loop thread, as all
 * functions here.
 */
int node_create(uv_loop_t *loop, const struct node_options *options, struct node **ret_node,
		struct error *err);

/* The address and port that the node listens on: "127.0.0.1:3000". Borrowed. */
const char *node_address(const struct node *node);
const char *node_scheme(const struct node *node); /* "http" or "https" */

/* Write a line on how the node is: see plugin_summary_write(). */
void node_status(const struct node *node, char *ret_text, size_t size);

/*
 * Apply the changed configuration: config_adopt() has written new values into the configuration
 * that the node was created with. `has_new_page`: [dashboard] names another plugin than before.
 */
void node_reload(struct node *node, bool has_new_page);

/* Begin to close all parts. The caller runs the loop until it is empty, then destroys the node. */
void node_close(struct node *node);
void node_destroy(struct node *node); /* free what is left after node_close() */

#endif
