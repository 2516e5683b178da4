#include "link/batch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/gzip.h"
#include "base/json_text.h"
#include "reading/name.h"
#include "store/history/history.h"

#define STREAM_TEXT_SIZE 17

/* Encoding */

static json_t *item_to_json(const struct history_item *item)
{
	return json_pack("{s:I, s:I, s:s, s:s, s:b, s:O}", "sequence", (json_int_t)item->sequence,
			 "timestamp_ms", (json_int_t)item->time_ms, "sensor", item->sensor,
			 "plugin", item->plugin, "simulated", (int)item->simulated, "data",
			 item->data);
}

static json_t *log_to_json(const struct history_item *item)
{
	return json_pack("{s:I, s:O, s:O}", "sequence", (json_int_t)item->sequence, "lines",
			 json_object_get(item->data, "lines"), "dropped",
			 json_object_get(item->data, "dropped"));
}

/* Whether log_outbox.c made this item: no plugin can use this name. */
static bool is_log(const struct history_item *item)
{
	return !strcmp(item->sensor, SPOKE_LINK_LOG_SENSOR) && !*item->plugin &&
	       json_is_array(json_object_get(item->data, "lines")) &&
	       json_is_integer(json_object_get(item->data, "dropped"));
}

static int append_item(struct buffer *text, const struct history_item *item, bool is_first)
{
	json_t *value = is_log(item) ? log_to_json(item) : item_to_json(item);
	char *dump = value ? json_text(value) : NULL;
	int ret = dump ? 0 : ERROR_NO_MEMORY;

	if (!ret && !is_first)
		ret = buffer_append_text(text, ",");
	if (!ret)
		ret = buffer_append_text(text, dump);
	free(dump);
	json_decref(value);
	return ret;
}

/* Append the logs among the first `count` items, or those that are not logs. */
static int append_items(struct buffer *text, const struct history_batch *history, size_t count,
			bool logs)
{
	bool is_first = true;
	int ret = 0;

	for (size_t i = 0; !ret && i < count; i++) {
		if (is_log(&history->items[i]) != logs)
			continue;
		ret = append_item(text, &history->items[i], is_first);
		is_first = false;
	}
	return ret;
}

/* Encode the first `count` items, compressed. */
static int encode(const char *node, uint64_t now_ms, const struct history_batch *history,
		  size_t count, struct buffer *out)
{
	struct buffer text;
	int ret;

	buffer_clear(out);
	buffer_init(&text, SPOKE_LINK_TEXT_MAX);
	ret = buffer_printf(&text,
			    "{\"protocol\":%d,\"node\":\"%s\",\"stream\":\"%" PRIx64
			    "\",\"sent_ms\":%" PRIu64 ",\"skipped\":%" PRIu64 ",\"readings\":[",
			    SPOKE_LINK_PROTOCOL, node, history->stream, now_ms, history->skipped);
	if (!ret)
		ret = append_items(&text, history, count, false);
	if (!ret)
		ret = buffer_append_text(&text, "],\"logs\":[");
	if (!ret)
		ret = append_items(&text, history, count, true);
	if (!ret)
		ret = buffer_append_text(&text, "]}");
	if (!ret)
		ret = gzip_pack(text.data, text.size, 1, out);
	buffer_finish(&text);
	return ret ? ret : out->size > SPOKE_LINK_BODY_MAX ? ERROR_TOO_LARGE : 0;
}

int spoke_link_batch_encode(const char *node, uint64_t now_ms, const struct history_batch *history,
			    struct buffer *out, size_t *ret_count)
{
	size_t count =
		history->count < SPOKE_LINK_ITEMS_MAX ? history->count : SPOKE_LINK_ITEMS_MAX;
	int ret = encode(node, now_ms, history, count, out);

	while (ret == ERROR_TOO_LARGE && count > 1) {
		count /= 2;
		ret = encode(node, now_ms, history, count, out);
	}
	if (!ret)
		*ret_count = count;
	return ret;
}

/* Decoding */

static int read_name(const json_t *object, const char *key, bool may_be_empty,
		     const char **ret_name, struct error *err)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);
	bool is_empty = may_be_empty && text && !json_string_length(value);

	if (!is_empty &&
	    (!reading_name_is_valid(text) || strlen(text) != json_string_length(value)))
		return error_set(err, ERROR_MALFORMED,
				 "%s: expected %d to %d letters, digits and \"-_.:\"", key,
				 may_be_empty ? 0 : 1, READING_NAME_MAX);
	*ret_name = text;
	return 0;
}

static int read_number(const json_t *object, const char *key, uint64_t minimum, uint64_t maximum,
		       uint64_t *ret_value, struct error *err)
{
	const json_t *value = json_object_get(object, key);
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < (json_int_t)minimum || number > (json_int_t)maximum)
		return error_set(err, ERROR_MALFORMED,
				 "%s: expected a number from %" PRIu64 " to %" PRIu64, key, minimum,
				 maximum);
	*ret_value = (uint64_t)number;
	return 0;
}

/* Hexadecimal text, since not every JSON parser reads numbers of 64 bits. */
static int read_stream(const json_t *root, uint64_t *ret_stream, struct error *err)
{
	const char *text = json_string_value(json_object_get(root, "stream"));

	if (!text || !*text || strlen(text) >= STREAM_TEXT_SIZE ||
	    text[strspn(text, "0123456789abcdef")])
		return error_set(err, ERROR_MALFORMED,
				 "stream: expected 1 to 16 hexadecimal digits");
	*ret_stream = strtoull(text, NULL, 16);
	return 0;
}

static int read_item(const json_t *value, uint64_t after, struct history_item *ret_item,
		     struct error *err)
{
	const json_t *simulated = json_object_get(value, "simulated");
	int ret = read_number(value, "sequence", after + 1, HISTORY_SEQUENCE_MAX,
			      &ret_item->sequence, err);

	if (!ret)
		ret = read_number(value, "timestamp_ms", 0, HISTORY_TIME_MS_MAX, &ret_item->time_ms,
				  err);
	if (!ret)
		ret = read_name(value, "sensor", false, &ret_item->sensor, err);
	if (!ret)
		ret = read_name(value, "plugin", true, &ret_item->plugin, err);
	if (ret)
		return ret;
	ret_item->data = json_object_get(value, "data");
	if (!json_is_object(ret_item->data))
		return error_set(err, ERROR_MALFORMED, "data: expected an object");
	if (simulated && !json_is_boolean(simulated))
		return error_set(err, ERROR_MALFORMED, "simulated: expected true or false");
	ret_item->simulated = json_is_true(simulated);
	return 0;
}

void spoke_link_refuse_item(struct spoke_link_refusals *refusals, uint64_t sequence,
			    const char *sensor, const struct error *why)
{
	json_t *number = sequence ? json_integer((json_int_t)sequence) : json_null();

	refusals->count++;
	if (!refusals->list)
		refusals->list = json_array();
	if (json_array_size(refusals->list) == SPOKE_LINK_REFUSALS_MAX) {
		json_decref(number);
		return;
	}
	/* Without memory only the reason is lost; the item is counted. */
	json_array_append_new(refusals->list, json_pack("{s:o, s:s?, s:s}", "sequence", number,
							"sensor", sensor, "reason", why->text));
}

static void refuse_item(struct spoke_link_batch *batch, const json_t *value, size_t index,
			struct error *why)
{
	json_int_t sequence = json_integer_value(json_object_get(value, "sequence"));
	const char *sensor = json_string_value(json_object_get(value, "sensor"));

	error_wrap(why, why->code, "reading %zu", index + 1);
	spoke_link_refuse_item(&batch->refusals, sequence > 0 ? (uint64_t)sequence : 0,
			       reading_name_is_valid(sensor) ? sensor : NULL, why);
}

static int read_items(struct spoke_link_batch *batch, struct error *err)
{
	const json_t *list = json_object_get(batch->root, "readings"), *value;
	uint64_t after = 0;
	size_t i;

	if (!json_is_array(list))
		return error_set(err, ERROR_MALFORMED, "readings: expected a list of readings");
	if (!json_array_size(list))
		return 0;
	if (json_array_size(list) > SPOKE_LINK_ITEMS_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "readings: more than %d in one batch: send several batches",
				 SPOKE_LINK_ITEMS_MAX);
	batch->items = calloc(json_array_size(list), sizeof(*batch->items));
	if (!batch->items)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading the batch; this machine needs more "
				 "free memory");
	json_array_foreach(list, i, value)
	{
		struct history_item *item = &batch->items[batch->count];
		struct error why;

		if (read_item(value, after, item, &why)) {
			refuse_item(batch, value, i, &why);
			continue;
		}
		after = item->sequence;
		batch->count++;
	}
	return 0;
}

static int read_log(const json_t *value, uint64_t after, struct spoke_link_log *ret_log,
		    struct error *err)
{
	int ret = read_number(value, "sequence", after + 1, HISTORY_SEQUENCE_MAX,
			      &ret_log->sequence, err);

	if (ret)
		return ret;
	ret_log->lines = json_object_get(value, "lines");
	if (!json_is_array(ret_log->lines))
		return error_set(err, ERROR_MALFORMED, "lines: expected a list of log lines");
	if (json_array_size(ret_log->lines) > SPOKE_LINK_LINES_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "lines: more than %d in one item: make several items",
				 SPOKE_LINK_LINES_MAX);
	return 0;
}

static int read_logs(struct spoke_link_batch *batch, struct error *err)
{
	const json_t *list = json_object_get(batch->root, "logs");
	size_t count = json_array_size(list);
	uint64_t after = 0;
	int ret;

	if (list && !json_is_array(list))
		return error_set(err, ERROR_MALFORMED,
				 "logs: expected a list of objects with `source` and `lines`");
	if (!count)
		return 0;
	if (count > SPOKE_LINK_ITEMS_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "logs: more than %d in one batch: send several batches",
				 SPOKE_LINK_ITEMS_MAX);
	batch->logs = calloc(count, sizeof(*batch->logs));
	if (!batch->logs)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading the batch; this machine needs more "
				 "free memory");
	batch->logs_count = count;
	for (size_t i = 0; i < count; i++) {
		ret = read_log(json_array_get(list, i), after, &batch->logs[i], err);
		if (ret)
			return error_wrap(err, ret, "entry %zu of `log`", i + 1);
		after = batch->logs[i].sequence;
	}
	return 0;
}

int spoke_link_check_protocol(uint64_t protocol, struct error *err)
{
	if (protocol >= SPOKE_LINK_PROTOCOL_MIN && protocol <= SPOKE_LINK_PROTOCOL)
		return 0;
	return error_set(err, ERROR_UNSUPPORTED,
			 "protocol %" PRIu64
			 ": this hub supports %d to %d; install the same version of "
			 "harvester on hub and spoke",
			 protocol, SPOKE_LINK_PROTOCOL_MIN, SPOKE_LINK_PROTOCOL);
}

static int read_head(struct spoke_link_batch *batch, struct error *err)
{
	const char *node;
	uint64_t protocol;
	int ret = read_number(batch->root, "protocol", 1, INT32_MAX, &protocol, err);

	if (!ret)
		ret = spoke_link_check_protocol(protocol, err);
	if (!ret)
		ret = read_name(batch->root, "node", false, &node, err);
	if (!ret)
		ret = read_stream(batch->root, &batch->stream, err);
	if (!ret)
		ret = read_number(batch->root, "sent_ms", 0, HISTORY_TIME_MS_MAX, &batch->sent_ms,
				  err);
	if (!ret)
		ret = read_number(batch->root, "skipped", 0, HISTORY_SEQUENCE_MAX, &batch->skipped,
				  err);
	if (!ret)
		snprintf(batch->node, sizeof(batch->node), "%s", node);
	return ret;
}

static int parse(const void *data, size_t size, json_t **ret_root, struct error *err)
{
	json_error_t where;
	/* Accept a NUL in a string here, so that it makes only its item invalid, not the batch. */
	json_t *root = json_loadb(data, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &where);

	if (!json_is_object(root)) {
		json_decref(root);
		return error_set(err, ERROR_MALFORMED,
				 "the body is not a JSON object, as a batch must be: %s",
				 root ? "it is another value" : where.text);
	}
	*ret_root = root;
	return 0;
}

static int unpack(const void *data, size_t size, struct buffer *text, struct error *err)
{
	int ret = gzip_unpack(data, size, text);

	if (ret == ERROR_TOO_LARGE)
		return error_set(err, ret, "the batch has more than %u bytes: send several batches",
				 SPOKE_LINK_TEXT_MAX);
	return ret ? error_set(err, ret,
			       "the body is not complete gzip data: compress the batch again, or "
			       "send it without Content-Encoding")
		   : 0;
}

int spoke_link_batch_decode(const void *data, size_t size, bool is_gzip,
			    struct spoke_link_batch *ret_batch, struct error *err)
{
	struct spoke_link_batch batch = {0};
	struct buffer text;
	int ret;

	buffer_init(&text, SPOKE_LINK_TEXT_MAX);
	ret = is_gzip ? unpack(data, size, &text, err) : 0;
	batch.text_size = ret == ERROR_TOO_LARGE ? SPOKE_LINK_TEXT_MAX : is_gzip ? text.size : size;
	if (!ret)
		ret = is_gzip ? parse(text.data ? text.data : "", text.size, &batch.root, err)
			      : parse(data, size, &batch.root, err);
	buffer_finish(&text);
	if (!ret)
		ret = read_head(&batch, err);
	if (!ret)
		ret = read_items(&batch, err);
	if (!ret)
		ret = read_logs(&batch, err);
	if (!ret && !batch.count && !batch.refusals.count && !batch.logs_count)
		ret = error_set(
			err, ERROR_MALFORMED,
			"the batch has neither readings nor logs: send at least one of them");
	if (ret) {
		spoke_link_batch_finish(&batch);
		batch = (struct spoke_link_batch){.text_size = batch.text_size};
	}
	*ret_batch = batch;
	return ret;
}

void spoke_link_batch_finish(struct spoke_link_batch *batch)
{
	free(batch->items);
	free(batch->logs);
	json_decref(batch->refusals.list);
	json_decref(batch->root);
}
