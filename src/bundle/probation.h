/*
 * Watches new versions of plugins in a running node. After a switch, a version is on probation for
 * [updates] probation_polls polls: if it dies, if a poll fails, if it cannot be started, or if it
 * returns no readings where the version before returned some, the store goes back to the last good
 * version and quarantines the new one. The record on the disk says that a version is on probation,
 * so the probation goes on after a power cut.
 *
 * Loop thread; the store is used on a thread of its own.
 */
#ifndef HARVESTER_BUNDLE_PROBATION_H
#define HARVESTER_BUNDLE_PROBATION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/log.h"

struct bundle_probation;
struct config;
struct error;

struct bundle_probation_config {
	uv_loop_t *loop; /* all borrowed until on_closed() */
	const struct config *config;
	const char *data_folder, *plugins_folder;
	/* A line for the log about the plugin `name`. */
	void (*on_noted)(void *arg, enum log_level level, const char *name, const char *text);
	void *arg;
};

/*
 * Open the store, finish what was interrupted in it, and begin to watch. Call it before the plugins
 * start. Blocks on the disk. The caller ends *ret_probation with bundle_probation_close(). Errors
 * of bundle_store_open() and bundle_store_settle().
 */
int bundle_probation_create(const struct bundle_probation_config *config,
			    struct bundle_probation **ret_probation, struct error *err);

/* Finish what is under way, then call on_closed(arg) on a later turn of the loop. NULL is allowed:
 * on_closed() is not called then. */
void bundle_probation_close(struct bundle_probation *probation, void (*on_closed)(void *arg),
			    void *arg);

/* A version of the plugin has started, or has taken over from the one before. */
void bundle_probation_note_start(struct bundle_probation *probation, const char *name);
/* A poll has returned so many readings. */
void bundle_probation_note_poll(struct bundle_probation *probation, const char *name,
				size_t readings);
/* A poll has failed, or the plugin has died or could not be started. */
void bundle_probation_note_failure(struct bundle_probation *probation, const char *name,
				   const char *text);
/* A new version did not take over, and the one before goes on. */
void bundle_probation_note_rejection(struct bundle_probation *probation, const char *name,
				     const char *text);

/* Whether `digest` names the request of a version of the plugin that waits for approval. */
bool bundle_probation_waits(const struct bundle_probation *probation, const char *name,
			    const char *digest);

/* The owner approves that request: store the approval and switch, on the store's thread.
 * ERROR_NOT_FOUND if no version waits, ERROR_BUSY, ERROR_NO_MEMORY. */
int bundle_probation_approve(struct bundle_probation *probation, const char *name,
			     struct error *err);

/*
 * The bundle was installed, with code 0 and `installed` as bundle_installed_to_json(), or it was
 * refused, with an error code and *err. Takes ownership of `installed`.
 */
typedef void bundle_installed_cb(void *arg, int code, const struct error *err, json_t *installed);

/*
 * Install a bundle that came over the network, on the store's thread. Copies the data. `signature`
 * is the text of its .minisig, or NULL. If this returns 0, on_installed(arg, …) is called once, on
 * a later turn of the loop, before the probation has closed. ERROR_BUSY, ERROR_CLOSED,
 * ERROR_NO_MEMORY.
 */
int bundle_probation_install(struct bundle_probation *probation, const void *data, size_t size,
			     const char *signature, bundle_installed_cb *on_installed, void *arg,
			     struct error *err);

/* Since the node has started. */
struct bundle_counts {
	uint64_t installed, refused; /* bundles that came over the network */
	uint64_t rolled_back;	     /* versions that failed their probation */
};

struct bundle_counts bundle_probation_count(const struct bundle_probation *probation);

/*
 * Add "bundle" to a plugin of GET /api/v1/plugins: null if no bundle has brought it, else
 * {"version", "digest", "on_probation", "polls_left", "waiting", "rolled_back", "changed_here"}.
 * "waiting" is null, or the version that waits for approval: {"version", "request_digest", "new":
 * texts of what it requests beyond the approval}. "rolled_back" is null, or the newer version that
 * failed its probation: {"version", "reason"}. "changed_here" is null, or the path of a file that
 * somebody has changed since the version was installed.
 */
void bundle_probation_add_to_json(const struct bundle_probation *probation, const char *name,
				  json_t *plugin);

#endif
