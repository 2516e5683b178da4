/* What nodes ask and report. Nothing that a node says is believed beyond its own place. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "rollout/hub/internal.h"

#define PLUGINS_MAX_SHOWN 64

/* Whether a newer roll-out of the same plugin decides for this node. */
static bool is_hidden(struct rollout_desk *desk, size_t i, const char *node)
{
	const struct rollout *rollout = desk->items[i].rollout;

	for (size_t j = i + 1; j < desk->count; j++) {
		struct rollout *newer = desk->items[j].rollout;

		if (!strcmp(newer->plugin, rollout->plugin) && rollout_find_node(newer, node) &&
		    rollout_number(newer) > rollout_number(rollout))
			return true;
	}
	return false;
}

enum rollout_task rollout_desk_task(struct rollout_desk *desk, size_t i, const char *name)
{
	struct rollout_item *item = &desk->items[i];
	struct rollout_node *node = rollout_find_node(item->rollout, name);

	if (!node || item->is_changed || is_hidden(desk, i, name))
		return ROLLOUT_NOTHING;
	return rollout_task(item->rollout, node);
}

bool rollout_desk_has_news(struct rollout_desk *desk, const char *node)
{
	for (size_t i = 0; i < desk->count; i++)
		if (rollout_desk_task(desk, i, node) != ROLLOUT_NOTHING)
			return true;
	return false;
}

static void tell_nodes_of(struct rollout_desk *desk, size_t i)
{
	struct rollout *rollout = desk->items[i].rollout;

	for (size_t j = 0; j < rollout->nodes_count; j++) {
		struct rollout_node *node = &rollout->nodes[j];
		uint64_t number = rollout_number(rollout);

		/* Most have nothing to do, as is seen without a search for the node. */
		if (node->told == number || rollout_task(rollout, node) == ROLLOUT_NOTHING ||
		    rollout_desk_task(desk, i, node->name) == ROLLOUT_NOTHING)
			continue;
		node->told = number;
		desk->config.on_news(desk->config.arg, node->name);
	}
}

void rollout_desk_tell_nodes(struct rollout_desk *desk)
{
	for (size_t i = 0; i < desk->count; i++)
		if (rollout_is_active(desk->items[i].rollout))
			tell_nodes_of(desk, i);
}

/* Reports */

static struct rollout *find(const struct rollout_desk *desk, uint64_t number)
{
	for (size_t i = 0; i < desk->count; i++) {
		struct rollout *rollout = desk->items[i].rollout;

		if (rollout->number == number || (number && rollout->undo_number == number))
			return rollout;
	}
	return NULL;
}

/* The log says what an operator should see; `before` is the state before the report. */
static void note(const struct rollout_desk *desk, const struct rollout *rollout,
		 enum rollout_state before, const struct rollout_node *node)
{
	char text[2 * ROLLOUT_REASON_SIZE];
	bool is_bad = node->progress == ROLLOUT_ROLLED_BACK || node->progress == ROLLOUT_FAILED ||
		      node->progress == ROLLOUT_REFUSED;

	snprintf(text, sizeof(text), "%s: %s%s%s", node->name,
		 rollout_progress_name(node->progress), *node->reason ? ": " : "", node->reason);
	rollout_desk_note(desk, is_bad ? LOG_WARNING : LOG_INFO, rollout, text);
	if (rollout->state == before)
		return;
	snprintf(text, sizeof(text), "%s%s%s", rollout_state_name(rollout->state),
		 *rollout->reason ? ": " : "", rollout->reason);
	rollout_desk_note(desk, rollout->state == ROLLOUT_PAUSED ? LOG_WARNING : LOG_INFO, rollout,
			  text);
}

static bool take_report(struct rollout_desk *desk, const char *name, const json_t *report)
{
	const json_t *number = json_object_get(report, "number");
	const char *state = json_string_value(json_object_get(report, "state"));
	const char *reason = json_string_value(json_object_get(report, "reason"));
	enum rollout_progress progress;
	enum rollout_state before;
	struct rollout *rollout;
	struct rollout_node *node;

	if (!json_is_integer(number) || json_integer_value(number) < 1 || !state ||
	    !rollout_progress_parse(state, &progress)) {
		desk->counts.reports_malformed++;
		return false;
	}
	rollout = find(desk, (uint64_t)json_integer_value(number));
	node = rollout ? rollout_find_node(rollout, name) : NULL;
	before = rollout ? rollout->state : ROLLOUT_RUNNING;
	if (!node || !rollout_report(rollout, node, (uint64_t)json_integer_value(number), progress,
				     reason ? reason : "", clock_unix_ms(desk->config.clock)))
		return false;
	note(desk, rollout, before, node);
	return true;
}

static int take_reports(struct rollout_desk *desk, const char *node, const json_t *reports,
			bool *is_changed, struct error *err)
{
	const json_t *report;
	size_t i;

	if (!json_is_array(reports))
		return error_set(err, ERROR_MALFORMED, "reports: expected a list of objects");
	if (json_array_size(reports) > ROLLOUT_REPORTS_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "reports: at most %d are possible: send fewer at a time",
				 ROLLOUT_REPORTS_MAX);
	json_array_foreach(reports, i, report) *is_changed |= take_report(desk, node, report);
	return 0;
}

/* What runs there */

static struct rollout_peer *find_or_add_peer(struct rollout_desk *desk, const char *name)
{
	struct rollout_peer *peer;

	for (size_t i = 0; i < desk->peers_count; i++)
		if (!strcmp(desk->peers[i].name, name))
			return &desk->peers[i];
	if (desk->peers_count == ROLLOUT_NODES_MAX)
		return NULL;
	peer = &desk->peers[desk->peers_count++];
	snprintf(peer->name, sizeof(peer->name), "%s", name);
	return peer;
}

static json_t *clean_plugin(const json_t *plugin)
{
	const char *name = json_string_value(json_object_get(plugin, "name"));
	const char *version = json_string_value(json_object_get(plugin, "version"));
	const char *digest = json_string_value(json_object_get(plugin, "digest"));

	if (!name || !version || !digest || !bundle_is_name(name) || !bundle_is_version(version) ||
	    !bundle_is_digest(digest))
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:b}", "name", name, "version", version, "digest", digest,
			 "on_probation", json_is_true(json_object_get(plugin, "on_probation")));
}

static void take_plugins(struct rollout_desk *desk, const char *node, const json_t *plugins)
{
	struct rollout_peer *peer = find_or_add_peer(desk, node);
	json_t *list = json_array(), *clean;
	const json_t *plugin;
	size_t i;

	json_array_foreach(plugins, i, plugin)
	{
		clean = i < PLUGINS_MAX_SHOWN ? clean_plugin(plugin) : NULL;
		if (clean)
			json_array_append_new(list, clean);
	}
	if (!peer) {
		json_decref(list);
		return;
	}
	json_decref(peer->plugins);
	peer->plugins = list;
}

/* The desired state */

static json_t *describe(const struct rollout *rollout, enum rollout_task task)
{
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:I, s:s?}", "number",
			 (json_int_t)rollout_number(rollout), "task",
			 task == ROLLOUT_UNDO ? "undo" : "install", "name", rollout->plugin,
			 "version", rollout->version, "digest", rollout->digest, "size",
			 (json_int_t)rollout->size, "signature", rollout->signature);
}

static json_t *list_desired(struct rollout_desk *desk, const char *name, bool *is_changed)
{
	uint64_t now_ms = clock_unix_ms(desk->config.clock);
	json_t *list = json_array();

	for (size_t i = 0; i < desk->count; i++) {
		struct rollout *rollout = desk->items[i].rollout;
		enum rollout_task task = rollout_desk_task(desk, i, name);

		if (task == ROLLOUT_NOTHING)
			continue;
		*is_changed |= rollout_offer(rollout, rollout_find_node(rollout, name), now_ms);
		json_array_append_new(list, describe(rollout, task));
	}
	return list;
}

/* A node is told what its leader has offered it: what it reports of anything else has no effect. */
static bool is_offered(struct rollout *rollout, const char *name, enum rollout_task task)
{
	const struct rollout_node *node = rollout_find_node(rollout, name);

	return task == ROLLOUT_UNDO ||
	       (task == ROLLOUT_INSTALL && node->progress != ROLLOUT_PENDING);
}

json_t *rollout_desk_desired(struct rollout_desk *desk, const char *name)
{
	json_t *list = json_array();

	for (size_t i = 0; i < desk->count; i++) {
		struct rollout *rollout = desk->items[i].rollout;
		enum rollout_task task = rollout_desk_task(desk, i, name);

		if (is_offered(rollout, name, task))
			json_array_append_new(list, describe(rollout, task));
	}
	return json_pack("{s:I, s:o}", "number", (json_int_t)desk->stored, "desired", list);
}

int rollout_desk_ask(struct rollout_desk *desk, const char *node, const json_t *body,
		     json_t **ret_answer, struct error *err)
{
	bool is_changed = false;
	json_t *answer;
	int ret = take_reports(desk, node, json_object_get(body, "reports"), &is_changed, err);

	if (ret)
		return ret;
	take_plugins(desk, node, json_object_get(body, "plugins"));
	answer = json_pack("{s:I, s:o}", "number", (json_int_t)desk->stored, "desired",
			   list_desired(desk, node, &is_changed));
	if (is_changed)
		rollout_desk_save(desk);
	if (!answer)
		return error_set(err, ERROR_NO_MEMORY, "cannot answer the node's report: %s",
				 error_text(ERROR_NO_MEMORY));
	*ret_answer = answer;
	return 0;
}
