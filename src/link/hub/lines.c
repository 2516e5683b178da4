/*
 * Shows a node's log lines, with the same limits as on the node itself: a node may have been taken
 * over or be of another make, so its lines are not trusted. An invalid line is left out and
 * counted. It is no reason to refuse the batch, which the node would send again forever.
 */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "link/hub/internal.h"

struct cleaned {
	char source[LOG_SOURCE_SIZE], text[LOG_TEXT_SIZE];
	struct log_record record;
};

static void clean(char *ret_text, size_t size, const json_t *value)
{
	text_clean(ret_text, size, json_string_value(value), json_string_length(value));
}

/* A line dated after its batch gets the time at which the batch was sent. */
static uint64_t clean_time(const json_t *value, uint64_t sent_ms)
{
	json_int_t time_ms = json_integer_value(value);

	return json_is_integer(value) && time_ms >= 0 && (uint64_t)time_ms <= sent_ms
		       ? (uint64_t)time_ms
		       : sent_ms;
}

static bool take_line(const json_t *line, uint64_t sent_ms, struct cleaned *ret_line)
{
	const char *level = json_string_value(json_object_get(line, "level"));
	const json_t *source = json_object_get(line, "source");
	const json_t *text = json_object_get(line, "text");

	if (!level || log_level_parse(level, &ret_line->record.level) || !json_is_string(text) ||
	    !json_string_length(source))
		return false;
	clean(ret_line->source, sizeof(ret_line->source), source);
	clean(ret_line->text, sizeof(ret_line->text), text);
	ret_line->record.unix_ms = clean_time(json_object_get(line, "time_ms"), sent_ms);
	ret_line->record.source = ret_line->source;
	ret_line->record.text = ret_line->text;
	ret_line->record.is_reading = false;
	return true;
}

/* The number of lines allowed now: a token bucket, like each plugin's on its own node. */
static size_t allowed(struct hub_node *node)
{
	uint64_t now_ms = uv_now(node->hub->config.loop);
	uint64_t more = (now_ms - node->lines_ms) * HUB_LINES_A_SECOND / 1000;

	if (!node->lines_ms || node->lines_left + more >= HUB_LINES_AT_ONCE)
		node->lines_left = HUB_LINES_AT_ONCE;
	else
		node->lines_left += more;
	if (more || !node->lines_ms)
		node->lines_ms = now_ms;
	return (size_t)node->lines_left;
}

static size_t count_new(const struct hub_node *node, const struct spoke_link_batch *batch)
{
	size_t count = 0;

	for (size_t i = 0; i < batch->logs_count; i++) {
		if (batch->logs[i].sequence > node->shown_log)
			count += json_array_size(batch->logs[i].lines);
	}
	return count;
}

static void show_lines(struct hub_node *node, const struct spoke_link_log *log, uint64_t sent_ms,
		       size_t *left_out)
{
	const json_t *line;
	struct cleaned cleaned;
	size_t i;

	json_array_foreach(log->lines, i, line)
	{
		if (*left_out) {
			--*left_out;
			continue;
		}
		node->lines_left--;
		if (take_line(line, sent_ms, &cleaned))
			node->hub->config.on_logged(node->hub->config.arg, node->name,
						    &cleaned.record);
		else
			node->lines_dropped++;
	}
}

/* If there are too many lines, show the newest. */
void hub_show_logs(struct hub_node *node, const struct spoke_link_batch *batch)
{
	size_t count = count_new(node, batch), most = count ? allowed(node) : 0;
	size_t left_out = count > most ? count - most : 0;

	node->lines_dropped += left_out;
	for (size_t i = 0; i < batch->logs_count; i++) {
		if (batch->logs[i].sequence > node->shown_log)
			show_lines(node, &batch->logs[i], batch->sent_ms, &left_out);
	}
	if (batch->logs_count && batch->logs[batch->logs_count - 1].sequence > node->shown_log)
		node->shown_log = batch->logs[batch->logs_count - 1].sequence;
}
