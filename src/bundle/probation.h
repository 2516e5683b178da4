/*
 * Watches new versions of plugins in a running node. After a switch, a version is on probation
 * until [updates] probation_polls polls have succeeded: if it dies or cannot be started, if
 * probation_failures polls fail (one may be a disturbed bus), or if it returns no readings where
 * the version before returned some, the store goes back to the last good version and quarantines
 * the new one. The record on the disk says that a version is on probation, so the probation goes
 * on after a power cut.
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
	/* What bundle_probation_find() says of the plugin may have changed. NULL: nobody asks. */
	void (*on_changed)(void *arg, const char *name);
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
/* A poll has failed. */
void bundle_probation_note_failure(struct bundle_probation *probation, const char *name,
				   const char *text);
/* The plugin has died or could not be started. Of a death that failed a poll, both are told. */
void bundle_probation_note_death(struct bundle_probation *probation, const char *name,
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

/* Install a bundle in an open file, which this function takes over, also after an error. It has to
 * be of the plugin `name`. Otherwise as bundle_probation_install(). */
int bundle_probation_install_file(struct bundle_probation *probation, int fd, const char *name,
				  const char *signature, bundle_installed_cb *on_installed,
				  void *arg, struct error *err);

/* What became of one version of a plugin. */
enum bundle_progress {
	BUNDLE_ABSENT,	  /* it is not here, or is no longer used */
	BUNDLE_WAITING,	  /* for the owner's approval */
	BUNDLE_CANDIDATE, /* it is installed, and does not run yet */
	BUNDLE_ON_PROBATION,
	BUNDLE_GOOD,
	BUNDLE_ROLLED_BACK,
	BUNDLE_FAILED, /* it has failed its probation, and there was no version to go back to */
};

/* *ret_reason, borrowed until the next turn of the loop: why it failed, or ""; also if it waits. */
enum bundle_progress bundle_probation_find(const struct bundle_probation *probation,
					   const char *name, const char *digest,
					   const char **ret_reason);

/*
 * Take the version back with bundle_store_undo(), on the store's thread. If this returns 0,
 * on_undone(arg, …) is called once, on a later turn of the loop: with code 0 and the version that
 * the node went back to ("" if there was nothing to undo), or with an error. ERROR_BUSY,
 * ERROR_CLOSED, ERROR_NO_MEMORY.
 */
typedef void bundle_undone_cb(void *arg, int code, const struct error *err, const char *version);
int bundle_probation_undo(struct bundle_probation *probation, const char *name, const char *digest,
			  bundle_undone_cb *on_undone, void *arg, struct error *err);

/* [{"name", "version", "digest", "on_probation"}, …] of all plugins that bundles have brought, the
 * first `most`. The caller owns it; NULL if memory ran out. */
json_t *bundle_probation_list(const struct bundle_probation *probation, size_t most);

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
