#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "link/hub/internal.h"
#include "reading/check.h"
#include "reading/create.h"
#include "reading/table.h"
#include "store/history/history.h"

struct taking {
	struct hub_node *node;
	struct spoke_link_refusals refusals;
	hub_taken *on_taken;
	void *arg;
};

/* Updating the table */

/*
 * A reading from the future gets the current time, so that a node with a wrong clock does not
 * always have the newest reading.
 */
static uint64_t shown_time(const struct hub_node *node, const struct history_item *item)
{
	uint64_t now_ms = clock_unix_ms(node->hub->config.clock);

	return item->time_ms > now_ms + READING_AHEAD_MS ? now_ms : item->time_ms;
}

static void show_item(struct hub_node *node, const struct history_item *item)
{
	uint64_t time_ms = shown_time(node, item);
	struct reading_source source = {
		.node = node->name,
		.plugin = "",
		.now_ms = time_ms,
		.simulated = item->simulated,
	};
	struct reading *reading =
		reading_create(&source, item->sensor, time_ms, json_incref(item->data));

	if (!reading)
		return;
	reading_table_put(node->hub->config.table, reading);
	reading_unref(reading);
}

static bool is_newest(const struct spoke_link_batch *batch, size_t index)
{
	for (size_t i = index + 1; i < batch->count; i++) {
		if (!strcmp(batch->items[i].sensor, batch->items[index].sensor))
			return false;
	}
	return true;
}

/* Only each sensor's newest reading goes into the table; of a backlog, the rest is only stored. */
void hub_show(struct hub_node *node, const struct spoke_link_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct history_item *item = &batch->items[i];

		if (item->sequence <= node->shown)
			continue;
		if (is_newest(batch, i))
			show_item(node, item);
	}
	if (batch->count && batch->items[batch->count - 1].sequence > node->shown)
		node->shown = batch->items[batch->count - 1].sequence;
}

/* Checking */

static bool is_retired(const struct hub_node *node, uint64_t stream)
{
	for (size_t i = 0; i < node->retired_count; i++) {
		if (node->retired[i] == stream)
			return true;
	}
	return false;
}

static void retire(struct hub_node *node)
{
	if (node->retired_count == HUB_RETIRED_MAX)
		memmove(node->retired, node->retired + 1,
			--node->retired_count * sizeof(*node->retired));
	node->retired[node->retired_count++] = node->stream;
}

static void use_stream(struct hub_node *node, uint64_t stream)
{
	if (node->stream)
		retire(node);
	node->stream = stream;
	node->shown = node->shown_log = 0;
	hub_file_write(node->hub);
}

static int check_stream(struct hub_node *node, uint64_t stream, struct error *err)
{
	if (stream == node->stream)
		return 0;
	if (is_retired(node, stream)) {
		node->refused_stream = stream;
		return error_set(
			err, ERROR_EXISTS,
			"two machines send as %s, and this hub accepts only the newer one; "
			"give each a name of its own (`node_id` under [cluster]), or, if "
			"this is the right one, accept it on the hub with `harvester node accept "
			"%s` (or POST /api/v1/nodes/%s/accept)",
			node->name, node->name, node->name);
	}
	use_stream(node, stream);
	return 0;
}

static void forget_retired(struct hub_node *node, uint64_t stream)
{
	size_t kept = 0;

	for (size_t i = 0; i < node->retired_count; i++) {
		if (node->retired[i] != stream)
			node->retired[kept++] = node->retired[i];
	}
	node->retired_count = kept;
}

int hub_accept(struct hub *hub, const char *name, struct error *err)
{
	struct hub_node *node = hub_find(hub, name, false);

	if (!node)
		return error_set(err, ERROR_NOT_FOUND,
				 "there is no node %.64s: GET /api/v1/nodes lists the nodes", name);
	if (!node->refused_stream)
		return error_set(err, ERROR_INVALID,
				 "this hub has refused no other machine that sends as %s since it "
				 "started, so there is none to accept",
				 name);
	forget_retired(node, node->refused_stream);
	use_stream(node, node->refused_stream);
	node->refused_stream = 0;
	return 0;
}

/*
 * Refuse the batch until the node's clock is right. The node then sends it again, so nothing is
 * lost.
 */
static int check_clock(struct hub *hub, const struct spoke_link_batch *batch, struct error *err)
{
	uint64_t now_ms = clock_unix_ms(hub->config.clock);
	bool is_ahead = batch->sent_ms > now_ms;
	uint64_t off_ms = is_ahead ? batch->sent_ms - now_ms : now_ms - batch->sent_ms;

	if (off_ms <= SPOKE_LINK_CLOCK_MS_MAX)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "the clock of %s is %" PRIu64
			 " h %s this hub's; set the clock, and the waiting readings are "
			 "accepted",
			 batch->node, off_ms / 3600000, is_ahead ? "ahead of" : "behind");
}

/*
 * A reading dated after its batch was made before the node's clock was set back: it was measured
 * no later than the batch was sent.
 */
static void date_back(struct spoke_link_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->items[i].time_ms > batch->sent_ms + READING_AHEAD_MS)
			batch->items[i].time_ms = batch->sent_ms;
	}
}

/* Apply the same checks as to a plugin's readings. An invalid one does not affect the others. */
static void leave_out(struct spoke_link_batch *batch)
{
	size_t kept = 0;

	for (size_t i = 0; i < batch->count; i++) {
		const struct history_item *item = &batch->items[i];
		struct error why = {0};

		if (!reading_check(item->sensor, item->time_ms, item->data, &why))
			batch->items[kept++] = *item;
		else
			spoke_link_refuse_item(&batch->refusals, item->sequence, item->sensor,
					       &why);
	}
	batch->count = kept;
}

/* Storing */

static int answer(const struct history_appended *stored, const struct spoke_link_refusals *refusals,
		  json_t **ret_answer)
{
	const json_t *first = json_array_get(refusals->list, 0);
	const char *reason =
		first ? json_string_value(json_object_get(first, "reason")) : stored->reason;
	json_t *list = refusals->list ? json_incref(refusals->list) : json_array();

	*ret_answer = json_pack("{s:I, s:I, s:I, s:s?, s:o}", "added", (json_int_t)stored->added,
				"known", (json_int_t)stored->known, "refused",
				(json_int_t)(stored->refused + refusals->count), "reason", reason,
				"refusals", list);
	return *ret_answer ? 0 : ERROR_NO_MEMORY;
}

static void free_taking(struct taking *taking)
{
	json_decref(taking->refusals.list);
	free(taking);
}

static void appended(void *arg, int status, const struct history_appended *result)
{
	struct taking *taking = arg;
	struct hub_node *node = taking->node;
	json_t *said = NULL;

	if (!status) {
		node->added += result->added;
		node->known += result->known;
		node->refused += result->refused;
		status = answer(result, &taking->refusals, &said);
	}
	if (taking->on_taken)
		taking->on_taken(taking->arg, status, said);
	else
		json_decref(said);
	free_taking(taking);
	hub_destroy_when_closed(node->hub);
}

int hub_append(struct hub_node *node, const struct spoke_link_batch *batch, hub_taken *on_taken,
	       void *arg, struct error *err)
{
	struct taking *taking = calloc(1, sizeof(*taking));
	int ret;

	if (!taking)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while storing the batch; this machine needs more "
				 "free memory");
	*taking = (struct taking){
		.node = node, .refusals = batch->refusals, .on_taken = on_taken, .arg = arg};
	json_incref(taking->refusals.list);
	ret = history_append_remote(node->hub->config.history, node->name, batch->stream,
				    batch->items, batch->count, appended, taking, err);
	if (ret) {
		free_taking(taking);
		return ret;
	}
	node->hub->open_handles++;
	if (batch->count >= HUB_FLUSH_ITEMS)
		history_flush(node->hub->config.history);
	return 0;
}

/* Store what is left of a batch. If only log lines are left, there is no disk to wait for. */
static int store(struct hub_node *node, const struct spoke_link_batch *batch, hub_taken *on_taken,
		 void *arg, struct error *err)
{
	const struct history_appended nothing = {0};
	json_t *said;

	if (batch->count)
		return hub_append(node, batch, on_taken, arg, err);
	if (answer(&nothing, &batch->refusals, &said))
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while answering the batch; this machine needs more "
				 "free memory");
	on_taken(arg, 0, said);
	return 0;
}

static int take(struct hub_node *node, struct spoke_link_batch *batch, hub_taken *on_taken,
		void *arg, struct error *err)
{
	int ret = check_clock(node->hub, batch, err);

	if (!ret)
		ret = check_stream(node, batch->stream, err);
	if (ret)
		return ret;
	date_back(batch);
	leave_out(batch);
	ret = store(node, batch, on_taken, arg, err);
	if (!ret)
		node->refused += batch->refusals.count;
	return ret;
}

int hub_take(struct hub *hub, const char *token_node, struct spoke_link_batch *batch,
	     hub_taken *on_taken, void *arg, struct error *err)
{
	size_t count = batch->count + batch->refusals.count;
	struct hub_node *node;
	struct error why = {0};
	int ret = hub_admit(hub, token_node, batch->node, false, &node, err);

	if (ret)
		return ret;
	ret = take(node, batch, on_taken, arg, &why);
	if (ret) {
		node->refused += ret == ERROR_BUSY ? 0 : count;
		if (err)
			*err = why;
		return hub_refuse(node, &why);
	}
	if (*node->problem)
		hub->config.on_noted(hub->config.arg, LOG_INFO, node->name,
				     "its readings are accepted again");
	*node->problem = '\0';
	node->skipped += batch->skipped;
	hub_show(node, batch);
	hub_show_logs(node, batch);
	return 0;
}
