/*
 * A node's side of roll-outs: asks the hub which versions of plugins to run, fetches their bundles,
 * installs them as any other bundle, and reports what became of them. rollout/hub/desk.h is the
 * hub's side.
 *
 * The hub is not trusted. A bundle needs the signature of a key that this node trusts, and the
 * counter of the bundle may not go back; a request that is wider than what the owner has approved
 * waits for the owner. What is left for a hub that an attacker controls is to withhold new
 * versions, and to play an old desired state again. Against the second, the node keeps the greatest
 * number of a desired state that it has seen, of all and of each plugin, on the disk before it acts
 * (DATA/updates/desired.json), and refuses smaller ones. The hub can undo only what it has rolled
 * out itself.
 *
 * One bundle is fetched at a time, in parts, to DATA/updates/DIGEST.part, so that a broken transfer
 * goes on where it stopped, also after a restart.
 *
 * Loop thread; the disk is used on the thread pool.
 */
#ifndef HARVESTER_ROLLOUT_NODE_UPDATER_H
#define HARVESTER_ROLLOUT_NODE_UPDATER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/log.h"
#include "link/http_client.h"

struct bundle_probation;
struct clock;
struct config;
struct error;
struct rollout_updater;

#define ROLLOUT_PLUGINS_MAX 64		    /* whose desired state a node remembers */
#define ROLLOUT_FUTURE_MS (86400ull * 1000) /* a number so far ahead of the clock is refused */

/* One request to the hub. Strings are copied; the body is borrowed until the request ends. */
struct rollout_request {
	const char *method, *path;
	const void *body; /* NULL: none */
	size_t body_size;
};

struct rollout_updater_config {
	uv_loop_t *loop; /* all borrowed until rollout_updater_destroy() */
	struct clock *clock;
	const struct config *config; /* [updates] from_hub */
	const char *data_folder, *node;
	const char *sender; /* who sends the desired states, for messages: "hub" or "cluster" */
	/* Identifies this node's membership at the hub. Another one begins without numbers. */
	const char *hub;
	struct bundle_probation *probation;
	/* Start a request to the hub. An error: on_done() is not called. */
	int (*request)(void *arg, const struct rollout_request *request, http_done *on_done,
		       void *done_arg, struct http_exchange **ret_exchange);
	/* End such a request; on_done() is not called. NULL: http_exchange_cancel(). */
	void (*cancel)(void *arg, struct http_exchange *exchange);
	void (*on_noted)(void *arg, enum log_level level, const char *text);
	void *arg;
};

/*
 * Reads the file; blocks on the disk. The caller ends *ret_updater with rollout_updater_close() and
 * then rollout_updater_destroy(). Errors of trusted_folder_open(); ERROR_NO_MEMORY.
 */
int rollout_updater_create(const struct rollout_updater_config *config,
			   struct rollout_updater **ret_updater, struct error *err);

/* Cancel the running request and write what waits. NULL is allowed. */
void rollout_updater_close(struct rollout_updater *updater);
/* After the loop has run until it was empty. NULL is allowed. */
void rollout_updater_destroy(struct rollout_updater *updater);

/* The hub has answered a hello. `is_first`: the link was offline before. `has_news`: the hub has
 * something for this node to do. */
void rollout_updater_greet(struct rollout_updater *updater, bool is_first, bool has_news);

/* Ask the hub now. NULL is allowed. */
void rollout_updater_ask(struct rollout_updater *updater);

/* What bundle_probation_find() says of this plugin may have changed. NULL is allowed. */
void rollout_updater_note_change(struct rollout_updater *updater, const char *plugin);

/* How many desired states were refused since the start. */
uint64_t rollout_updater_refused(const struct rollout_updater *updater);

#endif
