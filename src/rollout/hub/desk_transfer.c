/* The bundles on their way to nodes: at most transfers_max at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/relay.h"
#include "config/config.h"
#include "rollout/hub/internal.h"

struct reading_part {
	uv_work_t work;
	struct rollout_desk *desk;
	rollout_read_cb *on_read;
	void *arg;
	char node[READING_NAME_MAX + 1], digest[BUNDLE_DIGEST_SIZE];
	uint64_t offset;
	char *data; /* owned */
	size_t count;
	int ret;
	struct error err;
};

/* The roll-out by which the node is to install this bundle now. */
static struct rollout *find(struct rollout_desk *desk, const char *node, const char *digest)
{
	for (size_t i = 0; i < desk->count; i++)
		if (!strcmp(desk->items[i].rollout->digest, digest) &&
		    rollout_desk_task(desk, i, node) == ROLLOUT_INSTALL)
			return desk->items[i].rollout;
	return NULL;
}

static bool is_free(const struct rollout_desk *desk, const struct rollout_transfer *transfer)
{
	return !*transfer->node ||
	       uv_now(desk->config.loop) - transfer->seen_ms >= ROLLOUT_TRANSFER_IDLE_MS;
}

/* The node's own place, or else a free one; NULL: all are taken. */
static struct rollout_transfer *find_place(struct rollout_desk *desk, const char *node)
{
	size_t most = desk->config.config->updates.transfers_max;
	struct rollout_transfer *free_place = NULL;

	for (size_t i = 0; i < ROLLOUT_TRANSFERS_LIMIT && i < most; i++) {
		struct rollout_transfer *transfer = &desk->transfers[i];

		if (!strcmp(transfer->node, node))
			return transfer;
		if (!free_place && is_free(desk, transfer))
			free_place = transfer;
	}
	return free_place;
}

static void end_transfer(struct rollout_desk *desk, const char *node)
{
	for (size_t i = 0; i < ROLLOUT_TRANSFERS_LIMIT; i++)
		if (!strcmp(desk->transfers[i].node, node))
			desk->transfers[i].node[0] = '\0';
}

static void run(uv_work_t *work)
{
	struct reading_part *part = work->data;

	part->ret = bundle_relay_read(part->desk->config.data_folder, part->digest, part->offset,
				      part->data, ROLLOUT_CHUNK_MAX, &part->count, &part->err);
}

static void count_bytes(struct reading_part *part)
{
	struct rollout *rollout = find(part->desk, part->node, part->digest);
	struct rollout_node *node = rollout ? rollout_find_node(rollout, part->node) : NULL;

	if (node)
		node->bytes += part->count;
	part->desk->counts.bytes += part->count;
	if (!rollout || part->offset + part->count >= rollout->size)
		end_transfer(part->desk, part->node);
}

static void on_run(uv_work_t *work, int status)
{
	struct reading_part *part = work->data;

	(void)status; /* this job is never cancelled */
	if (part->ret)
		end_transfer(part->desk, part->node);
	else
		count_bytes(part);
	part->on_read(part->arg, part->ret, &part->err, part->data, part->count);
	free(part->data);
	free(part);
}

static int begin(struct rollout_desk *desk, const struct reading_part *what, struct error *err)
{
	struct reading_part *part = malloc(sizeof(*part));

	if (part) {
		*part = *what;
		part->work.data = part;
		part->data = malloc(ROLLOUT_CHUNK_MAX);
	}
	if (part && part->data && !uv_queue_work(desk->config.loop, &part->work, run, on_run))
		return 0;
	if (part)
		free(part->data);
	free(part);
	return error_set(err, ERROR_NO_MEMORY,
			 "out of memory while reading a bundle for a node; this machine needs more "
			 "free memory");
}

int rollout_desk_read(struct rollout_desk *desk, const char *node, const char *digest,
		      uint64_t offset, rollout_read_cb *on_read, void *arg, struct error *err)
{
	struct reading_part part = {.desk = desk, .on_read = on_read, .arg = arg, .offset = offset};
	struct rollout_transfer *place;

	if (!find(desk, node, digest))
		return error_set(err, ERROR_NOT_GRANTED,
				 "the roll-out does not assign this bundle to the node %s now; the "
				 "node has to ask again which version it shall run",
				 node);
	place = find_place(desk, node);
	if (!place) {
		desk->counts.transfers_delayed++;
		return error_set(
			err, ERROR_BUSY,
			"as many nodes fetch bundles as transfers_max allows (%u): ask again "
			"later",
			desk->config.config->updates.transfers_max);
	}
	snprintf(place->node, sizeof(place->node), "%s", node);
	place->seen_ms = uv_now(desk->config.loop);
	snprintf(part.node, sizeof(part.node), "%s", node);
	snprintf(part.digest, sizeof(part.digest), "%s", digest);
	return begin(desk, &part, err);
}
