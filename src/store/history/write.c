#include "store/history/write.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "reading/check.h"
#include "reading/name.h"
#include "store/history/pack.h"

struct head {
	uint64_t sequence, time_ms;
	size_t sensor_size, key_size, values_size;
};

struct history_write *history_write_create(const char *node)
{
	struct history_write *write = calloc(1, sizeof(*write));

	if (!write)
		return NULL;
	snprintf(write->node, sizeof(write->node), "%s", node);
	buffer_init(&write->records, HISTORY_WRITE_SIZE_MAX);
	return write;
}

void history_write_destroy(struct history_write *write)
{
	if (!write)
		return;
	buffer_finish(&write->records);
	free(write);
}

/*
 * Whether this is an entry of the broker itself (log_outbox.c): a plugin cannot have such a name.
 */
static bool is_of_the_host(const struct history_write *write, const struct history_item *item)
{
	return write->is_own && item->sensor[0] == '_' && reading_name_is_valid(item->sensor) &&
	       item->time_ms <= HISTORY_TIME_MS_MAX && json_is_object(item->data);
}

static int check(const struct history_write *write, const struct history_item *item,
		 struct error *err)
{
	if (!write->is_own && (!item->sequence || item->sequence > HISTORY_SEQUENCE_MAX))
		return error_set(err, ERROR_INVALID,
				 "sequence: expected a number from 1 to 2^44-1");
	if (*item->plugin && !reading_name_is_valid(item->plugin))
		return error_set(
			err, ERROR_INVALID,
			"the name of a plugin may have at most %d letters, digits and \"-_.:\"",
			READING_NAME_MAX);
	if (is_of_the_host(write, item))
		return 0;
	return reading_check(item->sensor, item->time_ms, item->data, err);
}

static int pack(const struct history_item *item, struct buffer *key, struct buffer *values,
		struct error *err)
{
	int ret;

	buffer_append(key, item->simulated ? "1" : "0", 1);
	buffer_append_text(key, item->plugin);
	buffer_append(key, "\n", 1);
	ret = history_pack(item->data, key, values);
	if (ret == ERROR_INVALID)
		return error_set(err, ret,
				 "the name of a field must have at least one byte and no control "
				 "characters: give it another name");
	if (ret)
		return error_set(err, ret, "the reading cannot be written to the history: %s",
				 error_text(ret));
	return 0;
}

static int append(struct buffer *records, const struct history_item *item, const struct buffer *key,
		  const struct buffer *values)
{
	const struct head head = {
		.sequence = item->sequence,
		.time_ms = item->time_ms,
		.sensor_size = strlen(item->sensor),
		.key_size = key->size,
		.values_size = values->size,
	};
	size_t total = sizeof(head) + head.sensor_size + head.key_size + head.values_size;

	/* Append the whole record or nothing. */
	if (!buffer_reserve(records, total)) {
		int ret = records->failed;

		records->failed = 0;
		return ret;
	}
	buffer_append(records, &head, sizeof(head));
	buffer_append(records, item->sensor, head.sensor_size);
	buffer_append(records, key->data, key->size);
	buffer_append(records, values->data, values->size);
	return 0;
}

int history_write_add(struct history_write *write, const struct history_item *item,
		      struct error *err)
{
	struct buffer key, values;
	int ret = check(write, item, err);

	if (ret)
		return ret;
	buffer_init(&key, READING_SIZE_MAX + READING_NAME_MAX + 2);
	/* Lists are stored as JSON text with all digits, which may be longer than the original. */
	buffer_init(&values, 8 * READING_SIZE_MAX);
	ret = pack(item, &key, &values, err);
	if (!ret) {
		ret = append(&write->records, item, &key, &values);
		if (ret)
			error_set(err, ret, "the reading cannot wait in memory for the history: %s",
				  error_text(ret));
		else
			write->count++;
	}
	buffer_finish(&key);
	buffer_finish(&values);
	return ret;
}

bool history_write_next(const struct history_write *write, size_t *at,
			struct history_record *ret_record)
{
	const char *data = write->records.data + *at;
	struct head head;

	if (*at >= write->records.size)
		return false;
	memcpy(&head, data, sizeof(head));
	data += sizeof(head);
	*ret_record = (struct history_record){
		.sequence = head.sequence,
		.time_ms = head.time_ms,
		.sensor = data,
		.sensor_size = head.sensor_size,
		.key = data + head.sensor_size,
		.key_size = head.key_size,
		.values = data + head.sensor_size + head.key_size,
		.values_size = head.values_size,
	};
	*at += sizeof(head) + head.sensor_size + head.key_size + head.values_size;
	return true;
}

size_t history_record_size(const struct history_record *record)
{
	return sizeof(struct head) + record->sensor_size + record->key_size + record->values_size;
}

const char *history_record_plugin(const struct history_record *record, size_t *ret_size)
{
	/* After the character that marks simulated readings. */
	const char *plugin = record->key + 1;
	const char *end = memchr(plugin, '\n', record->key_size - 1);

	*ret_size = end ? (size_t)(end - plugin) : 0;
	return plugin;
}

size_t history_write_remove(struct history_write *write, const char *plugin, size_t bytes)
{
	struct history_record record;
	size_t from = 0, to = 0, next = 0, removed = 0, wanted = strlen(plugin);

	while (history_write_next(write, &next, &record)) {
		size_t size, name_size;
		const char *name = history_record_plugin(&record, &name_size);
		bool goes = removed < bytes && name_size == wanted && !memcmp(name, plugin, wanted);

		size = next - from;
		if (goes) {
			removed += size;
			write->count--;
		} else {
			memmove(write->records.data + to, write->records.data + from, size);
			to += size;
		}
		from = next;
	}
	write->records.size = to;
	return removed;
}
