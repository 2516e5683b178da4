/* A bundle on its way into the cluster: piece by piece, each a key "DIGEST.N". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/relay.h"
#include "cluster/names.h"
#include "rollout/cluster/internal.h"
#include "rollout/rollout.h"

struct sharing {
	uv_work_t work;
	struct cluster_rollouts *rollouts;
	rollout_shared_cb *on_shared;
	void *arg;
	char digest[BUNDLE_DIGEST_SIZE];
	uint64_t size, offset;
	char piece[ROLLOUT_CHUNK_MAX];
	size_t count;
	int ret;
	struct error err;
};

static void read_piece(struct sharing *sharing);

static void end(struct sharing *sharing)
{
	sharing->on_shared(sharing->arg, sharing->ret, &sharing->err);
	free(sharing);
}

static void fail(struct sharing *sharing, int code, const char *why)
{
	sharing->ret =
		error_set(&sharing->err, code, "cannot pass the bundle on to the cluster: %s", why);
	end(sharing);
}

static void on_plan(void *arg, int status, const struct member_value *value,
		    const struct error *err)
{
	struct sharing *sharing = arg;

	(void)status, (void)err;
	if (value->key)
		cluster_rollouts_take_plan(sharing->rollouts, value);
	else
		end(sharing);
}

/* The roll-out is added to the plan as it is now, not as it was when this node last read it. */
static void read_plan(struct sharing *sharing)
{
	if (sharing->rollouts->is_closed ||
	    member_read_key(sharing->rollouts->config.member, MEMBER_ROLLOUTS, CLUSTER_PLAN_KEY,
			    on_plan, sharing))
		end(sharing);
}

static void on_written(void *arg, int status, uint64_t revision, const struct error *err)
{
	struct sharing *sharing = arg;

	(void)revision;
	sharing->offset += sharing->count;
	if (status)
		fail(sharing, status, err->text);
	else if (sharing->offset >= sharing->size)
		read_plan(sharing);
	else
		read_piece(sharing);
}

static void write_piece(struct sharing *sharing)
{
	char key[BUNDLE_DIGEST_SIZE + 24];
	int ret;

	snprintf(key, sizeof(key), "%s.%llu", sharing->digest,
		 (unsigned long long)(sharing->offset / ROLLOUT_CHUNK_MAX));
	ret = member_write_key(sharing->rollouts->config.member, MEMBER_BUNDLES, key,
			       sharing->piece, sharing->count, MEMBER_ANY_REVISION, on_written,
			       sharing);
	if (ret)
		fail(sharing, ret, "it cannot be reached now: try again when it is ready");
}

static void run(uv_work_t *work)
{
	struct sharing *sharing = work->data;

	sharing->ret = bundle_relay_read(sharing->rollouts->config.data_folder, sharing->digest,
					 sharing->offset, sharing->piece, ROLLOUT_CHUNK_MAX,
					 &sharing->count, &sharing->err);
}

static void on_run(uv_work_t *work, int status)
{
	struct sharing *sharing = work->data;

	(void)status; /* this job is never cancelled */
	if (sharing->ret)
		end(sharing);
	else if (sharing->rollouts->is_closed || !sharing->count)
		fail(sharing, ERROR_CLOSED,
		     "the node is stopping, or its copy is incomplete: try again");
	else
		write_piece(sharing);
}

static void read_piece(struct sharing *sharing)
{
	sharing->work.data = sharing;
	uv_queue_work(sharing->rollouts->config.loop, &sharing->work, run, on_run);
}

void cluster_bundle_share(void *arg, const char *digest, uint64_t size,
			  rollout_shared_cb *on_shared, void *shared_arg)
{
	struct sharing *sharing = size <= CLUSTER_BUNDLE_MAX ? calloc(1, sizeof(*sharing)) : NULL;
	struct error err;

	if (!sharing) {
		error_set(&err, size > CLUSTER_BUNDLE_MAX ? ERROR_TOO_LARGE : ERROR_NO_MEMORY,
			  "a cluster passes on bundles of at most %u bytes, and this one has %llu: "
			  "install it on each node with `harvester plugin install`",
			  CLUSTER_BUNDLE_MAX, (unsigned long long)size);
		on_shared(shared_arg, err.code, &err);
		return;
	}
	sharing->rollouts = arg;
	sharing->on_shared = on_shared;
	sharing->arg = shared_arg;
	sharing->size = size;
	snprintf(sharing->digest, sizeof(sharing->digest), "%s", digest);
	read_piece(sharing);
}
