/*
 * One look at the plugins folder and at what the owner said of each plugin. It blocks on the disk,
 * so it is made on the pool; the struct belongs to that thread meanwhile.
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

/* What a plugin's files ask for, and what its owner said to it. */
struct plugin_rules {
	struct permission request;
	char digest[APPROVAL_DIGEST_SIZE]; /* of the request: what an approval of it names */
	char *request_problems; /* owned; lines with file:line:column. NULL: the request is good */
	struct permission approved; /* what was, where not_approved.code is 0 */
	struct error not_approved;
	bool is_off; /* switched off by `plugin disable` or the API */
};

/* What tells one state of a plugin from another: its files, and what its owner said. */
struct snapshot_mark {
	char name[PLUGIN_NAME_SIZE];
	struct plugin_fingerprint files, rules;
};

struct snapshot_item {
	struct snapshot_mark mark;
	struct plugin_source source; /* owned */
	struct plugin_rules *rules;  /* owned; NULL: the mark is the known one */
};

struct snapshot {
	/* Before: borrowed, but for the marks. */
	const char *plugins_folder;
	const struct approvals *approvals;
	const struct disabled_plugins *disabled;
	struct snapshot_mark *known; /* owned; sorted by name */
	size_t known_count;
	/* After: what was found, by name, without plugins that cannot be read. */
	int ret; /* of plugin_scan() */
	struct error err;
	struct snapshot_item *items; /* owned */
	size_t count;
	struct plugin_scan scan; /* its `skipped` counts; its sources are moved into the items */
	struct tree_watch_list folders; /* for tree_watch_apply() */
};

/* Any thread. */
void snapshot_run(struct snapshot *snapshot);
void snapshot_finish(struct snapshot *snapshot);

void plugin_rules_destroy(struct plugin_rules *rules); /* NULL is allowed */

#endif
