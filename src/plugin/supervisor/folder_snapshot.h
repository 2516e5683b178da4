/*
 * A snapshot of the plugins folder: the plugins that are there, what each plugin requests in its
 * permission file, and what the owner has decided on it. The supervisor takes a snapshot when the
 * folder may have changed, and gives each item to the plugin's slot (plugin/supervisor/slot.h).
 *
 * Most plugins do not change from one snapshot to the next. So that their files need not be parsed
 * again, each plugin has a mark. A mark is a fingerprint of the names, sizes and times of the
 * plugin's files, and of the two files that hold the owner's decisions. The caller passes the marks
 * of the last snapshot as `known`. A plugin whose mark is among these has not changed.
 *
 * folder_snapshot_run() reads files, so it may run on any thread. The other functions belong to the
 * thread that owns the struct. While folder_snapshot_run() runs, no other thread may touch the
 * struct.
 */
#ifndef HARVESTER_PLUGIN_SUPERVISOR_FOLDER_SNAPSHOT_H
#define HARVESTER_PLUGIN_SUPERVISOR_FOLDER_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "config/permission.h"
#include "plugin/discovery/source.h"
#include "plugin/discovery/tree_watch.h"
#include "plugin/policy/approvals.h"

struct disabled_plugins;

/*
 * What a plugin requests, and what the owner has decided on it. When the owner approves a request,
 * the page sends the digest of the request that the owner has seen. If `digest` is another one, the
 * files have changed since then, and slot_approve() refuses.
 */
struct plugin_rules {
	struct permission request;
	char digest[APPROVAL_DIGEST_SIZE]; /* of the request */
	/* Owned. Errors of the permission file, a line each, with file:line:column; the request is
	 * empty then. NULL: none. */
	char *request_problems;
	/* The request that the owner has approved. Valid only if not_approved.code is 0. */
	struct permission approved;
	/* An error of approvals_read(), which says why there is no approval; code 0: there is one.
	 */
	struct error not_approved;
	bool is_off; /* the owner has disabled the plugin */
};

/*
 * The mark of a plugin. `files` is the fingerprint of the plugin's own files, its permission file
 * included. `decisions` is the fingerprint of the two files with the owner's decisions.
 */
struct folder_snapshot_mark {
	char name[PLUGIN_NAME_SIZE];
	struct plugin_fingerprint files, decisions;
};

struct folder_snapshot_item {
	struct folder_snapshot_mark mark;
	struct plugin_source source; /* owned; filled in any case */
	/* Owned. NULL: the mark is among the `known` ones, so nothing has changed. */
	struct plugin_rules *rules;
};

struct folder_snapshot {
	/* Input: the caller sets the whole struct to 0, then fills these. All but `known` is
	 * borrowed. */
	const char *plugins_folder;
	const struct approvals *approvals;
	const struct disabled_plugins *disabled;
	/* The marks of the last snapshot, sorted by name. An array from malloc(), which
	 * folder_snapshot_finish() frees; NULL if known_count is 0. */
	struct folder_snapshot_mark *known;
	size_t known_count;
	/*
	 * Output of folder_snapshot_run(): the plugins, sorted by name. A plugin whose files cannot
	 * be read is left out, and the supervisor treats it as removed: it could not run anyway.
	 */
	int ret; /* result of plugin_scan(); after an error there are no items, and all slots stay
		    as they are */
	struct error err;
	struct folder_snapshot_item *items; /* owned */
	size_t count;
	/* Only `skipped` is filled: files and folders that look like a plugin but cannot run. */
	struct plugin_scan scan;
	/* The folders with the plugins' files, for tree_watch_apply(). */
	struct tree_watch_list folders;
};

/* Take the snapshot: read the folder and fill the output. Blocks on the disk. */
void folder_snapshot_run(struct folder_snapshot *snapshot);

/* Free everything that the snapshot owns, but not the struct itself. */
void folder_snapshot_finish(struct folder_snapshot *snapshot);

/* Free the rules. `rules` may be NULL. */
void plugin_rules_destroy(struct plugin_rules *rules);

#endif
