#include "rollout/rollout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define BIT(state) (1u << (state))

/* Which states may follow which. */
static const unsigned moves[] = {
	[ROLLOUT_RUNNING] = BIT(ROLLOUT_PAUSED) | BIT(ROLLOUT_DONE) | BIT(ROLLOUT_ABORTED) |
			    BIT(ROLLOUT_UNDOING) | BIT(ROLLOUT_REPLACED),
	[ROLLOUT_PAUSED] = BIT(ROLLOUT_RUNNING) | BIT(ROLLOUT_ABORTED) | BIT(ROLLOUT_UNDOING) |
			   BIT(ROLLOUT_REPLACED),
	[ROLLOUT_DONE] = BIT(ROLLOUT_UNDOING),
	[ROLLOUT_ABORTED] = BIT(ROLLOUT_UNDOING),
	[ROLLOUT_UNDOING] = BIT(ROLLOUT_UNDONE) | BIT(ROLLOUT_REPLACED),
	[ROLLOUT_UNDONE] = 0,
	[ROLLOUT_REPLACED] = 0,
};

static const char *const state_names[] = {
	[ROLLOUT_RUNNING] = "running",	 [ROLLOUT_PAUSED] = "paused",	[ROLLOUT_DONE] = "done",
	[ROLLOUT_ABORTED] = "aborted",	 [ROLLOUT_UNDOING] = "undoing", [ROLLOUT_UNDONE] = "undone",
	[ROLLOUT_REPLACED] = "replaced",
};

static const char *const progress_names[] = {
	[ROLLOUT_PENDING] = "pending",
	[ROLLOUT_OFFERED] = "offered",
	[ROLLOUT_DOWNLOADED] = "downloaded",
	[ROLLOUT_CANDIDATE] = "candidate",
	[ROLLOUT_PROBATION] = "probation",
	[ROLLOUT_WAITING] = "waiting",
	[ROLLOUT_GOOD] = "good",
	[ROLLOUT_ROLLED_BACK] = "rolled back",
	[ROLLOUT_FAILED] = "failed",
	[ROLLOUT_REFUSED] = "refused",
	[ROLLOUT_NODE_UNDONE] = "undone",
};

#define PROGRESSES (sizeof(progress_names) / sizeof(*progress_names))

const char *rollout_state_name(enum rollout_state state)
{
	return state_names[state];
}

const char *rollout_progress_name(enum rollout_progress progress)
{
	return progress_names[progress];
}

bool rollout_progress_parse(const char *name, enum rollout_progress *ret_progress)
{
	for (size_t i = ROLLOUT_DOWNLOADED; i < PROGRESSES; i++) {
		if (strcmp(progress_names[i], name) != 0)
			continue;
		*ret_progress = (enum rollout_progress)i;
		return true;
	}
	return false;
}

/* Life */

static void assign_groups(struct rollout *rollout, const size_t sizes[ROLLOUT_GROUPS_MAX])
{
	size_t node = 0;

	for (size_t group = 0; group < rollout->groups_count; group++)
		for (size_t i = 0; i < sizes[group]; i++)
			rollout->nodes[node++].group = group;
}

static void fill(struct rollout *rollout, const struct rollout_order *order)
{
	rollout->number = order->number;
	snprintf(rollout->plugin, sizeof(rollout->plugin), "%s", order->plugin);
	snprintf(rollout->version, sizeof(rollout->version), "%s", order->version);
	snprintf(rollout->digest, sizeof(rollout->digest), "%s", order->digest);
	rollout->size = order->size;
	rollout->success_percent = order->success_percent;
	rollout->pause_on = order->pause_on;
	rollout->released = 1;
	rollout->started_ms = rollout->changed_ms = order->now_ms;
	rollout->nodes_count = order->nodes_count;
	for (size_t i = 0; i < order->nodes_count; i++) {
		snprintf(rollout->nodes[i].name, sizeof(rollout->nodes[i].name), "%s",
			 order->nodes[i]);
		rollout->nodes[i].changed_ms = order->now_ms;
	}
}

int rollout_create(const struct rollout_order *order, struct rollout **ret_rollout,
		   struct error *err)
{
	struct rollout *rollout = calloc(1, sizeof(*rollout));
	size_t sizes[ROLLOUT_GROUPS_MAX];
	int ret = 0;

	if (rollout) {
		rollout->nodes = calloc(order->nodes_count, sizeof(*rollout->nodes));
		rollout->signature = order->signature ? strdup(order->signature) : NULL;
	}
	if (!rollout || !rollout->nodes || (order->signature && !rollout->signature))
		ret = error_set(err, ERROR_NO_MEMORY, "cannot start the roll-out: %s",
				error_text(ERROR_NO_MEMORY));
	if (!ret)
		ret = rollout_groups_parse(order->groups, order->nodes_count, sizes,
					   &rollout->groups_count, err);
	if (ret) {
		rollout_destroy(rollout);
		return ret;
	}
	fill(rollout, order);
	assign_groups(rollout, sizes);
	*ret_rollout = rollout;
	return 0;
}

void rollout_destroy(struct rollout *rollout)
{
	if (!rollout)
		return;
	free(rollout->nodes);
	free(rollout->signature);
	free(rollout);
}

/* What follows from the state */

bool rollout_is_active(const struct rollout *rollout)
{
	return rollout->state == ROLLOUT_RUNNING || rollout->state == ROLLOUT_PAUSED ||
	       rollout->state == ROLLOUT_UNDOING;
}

uint64_t rollout_number(const struct rollout *rollout)
{
	return rollout->undo_number ? rollout->undo_number : rollout->number;
}

struct rollout_node *rollout_find_node(struct rollout *rollout, const char *name)
{
	for (size_t i = 0; i < rollout->nodes_count; i++)
		if (!strcmp(rollout->nodes[i].name, name))
			return &rollout->nodes[i];
	return NULL;
}

static bool has_failed(enum rollout_progress progress)
{
	return progress == ROLLOUT_ROLLED_BACK || progress == ROLLOUT_FAILED ||
	       progress == ROLLOUT_REFUSED;
}

/* Nothing more is expected of the node. */
static bool has_finished(enum rollout_progress progress)
{
	return has_failed(progress) || progress == ROLLOUT_GOOD || progress == ROLLOUT_NODE_UNDONE;
}

/* The node may have the version, so that there is something to undo. */
static bool may_have(enum rollout_progress progress)
{
	return (progress >= ROLLOUT_OFFERED && progress <= ROLLOUT_GOOD) ||
	       progress == ROLLOUT_FAILED;
}

enum rollout_task rollout_task(const struct rollout *rollout, const struct rollout_node *node)
{
	switch (rollout->state) {
	case ROLLOUT_RUNNING:
	case ROLLOUT_PAUSED:
		if (node->progress == ROLLOUT_PENDING)
			return rollout->state == ROLLOUT_RUNNING && node->group < rollout->released
				       ? ROLLOUT_INSTALL
				       : ROLLOUT_NOTHING;
		return has_finished(node->progress) ? ROLLOUT_NOTHING : ROLLOUT_INSTALL;
	case ROLLOUT_UNDOING:
		return may_have(node->progress) ? ROLLOUT_UNDO : ROLLOUT_NOTHING;
	case ROLLOUT_DONE:
	case ROLLOUT_ABORTED:
	case ROLLOUT_UNDONE:
	case ROLLOUT_REPLACED:
		break;
	}
	return ROLLOUT_NOTHING;
}

/* Moves */

/* A move that the table does not have changes nothing. */
static bool move(struct rollout *rollout, enum rollout_state state, const char *reason,
		 uint64_t now_ms)
{
	if (!(moves[rollout->state] & BIT(state)))
		return false;
	rollout->state = state;
	rollout->changed_ms = now_ms;
	text_clean(rollout->reason, sizeof(rollout->reason), reason, strlen(reason));
	return true;
}

/* `failed` without the failures that the operator has accepted. */
struct tally {
	size_t nodes, good, failed, accepted, open;
};

/* Of one group; `group` SIZE_MAX: of all. */
static struct tally count(const struct rollout *rollout, size_t group)
{
	struct tally tally = {0};

	for (size_t i = 0; i < rollout->nodes_count; i++) {
		const struct rollout_node *node = &rollout->nodes[i];

		if (group != SIZE_MAX && node->group != group)
			continue;
		tally.nodes++;
		tally.good += node->progress == ROLLOUT_GOOD;
		tally.failed += has_failed(node->progress) && !node->is_accepted;
		tally.accepted += has_failed(node->progress) && node->is_accepted;
		tally.open += !has_finished(node->progress);
	}
	return tally;
}

/* Whether `good` nodes are enough of the group. Nodes whose failure was accepted are not in it. */
static bool has_quota(const struct rollout *rollout, const struct tally *group, size_t good)
{
	return good * 100 >= (group->nodes - group->accepted) * rollout->success_percent;
}

static void pause_for(struct rollout *rollout, const struct rollout_node *node, const char *why,
		      uint64_t now_ms)
{
	char reason[ROLLOUT_REASON_SIZE + 128];

	snprintf(reason, sizeof(reason), "%s%s: %s%s%s", why, node->name,
		 rollout_progress_name(node->progress), *node->reason ? ": " : "", node->reason);
	move(rollout, ROLLOUT_PAUSED, reason, now_ms);
}

/* Release the groups that follow from what the nodes have reported. Returns the last one. */
static struct tally release(struct rollout *rollout, uint64_t now_ms)
{
	struct tally last = count(rollout, rollout->released - 1);

	while (rollout->released < rollout->groups_count && has_quota(rollout, &last, last.good)) {
		rollout->changed_ms = now_ms;
		last = count(rollout, rollout->released++);
	}
	return last;
}

/* A node has reported something new while the roll-out is running. */
static void step(struct rollout *rollout, const struct rollout_node *node, uint64_t now_ms)
{
	struct tally all = count(rollout, SIZE_MAX), last;

	if (has_failed(node->progress) && all.failed >= rollout->pause_on) {
		pause_for(rollout, node, "", now_ms);
		return;
	}
	last = release(rollout, now_ms);
	if (has_failed(node->progress) && !has_quota(rollout, &last, last.good + last.open))
		pause_for(rollout, node, "its group cannot reach the quota: ", now_ms);
	else if (!all.open)
		move(rollout, ROLLOUT_DONE, "", now_ms);
}

/* All nodes that could have the version have answered the undoing. */
static void finish_undo(struct rollout *rollout, uint64_t now_ms)
{
	for (size_t i = 0; i < rollout->nodes_count; i++)
		if (may_have(rollout->nodes[i].progress))
			return;
	move(rollout, ROLLOUT_UNDONE, "", now_ms);
}

static void set(struct rollout_node *node, enum rollout_progress progress, const char *reason,
		uint64_t now_ms)
{
	node->progress = progress;
	node->changed_ms = now_ms;
	text_clean(node->reason, sizeof(node->reason), reason, strlen(reason));
}

bool rollout_offer(struct rollout *rollout, struct rollout_node *node, uint64_t now_ms)
{
	if (node->progress != ROLLOUT_PENDING || rollout_task(rollout, node) != ROLLOUT_INSTALL)
		return false;
	set(node, ROLLOUT_OFFERED, "", now_ms);
	return true;
}

/* Whether such a report can be true. */
static bool is_possible(const struct rollout *rollout, const struct rollout_node *node,
			uint64_t number, enum rollout_progress progress)
{
	if (rollout->undo_number && number == rollout->undo_number)
		return may_have(node->progress) &&
		       (progress == ROLLOUT_NODE_UNDONE || progress == ROLLOUT_REFUSED);
	/* A version that failed by itself may still be put back, or begin to work. */
	return number == rollout->number && progress >= ROLLOUT_DOWNLOADED &&
	       progress != ROLLOUT_NODE_UNDONE && node->progress != ROLLOUT_PENDING &&
	       (!has_finished(node->progress) || node->progress == ROLLOUT_FAILED);
}

bool rollout_report(struct rollout *rollout, struct rollout_node *node, uint64_t number,
		    enum rollout_progress progress, const char *reason, uint64_t now_ms)
{
	char text[ROLLOUT_REASON_SIZE];

	text_clean(text, sizeof(text), reason, strlen(reason));
	if (!is_possible(rollout, node, number, progress) ||
	    (node->progress == progress && !strcmp(node->reason, text)))
		return false;
	set(node, progress, text, now_ms);
	if (rollout->state == ROLLOUT_RUNNING)
		step(rollout, node, now_ms);
	else if (rollout->state == ROLLOUT_UNDOING)
		finish_undo(rollout, now_ms);
	return true;
}

/* The operator */

static int refuse(const struct rollout *rollout, const char *what, struct error *err)
{
	return error_set(err, ERROR_INVALID,
			 "the roll-out of %s %s is %s, so it cannot be %s: `harvester rollout "
			 "status` shows it",
			 rollout->plugin, rollout->version, rollout_state_name(rollout->state),
			 what);
}

int rollout_pause(struct rollout *rollout, uint64_t now_ms, struct error *err)
{
	return move(rollout, ROLLOUT_PAUSED, "", now_ms) ? 0 : refuse(rollout, "paused", err);
}

int rollout_resume(struct rollout *rollout, uint64_t now_ms, struct error *err)
{
	if (!move(rollout, ROLLOUT_RUNNING, "", now_ms))
		return refuse(rollout, "resumed", err);
	for (size_t i = 0; i < rollout->nodes_count; i++)
		rollout->nodes[i].is_accepted = has_failed(rollout->nodes[i].progress);
	release(rollout, now_ms);
	if (!count(rollout, SIZE_MAX).open)
		move(rollout, ROLLOUT_DONE, "", now_ms);
	return 0;
}

int rollout_abort(struct rollout *rollout, uint64_t now_ms, struct error *err)
{
	return move(rollout, ROLLOUT_ABORTED, "", now_ms) ? 0 : refuse(rollout, "aborted", err);
}

int rollout_undo(struct rollout *rollout, uint64_t number, uint64_t now_ms, struct error *err)
{
	if (!move(rollout, ROLLOUT_UNDOING, "", now_ms))
		return refuse(rollout, "undone", err);
	rollout->undo_number = number;
	finish_undo(rollout, now_ms);
	return 0;
}

void rollout_replace(struct rollout *rollout, uint64_t now_ms)
{
	move(rollout, ROLLOUT_REPLACED, "", now_ms);
}
