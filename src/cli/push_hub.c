/* `harvester push --hub`: the version goes to some nodes of a hub, as a roll-out to all of them at
 * once. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json_member.h"
#include "base/text.h"
#include "bundle/manifest.h"
#include "cli/push.h"

#define PATH "/api/v1/rollouts"
#define LOG_SECONDS 15 /* until the lines of a node that has failed have come to the hub */
#define FAILURES_MAX 256

/* What is followed. */
struct following {
	struct push *push;
	const char *plugin;
	json_int_t number, sequence;
	json_t *shown; /* owned: the state of each node that was printed last */
	uint64_t start_ns;
	const char *reason; /* looked for in the log */
	bool has_reason;
};

static uint64_t passed_ms(const struct following *following)
{
	return (clock_monotonic_ns(clock_system()) - following->start_ns) / 1000000;
}

/* The roll-out as it is now; the caller owns *ret_rollout. */
static int read_rollout(struct following *following, json_t **ret_rollout, struct error *err)
{
	json_t *all, *rollout;
	size_t i;
	int ret = web_client_ask(&following->push->client, "GET", PATH, NULL, &all, err);

	if (ret)
		return ret;
	ret = error_set(err, ERROR_NOT_FOUND, "the hub does not know the roll-out any more");
	json_array_foreach(json_object_get(all, "rollouts"), i, rollout)
	{
		if (json_integer_value(json_object_get(rollout, "number")) != following->number)
			continue;
		*ret_rollout = json_incref(rollout);
		ret = 0;
	}
	json_decref(all);
	return ret;
}

static bool is_one_of(const char *state, const char *const *states)
{
	while (*states && strcmp(state, *states) != 0)
		states++;
	return *states;
}

/* How many nodes run the version; *ret_failed: one that does not and will not, borrowed. */
static size_t look_at_nodes(struct following *following, const json_t *rollout,
			    const json_t **ret_failed)
{
	static const char *const runs[] = {"probation", "good", NULL};
	static const char *const failed[] = {"rolled back", "failed", "refused", "waiting", NULL};
	const json_t *node;
	size_t count = 0, i;

	*ret_failed = NULL;
	json_array_foreach(json_object_get(rollout, "nodes"), i, node)
	{
		const char *name = json_member_text(node, "node");
		const char *state = json_member_text(node, "state");
		const char *reason = json_member_text(node, "reason");

		if (strcmp(state, json_member_text(following->shown, name)) != 0)
			text_printf(stdout, "  %s: %s%s%s\n", name, state, *reason ? ": " : "",
				    reason);
		json_object_set_new(following->shown, name, json_string(state));
		count += is_one_of(state, runs);
		if (is_one_of(state, failed))
			*ret_failed = node;
	}
	return count;
}

static void on_line(void *arg, const char *text)
{
	struct following *following = arg;

	following->has_reason |= strstr(text, following->reason) != NULL;
}

/* The node's log, with the traceback, comes to the hub a moment after the node's report. */
static void print_log(struct following *following, const json_t *failed)
{
	uint64_t end_ms = passed_ms(following) + LOG_SECONDS * UINT64_C(1000);

	following->reason = json_member_text(failed, "reason");
	while (*following->reason && !following->has_reason && passed_ms(following) < end_ms) {
		if (push_print_lines(following->push, following->plugin, &following->sequence,
				     on_line, following, NULL))
			return;
		clock_sleep_ns(clock_system(), PUSH_FOLLOW_PAUSE_NS);
	}
}

static int fail(struct following *following, const json_t *failed, struct error *err)
{
	bool waits = !strcmp(json_member_text(failed, "state"), "waiting");

	if (!waits && strcmp(json_member_text(failed, "state"), "refused") != 0)
		print_log(following, failed);
	return error_set(err, waits ? ERROR_NOT_GRANTED : ERROR_INVALID,
			 waits ? "%s waits %s" : "the new version failed on %s: %s",
			 json_member_text(failed, "node"), json_member_text(failed, "reason"));
}

static int follow(struct following *following, struct error *err)
{
	const json_t *failed = NULL;
	json_t *rollout = NULL;
	size_t nodes = 1, running = 0;
	int ret = 0;

	while (!ret && running < nodes && !failed &&
	       passed_ms(following) < PUSH_FOLLOW_SECONDS * UINT64_C(1000)) {
		if (rollout)
			clock_sleep_ns(clock_system(), PUSH_FOLLOW_PAUSE_NS);
		json_decref(rollout);
		rollout = NULL;
		ret = read_rollout(following, &rollout, err);
		nodes = json_array_size(json_object_get(rollout, "nodes"));
		running = look_at_nodes(following, rollout, &failed);
	}
	if (!ret && failed)
		ret = fail(following, failed, err);
	else if (!ret && running < nodes)
		ret = error_set(
			err, ERROR_TIMEOUT,
			"%zu of %zu nodes run the new version after %d s; the roll-out goes "
			"on: `harvester rollout status` on the hub shows it",
			running, nodes, PUSH_FOLLOW_SECONDS);
	json_decref(rollout);
	return ret;
}

static int start(struct push *push, json_t *body, json_int_t *ret_number, struct error *err)
{
	json_t *rollout;
	int ret;

	json_object_set_new(body, "nodes", json_string(push->nodes));
	json_object_set_new(body, "groups", json_string("rest"));
	json_object_set_new(body, "pause_on", json_integer(FAILURES_MAX));
	ret = web_client_ask(&push->client, "POST", PATH, body, &rollout, err);
	if (ret)
		return ret;
	*ret_number = json_integer_value(json_object_get(rollout, "number"));
	json_decref(rollout);
	return 0;
}

int push_to_hub(struct push *push, const struct bundle_manifest *manifest, json_t *body,
		struct error *err)
{
	struct following following = {
		.push = push,
		.plugin = manifest->name,
		.start_ns = clock_monotonic_ns(clock_system()),
	};
	int ret = push_find_end(push, &following.sequence, err);

	if (!ret)
		ret = start(push, body, &following.number, err);
	if (ret)
		return ret;
	following.shown = json_object();
	ret = follow(&following, err);
	json_decref(following.shown);
	if (!ret)
		text_printf(stdout, "%s %s runs on all nodes, %" PRIu64 " ms after it was built\n",
			    manifest->name, manifest->version, passed_ms(&following));
	return ret;
}
