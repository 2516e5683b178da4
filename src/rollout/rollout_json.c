/* A roll-out as JSON: for the API, and for the hub's file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "rollout/rollout.h"

static json_t *node_to_json(const struct rollout_node *node)
{
	return json_pack("{s:s, s:I, s:s, s:s, s:I, s:I, s:b}", "node", node->name, "group",
			 (json_int_t)node->group, "state", rollout_progress_name(node->progress),
			 "reason", node->reason, "changed_ms", (json_int_t)node->changed_ms,
			 "bytes", (json_int_t)node->bytes, "accepted", (int)node->is_accepted);
}

json_t *rollout_to_json(const struct rollout *rollout, bool for_file)
{
	json_t *nodes = json_array();

	for (size_t i = 0; i < rollout->nodes_count; i++)
		json_array_append_new(nodes, node_to_json(&rollout->nodes[i]));
	return json_pack(
		"{s:I, s:I, s:s, s:s, s:s, s:I, s:s*, s:i, s:i, s:I, s:I, s:s, s:s, s:I, s:I, "
		"s:o}",
		"number", (json_int_t)rollout->number, "undo_number",
		(json_int_t)rollout->undo_number, "plugin", rollout->plugin, "version",
		rollout->version, "digest", rollout->digest, "size", (json_int_t)rollout->size,
		"signature", for_file ? rollout->signature : NULL, "success",
		(int)rollout->success_percent, "pause_on", (int)rollout->pause_on, "groups",
		(json_int_t)rollout->groups_count, "released", (json_int_t)rollout->released,
		"state", rollout_state_name(rollout->state), "reason", rollout->reason,
		"started_ms", (json_int_t)rollout->started_ms, "changed_ms",
		(json_int_t)rollout->changed_ms, "nodes", nodes);
}

/* Reading */

static bool read_number(const json_t *json, const char *key, uint64_t maximum, uint64_t *ret_number)
{
	const json_t *value = json_object_get(json, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) > maximum)
		return false;
	*ret_number = (uint64_t)json_integer_value(value);
	return true;
}

static bool read_text(const json_t *json, const char *key, char *ret_text, size_t size)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text && text_copy(ret_text, size, text);
}

static bool read_state(const json_t *json, enum rollout_state *ret_state)
{
	const char *name = json_string_value(json_object_get(json, "state"));

	for (int i = ROLLOUT_RUNNING; name && i <= ROLLOUT_REPLACED; i++) {
		if (strcmp(rollout_state_name((enum rollout_state)i), name) != 0)
			continue;
		*ret_state = (enum rollout_state)i;
		return true;
	}
	return false;
}

static bool read_progress(const json_t *json, enum rollout_progress *ret_progress)
{
	const char *name = json_string_value(json_object_get(json, "state"));

	for (int i = ROLLOUT_PENDING; name && i <= ROLLOUT_NODE_UNDONE; i++) {
		if (strcmp(rollout_progress_name((enum rollout_progress)i), name) != 0)
			continue;
		*ret_progress = (enum rollout_progress)i;
		return true;
	}
	return false;
}

static bool read_node(const json_t *json, const struct rollout *rollout, struct rollout_node *node)
{
	uint64_t group;

	if (!read_number(json, "group", rollout->groups_count - 1, &group))
		return false;
	node->group = (size_t)group;
	node->is_accepted = json_is_true(json_object_get(json, "accepted"));
	return read_text(json, "node", node->name, sizeof(node->name)) &&
	       read_progress(json, &node->progress) &&
	       read_text(json, "reason", node->reason, sizeof(node->reason)) &&
	       read_number(json, "changed_ms", INT64_MAX, &node->changed_ms) &&
	       read_number(json, "bytes", INT64_MAX, &node->bytes);
}

/* The numbers that say how the roll-out goes. */
static bool read_plan(const json_t *json, struct rollout *rollout)
{
	uint64_t success, pause_on, groups, released;

	if (!read_number(json, "success", 100, &success) ||
	    !read_number(json, "pause_on", ROLLOUT_NODES_MAX, &pause_on) ||
	    !read_number(json, "groups", ROLLOUT_GROUPS_MAX, &groups) ||
	    !read_number(json, "released", groups, &released) || !released)
		return false;
	rollout->success_percent = (unsigned)success;
	rollout->pause_on = (unsigned)pause_on;
	rollout->groups_count = (size_t)groups;
	rollout->released = (size_t)released;
	return success && pause_on;
}

static bool read_head(const json_t *json, struct rollout *rollout)
{
	const json_t *signature = json_object_get(json, "signature");

	if (signature)
		rollout->signature =
			json_is_string(signature) ? strdup(json_string_value(signature)) : NULL;
	return read_number(json, "number", BUNDLE_COUNTER_MAX, &rollout->number) &&
	       read_number(json, "undo_number", BUNDLE_COUNTER_MAX, &rollout->undo_number) &&
	       read_text(json, "plugin", rollout->plugin, sizeof(rollout->plugin)) &&
	       read_text(json, "version", rollout->version, sizeof(rollout->version)) &&
	       read_text(json, "digest", rollout->digest, sizeof(rollout->digest)) &&
	       bundle_is_digest(rollout->digest) &&
	       read_number(json, "size", INT64_MAX, &rollout->size) &&
	       (!signature || rollout->signature) && read_state(json, &rollout->state) &&
	       read_text(json, "reason", rollout->reason, sizeof(rollout->reason)) &&
	       read_number(json, "started_ms", INT64_MAX, &rollout->started_ms) &&
	       read_number(json, "changed_ms", INT64_MAX, &rollout->changed_ms);
}

static bool read_nodes(const json_t *list, struct rollout *rollout)
{
	rollout->nodes_count = json_array_size(list);
	if (!rollout->nodes_count || rollout->nodes_count > ROLLOUT_NODES_MAX)
		return false;
	rollout->nodes = calloc(rollout->nodes_count, sizeof(*rollout->nodes));
	for (size_t i = 0; rollout->nodes && i < rollout->nodes_count; i++)
		if (!read_node(json_array_get(list, i), rollout, &rollout->nodes[i]))
			return false;
	return rollout->nodes;
}

int rollout_from_json(const json_t *json, struct rollout **ret_rollout)
{
	struct rollout *rollout = calloc(1, sizeof(*rollout));

	if (!rollout)
		return ERROR_NO_MEMORY;
	if (!read_head(json, rollout) || !read_plan(json, rollout) ||
	    !read_nodes(json_object_get(json, "nodes"), rollout)) {
		rollout_destroy(rollout);
		return ERROR_MALFORMED;
	}
	*ret_rollout = rollout;
	return 0;
}
