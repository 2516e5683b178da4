/* Starts a roll-out: the bundle is checked and stored on the thread pool. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/durable_file.h"
#include "bundle/relay.h"
#include "config/config.h"
#include "config/update_keys.h"
#include "rollout/hub/internal.h"

struct starting {
	uv_work_t work;
	struct rollout_desk *desk;
	rollout_done_cb *on_done;
	void *arg;
	struct config config; /* owned: a copy of what decides */
	int fd;		      /* the bundle, in memory; -1: `digest` names it */
	char *signature;      /* owned; NULL: none */
	char digest[BUNDLE_DIGEST_SIZE];
	char unused[ROLLOUTS_MAX + 1][BUNDLE_DIGEST_SIZE]; /* of bundles to remove; "" at the end */
	const char *nodes[ROLLOUT_NODES_MAX];
	size_t nodes_count;
	char *names; /* owned: the texts of `nodes` */
	char groups[ROLLOUT_GROUPS_TEXT_MAX + 1];
	unsigned success_percent, pause_on;
	int ret; /* the results */
	struct error err;
	struct bundle_relayed relayed;
};

static void destroy(struct starting *starting)
{
	if (starting->fd >= 0)
		close(starting->fd);
	config_update_finish(&starting->config);
	free(starting->relayed.signature);
	free(starting->signature);
	free(starting->names);
	free(starting);
}

/* The nodes */

/* The hub's nodes that are not named yet, as the keys of an object; null where one is named. */
static json_t *list_unnamed(const json_t *known)
{
	json_t *unnamed = json_object();
	const json_t *node;
	size_t i;

	json_array_foreach(known, i, node) json_object_set_new(
		unnamed, json_string_value(json_object_get(node, "node")), json_true());
	return unnamed;
}

static int add_node(struct starting *starting, json_t *unnamed, const char *name, struct error *err)
{
	const json_t *known = json_object_get(unnamed, name);

	if (!known)
		return error_set(err, ERROR_NOT_FOUND,
				 "no node %.64s is known here: GET /api/v1/nodes lists the nodes",
				 name);
	if (json_is_null(known))
		return error_set(err, ERROR_INVALID, "nodes: %.64s is named twice: name it once",
				 name);
	if (starting->nodes_count == ROLLOUT_NODES_MAX)
		return error_set(err, ERROR_TOO_LARGE, "nodes: at most %d are possible: name fewer",
				 ROLLOUT_NODES_MAX);
	starting->nodes[starting->nodes_count++] = name;
	json_object_set_new(unnamed, name, json_null());
	return 0;
}

/* All nodes that the hub knows, as one text. */
static char *list_known(const json_t *known)
{
	struct buffer text;
	const json_t *node;
	size_t i;

	buffer_init(&text, (READING_NAME_MAX + 1) * ROLLOUT_NODES_MAX * 2);
	json_array_foreach(known, i, node)
	{
		buffer_append_text(&text, json_string_value(json_object_get(node, "node")));
		buffer_append_text(&text, ",");
	}
	if (text.failed) {
		buffer_finish(&text);
		return NULL;
	}
	return text.data ? text.data : strdup("");
}

static int take_nodes(struct starting *starting, const struct rollout_start *start,
		      struct error *err)
{
	json_t *unnamed;
	char *rest, *name;
	int ret = 0;

	starting->names = start->nodes ? strdup(start->nodes) : list_known(start->known);
	rest = starting->names;
	if (!rest)
		return error_set(err, ERROR_NO_MEMORY, "cannot start the roll-out: %s",
				 error_text(ERROR_NO_MEMORY));
	unnamed = list_unnamed(start->known);
	while (!ret && (name = strsep(&rest, ", ")))
		ret = *name ? add_node(starting, unnamed, name, err) : 0;
	json_decref(unnamed);
	if (!ret && !starting->nodes_count)
		ret = error_set(err, ERROR_INVALID,
				"a roll-out needs at least one node: invite one with `harvester "
				"node invite`, or name nodes that have connected");
	return ret;
}

/* The bundle */

static void run(uv_work_t *work)
{
	struct starting *starting = work->data;
	const char *folder = starting->desk->config.data_folder;

	starting->ret =
		starting->fd >= 0
			? bundle_relay_take(folder, &starting->config, starting->fd,
					    starting->signature, &starting->relayed, &starting->err)
			: bundle_relay_find(folder, &starting->config, starting->digest,
					    &starting->relayed, &starting->err);
	for (size_t i = 0; *starting->unused[i]; i++)
		if (strcmp(starting->unused[i], starting->relayed.digest) != 0)
			bundle_relay_drop(folder, starting->unused[i]);
}

/* What is still on its way of the same plugin ends: the new version is the one to run. */
static void replace_others(struct rollout_desk *desk, const char *plugin, uint64_t now_ms)
{
	for (size_t i = 0; i < desk->count; i++) {
		struct rollout *other = desk->items[i].rollout;

		if (strcmp(other->plugin, plugin) != 0 || !rollout_is_active(other))
			continue;
		rollout_replace(other, now_ms);
		rollout_desk_note(desk, LOG_INFO, other, "replaced by a newer one");
	}
}

static int make(struct starting *starting, struct rollout **ret_rollout, struct error *err)
{
	struct rollout_desk *desk = starting->desk;
	const struct rollout_order order = {
		.plugin = starting->relayed.name,
		.version = starting->relayed.version,
		.digest = starting->relayed.digest,
		.signature = starting->relayed.signature,
		.size = starting->relayed.size,
		.number = rollout_desk_next_number(desk),
		.now_ms = clock_unix_ms(desk->config.clock),
		.nodes = starting->nodes,
		.nodes_count = starting->nodes_count,
		.groups = starting->groups,
		.success_percent = starting->success_percent,
		.pause_on = starting->pause_on,
	};

	if (!rollout_desk_has_room(desk, starting->nodes_count))
		return error_set(err, ERROR_BUSY,
				 "another roll-out was started in this moment: try again");
	return rollout_create(&order, ret_rollout, err);
}

static int add(struct starting *starting, struct error *err)
{
	struct rollout_desk *desk = starting->desk;
	uint64_t last = desk->last;
	struct rollout *rollout;
	char text[64];
	int ret = make(starting, &rollout, err);

	if (ret) {
		desk->last = last;
		return ret;
	}
	replace_others(desk, rollout->plugin, rollout->started_ms);
	desk->items[desk->count++] = (struct rollout_item){rollout, true, true};
	ret = rollout_desk_save_for(desk, starting->on_done, starting->arg,
				    rollout_to_json(rollout, false));
	if (ret) {
		desk->count--;
		rollout_destroy(rollout);
		return error_set(err, ret, "cannot start the roll-out: %s", error_text(ret));
	}
	snprintf(text, sizeof(text), "started for %zu nodes", rollout->nodes_count);
	rollout_desk_note(desk, LOG_INFO, rollout, text);
	return 0;
}

static void finish(struct starting *starting)
{
	if (!starting->ret && !starting->desk->is_open)
		starting->ret = error_set(&starting->err, ERROR_CLOSED,
					  "the node is stopping: try again when it has started");
	if (!starting->ret)
		starting->ret = add(starting, &starting->err);
	if (starting->ret)
		starting->on_done(starting->arg, starting->ret, &starting->err, NULL);
	destroy(starting);
}

static void on_shared(void *arg, int code, const struct error *err)
{
	struct starting *starting = arg;

	starting->ret = code;
	if (code)
		starting->err = *err;
	finish(starting);
}

static void on_run(uv_work_t *work, int status)
{
	struct starting *starting = work->data;

	(void)status; /* this job is never cancelled */
	if (!starting->ret && starting->desk->is_open && starting->desk->config.share)
		starting->desk->config.share(starting->desk->config.arg, starting->relayed.digest,
					     starting->relayed.size, on_shared, starting);
	else
		finish(starting);
}

/* Start */

static int take_bundle(struct starting *starting, const struct rollout_start *start)
{
	starting->signature = start->signature ? strdup(start->signature) : NULL;
	if (start->signature && !starting->signature)
		return ERROR_NO_MEMORY;
	if (!start->bundle) {
		memcpy(starting->digest, start->digest, sizeof(starting->digest));
		return 0;
	}
	starting->fd = memfd_create("bundle", MFD_CLOEXEC);
	return starting->fd < 0 || durable_file_write(starting->fd, start->bundle, start->size) ||
			       lseek(starting->fd, 0, SEEK_SET)
		       ? ERROR_NO_MEMORY
		       : 0;
}

static int fill(struct starting *starting, const struct rollout_start *start, struct error *err)
{
	size_t sizes[ROLLOUT_GROUPS_MAX], count;
	const char *groups = start->groups ? start->groups : ROLLOUT_GROUPS_DEFAULT;
	int ret = take_nodes(starting, start, err);

	if (!ret)
		ret = rollout_groups_parse(groups, starting->nodes_count, sizes, &count, err);
	if (!ret)
		ret = rollout_desk_make_room(starting->desk, starting->nodes_count,
					     starting->unused, err);
	if (ret)
		return ret;
	snprintf(starting->groups, sizeof(starting->groups), "%s", groups);
	starting->success_percent = start->success_percent;
	starting->pause_on = start->pause_on;
	ret = config_update_copy(starting->desk->config.config, &starting->config);
	if (!ret)
		ret = take_bundle(starting, start);
	return ret ? error_set(err, ret, "cannot receive the bundle: %s", error_text(ret)) : 0;
}

int rollout_desk_start(struct rollout_desk *desk, const struct rollout_start *start,
		       rollout_done_cb *on_done, void *arg, struct error *err)
{
	struct starting *starting = calloc(1, sizeof(*starting));
	int ret;

	if (!starting)
		return error_set(err, ERROR_NO_MEMORY, "cannot start the roll-out: %s",
				 error_text(ERROR_NO_MEMORY));
	starting->work.data = starting;
	starting->desk = desk;
	starting->fd = -1;
	starting->on_done = on_done;
	starting->arg = arg;
	ret = fill(starting, start, err);
	if (!ret && uv_queue_work(desk->config.loop, &starting->work, run, on_run))
		ret = error_set(err, ERROR_NO_MEMORY, "cannot start the roll-out: %s",
				error_text(ERROR_NO_MEMORY));
	if (ret)
		destroy(starting);
	return ret;
}
