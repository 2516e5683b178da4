/*
 * A snapshot of the plugins folder: which plugins it has, what each plugin requests in its
 * permission file, and what the owner has decided on each (approved, disabled).
 *
 * The folder is scanned again and again, but most plugins have not changed. Each plugin therefore
 * has a mark, a fingerprint of the names, sizes and times of its files, and of the two files with
 * the owner's decisions on it (approved, disabled). The caller passes the marks of the last
 * snapshot. Files are parsed only for a plugin whose mark differs from those.
 *
 * snapshot_run() reads files, so the caller runs it on the thread pool. Until snapshot_run()
 * returns, only that thread may touch the struct.
 */
#ifndef HARVESTER_PLUGIN_SUPERVISOR_SNAPSHOT_H
#define HARVESTER_PLUGIN_SUPERVISOR_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "config/permission.h"
#include "plugin/discovery/source.h"
#include "plugin/discovery/tree_watch.h"
#include "plugin/policy/approvals.h"

struct disabled_plugins;

/*
 * What a plugin requests, and what the owner has decided on it. An approval names the request by
 * its digest.
 */
struct plugin_rules {
	struct permission request;
	char digest[APPROVAL_DIGEST_SIZE]; /* of the request */
	char *request_problems; /* owned; errors of the permission file, a line each, with
				   file:line:column; NULL: none */
	struct permission
		approved; /* what the owner has approved; valid if not_approved.code is 0 */
	struct error not_approved; /* why there is no approval: an error of approvals_read() */
	bool is_off;		   /* the owner has disabled the plugin */
};

/* The mark of a plugin, see above. `rules` is the fingerprint of the owner's files. */
struct snapshot_mark {
	char name[PLUGIN_NAME_SIZE];
	struct plugin_fingerprint files, rules;
};

struct snapshot_item {
	struct snapshot_mark mark;
	struct plugin_source source; /* owned */
	struct plugin_rules
		*rules; /* owned; NULL: the mark is in `known`, so nothing has changed */
};

struct snapshot {
	/* Input, from the caller. All but `known` is borrowed. */
	const char *plugins_folder;
	const struct approvals *approvals;
	const struct disabled_plugins *disabled;
	/* The marks of the last snapshot, sorted by name. Owned. */
	struct snapshot_mark *known;
	size_t known_count;
	/*
	 * Output of snapshot_run(): the plugins, sorted by name. A plugin whose files cannot be
	 * read is left out.
	 */
	int ret; /* result of plugin_scan() */
	struct error err;
	struct snapshot_item *items; /* owned */
	size_t count;
	struct plugin_scan scan; /* only its `skipped` is filled: files and folders that look like
				    a plugin but cannot run */
	struct tree_watch_list
		folders; /* the folders with the plugins' files, for tree_watch_apply() */
};

/* Take the snapshot: fill the output. Blocks on the disk. Any thread. */
void snapshot_run(struct snapshot *snapshot);

/* Free what the snapshot owns. */
void snapshot_finish(struct snapshot *snapshot);

void plugin_rules_destroy(struct plugin_rules *rules); /* NULL is allowed */

#endif
