/*
 * A snapshot of the plugins folder: the plugins in it, what each requests, and what the owner has
 * decided on each. snapshot_run() reads files, so the caller runs it on the thread pool; until it
 * returns only that thread may touch the struct.
 */
#ifndef HARVESTER_PLUGIN_DISCOVERY_SNAPSHOT_H
#define HARVESTER_PLUGIN_DISCOVERY_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "config/permission.h"
#include "plugin/discovery/source.h"
#include "plugin/discovery/tree_watch.h"
#include "plugin/policy/approvals.h"

struct disabled_plugins;

/* What a plugin requests, and what the owner has decided on it. */
struct plugin_rules {
	struct permission request;
	char digest[APPROVAL_DIGEST_SIZE]; /* of the request; an approval names it */
	char *request_problems; /* owned; lines with file:line:column, or NULL if there are none */
	struct permission approved; /* what the owner approved; valid if not_approved.code is 0 */
	struct error not_approved;  /* why there is no approval: error of approvals_read() */
	bool is_off;		    /* disabled by `plugin disable` or the API */
};

/*
 * A mark differs from an earlier mark of the same plugin if the plugin's files, or anything in its
 * plugin_rules, has changed.
 */
struct snapshot_mark {
	char name[PLUGIN_NAME_SIZE];
	struct plugin_fingerprint files, rules;
};

struct snapshot_item {
	struct snapshot_mark mark;
	struct plugin_source source; /* owned */
	struct plugin_rules *rules;  /* owned; NULL: unchanged, see snapshot.known */
};

struct snapshot {
	/* Input, from the caller; borrowed except `known`. */
	const char *plugins_folder;
	const struct approvals *approvals;
	const struct disabled_plugins *disabled;
	/* The marks of the last snapshot; owned; sorted by name. Rules are read again only for a
	 * plugin whose mark is not among them. */
	struct snapshot_mark *known;
	size_t known_count;
	/* Output of snapshot_run(): the plugins, sorted by name, without unreadable ones. */
	int ret; /* result of plugin_scan() */
	struct error err;
	struct snapshot_item *items; /* owned */
	size_t count;
	struct plugin_scan scan; /* only `skipped` is valid: the sources were moved into `items` */
	struct tree_watch_list folders; /* for tree_watch_apply() */
};

/* Take the snapshot: fill the output part. Blocks on the disk; any thread. */
void snapshot_run(struct snapshot *snapshot);

/* Free what the snapshot owns. */
void snapshot_finish(struct snapshot *snapshot);

void plugin_rules_destroy(struct plugin_rules *rules); /* NULL is allowed */

#endif
