#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "output/fleet_internal.h"
#include "reading/create.h"
#include "reading/table.h"
#include "store/history.h"

struct taking {
	struct fleet_node *node;
	fleet_taken *taken;
	void *arg;
};

/* Showing */

static void log_lines(struct fleet_node *node, const struct history_item *item)
{
	const json_t *lines = json_object_get(item->data, "lines"), *line;
	struct log_record record;
	size_t i;

	json_array_foreach(lines, i, line)
	{
		const char *level = json_string_value(json_object_get(line, "level"));
		const char *source = json_string_value(json_object_get(line, "source"));
		const char *text = json_string_value(json_object_get(line, "text"));

		if (!level || !source || !text || log_level_parse(level, &record.level))
			continue;
		record.unix_ms = (uint64_t)json_integer_value(json_object_get(line, "time_ms"));
		record.source = source;
		record.text = text;
		node->fleet->config.logged(node->fleet->config.arg, node->name, &record);
	}
}

static void show_item(struct fleet_node *node, const struct history_item *item)
{
	struct reading_source source = {
		.node = node->name,
		.plugin = "",
		.now_ms = item->time_ms,
		.simulated = item->simulated,
	};
	struct reading *reading =
		reading_create(&source, item->sensor, item->time_ms, json_incref(item->data));

	if (!reading)
		return;
	reading_table_put(node->fleet->config.table, reading);
	reading_unref(reading);
}

static bool is_newest(const struct uplink_batch *batch, size_t index)
{
	for (size_t i = index + 1; i < batch->count; i++) {
		if (!strcmp(batch->items[i].sensor, batch->items[index].sensor))
			return false;
	}
	return true;
}

/* Of a backlog, the page needs each sensor's last; log lines are all shown, and only once. */
void fleet_show(struct fleet_node *node, const struct uplink_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct history_item *item = &batch->items[i];

		if (item->sequence <= node->shown)
			continue;
		if (!strcmp(item->sensor, FLEET_LOG_SENSOR))
			log_lines(node, item);
		else if (is_newest(batch, i))
			show_item(node, item);
	}
	if (batch->items[batch->count - 1].sequence > node->shown)
		node->shown = batch->items[batch->count - 1].sequence;
}

/* Checking */

static bool is_retired(const struct fleet_node *node, uint64_t stream)
{
	for (size_t i = 0; i < node->retired_count; i++) {
		if (node->retired[i] == stream)
			return true;
	}
	return false;
}

static void retire(struct fleet_node *node)
{
	if (node->retired_count == FLEET_RETIRED_MAX)
		memmove(node->retired, node->retired + 1,
			--node->retired_count * sizeof(*node->retired));
	node->retired[node->retired_count++] = node->stream;
}

static int check_stream(struct fleet_node *node, uint64_t stream, struct error *err)
{
	if (stream == node->stream)
		return 0;
	if (is_retired(node, stream))
		return error_set(err, ERROR_EXISTS,
				 "two nodes send as %s: this one's readings were replaced by "
				 "another's; give each a name of its own",
				 node->name);
	if (node->stream)
		retire(node);
	node->stream = stream;
	node->shown = 0;
	fleet_file_write(node->fleet);
	return 0;
}

/* A wrong clock is put right by the node, and the batch comes again: nothing is lost by waiting. */
static int check_clock(struct fleet *fleet, const struct uplink_batch *batch, struct error *err)
{
	uint64_t now_ms = clock_unix_ms(fleet->config.clock);
	bool is_ahead = batch->sent_ms > now_ms;
	uint64_t off_ms = is_ahead ? batch->sent_ms - now_ms : now_ms - batch->sent_ms;

	if (off_ms <= UPLINK_CLOCK_MS_MAX)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "the clock of %s is %" PRIu64
			 " h %s this hub's; set it, and what waits is "
			 "taken",
			 batch->node, off_ms / 3600000, is_ahead ? "ahead of" : "behind");
}

/* Taken before the node's clock was put right: it was measured no later than it was sent. */
static void date_back(struct uplink_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->items[i].time_ms > batch->sent_ms + UPLINK_CLOCK_MS_MAX)
			batch->items[i].time_ms = batch->sent_ms;
	}
}

/* Taking */

static void appended(void *arg, int status, const struct history_appended *result)
{
	struct taking *taking = arg;
	struct fleet_node *node = taking->node;
	json_t *answer = NULL;

	if (!status) {
		node->added += result->added;
		node->known += result->known;
		node->refused += result->refused;
		answer = json_pack("{s:I, s:I, s:I, s:s?}", "added", (json_int_t)result->added,
				   "known", (json_int_t)result->known, "refused",
				   (json_int_t)result->refused, "reason", result->reason);
		if (!answer)
			status = ERROR_NO_MEMORY;
	}
	if (taking->taken)
		taking->taken(taking->arg, status, answer);
	else
		json_decref(answer);
	free(taking);
	fleet_destroy_when_closed(node->fleet);
}

int fleet_append(struct fleet_node *node, const struct uplink_batch *batch, fleet_taken *taken,
		 void *arg, struct error *err)
{
	struct taking *taking = calloc(1, sizeof(*taking));
	int ret;

	if (!taking)
		return error_set(err, ERROR_NO_MEMORY, "out of memory");
	*taking = (struct taking){.node = node, .taken = taken, .arg = arg};
	ret = history_append_remote(node->fleet->config.history, node->name, batch->stream,
				    batch->items, batch->count, appended, taking, err);
	if (ret) {
		free(taking);
		return ret;
	}
	node->fleet->open_handles++;
	if (batch->count >= FLEET_FLUSH_ITEMS)
		history_flush(node->fleet->config.history);
	return 0;
}

int fleet_take(struct fleet *fleet, const char *token_node, struct uplink_batch *batch,
	       fleet_taken *taken, void *arg, struct error *err)
{
	struct fleet_node *node;
	struct error why = {0};
	int ret = fleet_admit(fleet, token_node, batch->node, false, &node, err);

	if (ret)
		return ret;
	ret = check_clock(fleet, batch, &why);
	if (!ret)
		ret = check_stream(node, batch->stream, &why);
	date_back(batch);
	if (!ret)
		ret = fleet_append(node, batch, taken, arg, &why);
	if (ret) {
		node->refused += ret == ERROR_BUSY ? 0 : batch->count;
		if (err)
			*err = why;
		return fleet_refuse(node, &why);
	}
	if (*node->problem)
		fleet->config.noted(fleet->config.arg, LOG_INFO, node->name, "sends again");
	*node->problem = '\0';
	node->skipped += batch->skipped;
	fleet_show(node, batch);
	return 0;
}
