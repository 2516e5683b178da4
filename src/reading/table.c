#include "reading/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "reading/create.h"
#include "reading/table_private.h"

struct reading_table *reading_table_create(void)
{
	return calloc(1, sizeof(struct reading_table));
}

void reading_table_destroy(struct reading_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->count; i++)
		reading_unref(table->entries[i].latest);
	free(table);
}

int reading_table_subscribe(struct reading_table *table, reading_consumer *consumer, void *arg)
{
	if (table->consumers_count == TABLE_CONSUMERS_MAX)
		return ERROR_TOO_LARGE;
	table->consumers[table->consumers_count].call = consumer;
	table->consumers[table->consumers_count++].arg = arg;
	return 0;
}

void reading_table_unsubscribe(struct reading_table *table, reading_consumer *consumer, void *arg)
{
	for (size_t i = 0; i < table->consumers_count; i++) {
		if (table->consumers[i].call != consumer || table->consumers[i].arg != arg)
			continue;
		table->consumers_count--;
		memmove(&table->consumers[i], &table->consumers[i + 1],
			(table->consumers_count - i) * sizeof(table->consumers[0]));
		return;
	}
}

/* FNV-1a (Fowler, Noll, Vo), 32 bits; the byte 0 ends each text, so that "a","bc" is not "ab","c". */
static uint32_t hash_text(uint32_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	while (*text++);
	return hash;
}

/* The slot of that sensor, or the free one where it belongs. */
static uint16_t *find_slot(struct reading_table *table, const char *node, const char *sensor)
{
	uint32_t at = hash_text(hash_text(2166136261u, node), sensor);

	for (;; at++) {
		uint16_t *slot = &table->slots[at % TABLE_SLOTS];
		const struct reading *reading;

		if (!*slot)
			return slot;
		reading = table->entries[*slot - 1].latest;
		if (!strcmp(reading->sensor, sensor) && !strcmp(reading->node, node))
			return slot;
	}
}

static void remove_entry(struct reading_table *table, size_t index)
{
	reading_unref(table->entries[index].latest);
	table->count--;
	memmove(&table->entries[index], &table->entries[index + 1],
		(table->count - index) * sizeof(table->entries[0]));
	memset(table->slots, 0, sizeof(table->slots));
	for (size_t i = 0; i < table->count; i++) {
		const struct reading *reading = table->entries[i].latest;

		*find_slot(table, reading->node, reading->sensor) = (uint16_t)(i + 1);
	}
}

/* A plugin that has named its sensors needs no other entry to speak for it. */
static void remove_stand_in(struct reading_table *table, const struct reading *reading)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct reading *other = table->entries[i].latest;

		if (!table->entries[i].stands_in || strcmp(other->plugin, reading->plugin) != 0 ||
		    strcmp(other->node, reading->node) != 0)
			continue;
		if (strcmp(other->sensor, reading->sensor) != 0)
			remove_entry(table, i);
		return;
	}
}

static bool is_of(const struct reading *reading, const char *node, const char *plugin)
{
	return !strcmp(reading->plugin, plugin) && !strcmp(reading->node, node);
}

static size_t count_of_plugin(const struct reading_table *table, const struct reading *reading)
{
	size_t count = 0;

	for (size_t i = 0; i < table->count; i++)
		count += is_of(table->entries[i].latest, reading->node, reading->plugin);
	return count;
}

/* Where the table is full, a sensor whose plugin is gone has been shown for long enough. */
static bool make_room(struct reading_table *table)
{
	if (table->count < READING_TABLE_SENSORS_MAX)
		return true;
	for (size_t i = 0; i < table->count; i++) {
		if (!table->entries[i].is_released)
			continue;
		remove_entry(table, i);
		return true;
	}
	return false;
}

static int find_or_add(struct reading_table *table, const struct reading *reading,
		       struct table_entry **ret_entry)
{
	uint16_t *slot = find_slot(table, reading->node, reading->sensor);
	const struct table_entry *found = *slot ? &table->entries[*slot - 1] : NULL;

	/* Nobody speaks for another's sensor. */
	if (found && !found->is_released && !found->stands_in &&
	    strcmp(found->latest->plugin, reading->plugin) != 0) {
		table->refused++;
		return ERROR_BUSY;
	}
	if (!found) {
		if (count_of_plugin(table, reading) >= READING_TABLE_PLUGIN_SENSORS_MAX ||
		    !make_room(table)) {
			table->refused++;
			return ERROR_TOO_LARGE;
		}
		slot = find_slot(table, reading->node, reading->sensor);
		table->entries[table->count++] = (struct table_entry){0};
		*slot = (uint16_t)table->count;
	}
	*ret_entry = &table->entries[*slot - 1];
	return 0;
}

/* A reading with an error says when the sensor was last well. One reference; NULL without memory. */
static struct reading *with_last_good(struct reading *reading, uint64_t last_good_ms)
{
	json_t *data;

	if (!last_good_ms || !reading_has_error(reading) ||
	    json_object_get(reading->data, "last_good_ms"))
		return reading_ref(reading);
	data = json_copy(reading->data);
	if (json_object_set_new(data, "last_good_ms", json_integer((json_int_t)last_good_ms))) {
		json_decref(data);
		return NULL;
	}
	return reading_create_like(reading, data);
}

static void tell_consumers(struct reading_table *table, const struct reading *reading)
{
	for (size_t i = 0; i < table->consumers_count; i++)
		table->consumers[i].call(table->consumers[i].arg, reading);
}

static int put(struct reading_table *table, struct reading *given, bool stands_in)
{
	struct table_entry *entry;
	struct reading *reading;
	uint64_t last_good_ms = 0;
	uint16_t *slot;
	int ret;

	slot = find_slot(table, given->node, given->sensor);
	if (*slot)
		last_good_ms = table->entries[*slot - 1].last_good_ms;
	reading = with_last_good(given, last_good_ms);
	if (!reading)
		return ERROR_NO_MEMORY;
	if (!stands_in)
		remove_stand_in(table, reading);
	ret = find_or_add(table, reading, &entry);
	if (ret) {
		reading_unref(reading);
		return ret;
	}
	reading_unref(entry->latest);
	entry->latest = reading;
	entry->stands_in = stands_in;
	entry->is_released = false;
	if (reading_has_value(reading) && !reading_has_error(reading)) {
		if (entry->last_good_ms && reading->timestamp_ms > entry->last_good_ms)
			entry->interval_ms = reading->timestamp_ms - entry->last_good_ms;
		entry->last_good_ms = reading->timestamp_ms;
	}
	entry->revision = ++table->revision;
	if (reading->timestamp_ms > table->last_update_ms)
		table->last_update_ms = reading->timestamp_ms;
	tell_consumers(table, reading);
	return 0;
}

int reading_table_put(struct reading_table *table, struct reading *reading)
{
	return put(table, reading, false);
}

static void fail_sensor(struct reading_table *table, const struct reading_source *source,
			const struct table_entry *entry, const char *text)
{
	struct reading *reading;
	bool stands_in = !entry || entry->stands_in;

	reading = reading_create_failed(source, entry ? entry->latest->sensor : source->plugin,
					entry ? entry->latest : NULL,
					entry ? entry->last_good_ms : 0, text);
	if (!reading)
		return;
	put(table, reading, stands_in);
	reading_unref(reading);
}

void reading_table_fail(struct reading_table *table, const struct reading_source *source,
			const char *text)
{
	char node[READING_NAME_MAX + 1], plugin[READING_NAME_MAX + 1];
	size_t failed = 0;

	/* As its readings have them. */
	reading_clean_name(node, source->node);
	reading_clean_name(plugin, source->plugin);
	for (size_t i = 0; i < table->count; i++) {
		const struct reading *latest = table->entries[i].latest;

		if (!is_of(latest, node, plugin))
			continue;
		fail_sensor(table, source, &table->entries[i], text);
		failed++;
	}
	if (failed == 0)
		fail_sensor(table, source, NULL, text);
}

void reading_table_release(struct reading_table *table, const struct reading_source *source,
			   const char *text)
{
	char node[READING_NAME_MAX + 1], plugin[READING_NAME_MAX + 1];

	reading_table_fail(table, source, text);
	reading_clean_name(node, source->node);
	reading_clean_name(plugin, source->plugin);
	for (size_t i = 0; i < table->count; i++) {
		if (!is_of(table->entries[i].latest, node, plugin))
			continue;
		table->entries[i].is_released = true;
		table->entries[i].released_ms = source->now_ms;
	}
}

static void forget_entry(struct reading_table *table, size_t index)
{
	remove_entry(table, index);
	table->removals++;
	table->revision++;
}

int reading_table_forget(struct reading_table *table, const char *sensor_id)
{
	char id[2 * READING_NAME_MAX + 2];

	for (size_t i = 0; i < table->count; i++) {
		const struct reading *latest = table->entries[i].latest;

		snprintf(id, sizeof(id), "%s:%s", latest->node, latest->sensor);
		if (strcmp(id, sensor_id) != 0)
			continue;
		if (!table->entries[i].is_released)
			return ERROR_BUSY;
		forget_entry(table, i);
		return 0;
	}
	return ERROR_NOT_FOUND;
}

void reading_table_forget_old(struct reading_table *table, uint64_t now_ms)
{
	for (size_t i = table->count; i-- > 0;) {
		const struct table_entry *entry = &table->entries[i];

		if (entry->is_released && now_ms > entry->released_ms &&
		    now_ms - entry->released_ms >= READING_TABLE_RELEASED_MS)
			forget_entry(table, i);
	}
}

uint64_t reading_table_removals(const struct reading_table *table)
{
	return table->removals;
}

void reading_table_let_go(struct reading_table *table, const char *node, const char *sensor)
{
	const uint16_t *slot = find_slot(table, node, sensor);

	if (*slot)
		table->entries[*slot - 1].is_released = true;
}

uint64_t reading_table_revision(const struct reading_table *table)
{
	return table->revision;
}

size_t reading_table_count(const struct reading_table *table)
{
	return table->count;
}

uint64_t reading_table_refused(const struct reading_table *table)
{
	return table->refused;
}
