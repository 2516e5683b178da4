/*
 * Shows readings: in the form of /api/v1, with their age, their status, their units and their
 * descriptions; and in the form of /api/readings, as reading_to_json() has it. The text of a
 * reading's data is made once, with the reading, and copied from there.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json_text.h"
#include "base/text.h"
#include "reading/catalogue.h"
#include "reading/create.h"
#include "reading/internal.h"

#define STALE_INTERVALS 3      /* a reading is stale after so many intervals */
#define STALE_MS_MIN 5000      /* but not before this age */
#define STALE_MS_UNKNOWN 60000 /* instead, while the interval is unknown */
#define ERROR_TEXT_MAX 512     /* bytes of "error" beside "data", which has the whole text */

static uint64_t age_ms(const struct table_entry *entry, uint64_t now_ms)
{
	uint64_t then_ms = entry->latest->timestamp_ms;

	return now_ms > then_ms ? now_ms - then_ms : 0;
}

static bool is_stale(const struct table_entry *entry, uint64_t now_ms)
{
	uint64_t limit_ms = STALE_MS_UNKNOWN;

	if (entry->interval_ms)
		limit_ms = STALE_INTERVALS * entry->interval_ms;
	return age_ms(entry, now_ms) > (limit_ms > STALE_MS_MIN ? limit_ms : STALE_MS_MIN);
}

static const char *status_of(const struct table_entry *entry, uint64_t now_ms)
{
	if (reading_has_error(entry->latest))
		return "error";
	return is_stale(entry, now_ms) ? "stale" : "ok";
}

static json_t *error_of(const struct reading *reading)
{
	const char *whole = json_string_value(json_object_get(reading->data, "error"));
	char text[ERROR_TEXT_MAX + 1];

	if (!whole)
		return json_null();
	snprintf(text, sizeof(text), "%s", whole);
	text_make_utf8(text);
	return json_string(text);
}

/* A new reference */
static json_t *describe(const struct reading_table *table, const struct reading *reading)
{
	const json_t *description =
		table->catalogue ? reading_catalogue_describe(table->catalogue, reading) : NULL;

	return description ? json_incref((json_t *)(uintptr_t)description) : json_object();
}

static json_t *show(const struct reading_table *table, const struct table_entry *entry,
		    uint64_t now_ms)
{
	const struct reading *reading = entry->latest;
	json_t *description = describe(table, reading);

	return json_pack("{s:s, s:s, s:o, s:s, s:I, s:I, s:s, s:b, s:b, s:o, s:O, s:o, s:o}",
			 "node", reading->node, "sensor", reading->sensor, "sensor_id",
			 json_sprintf("%s:%s", reading->node, reading->sensor), "plugin",
			 reading->plugin, "timestamp_ms", (json_int_t)reading->timestamp_ms,
			 "age_ms", (json_int_t)age_ms(entry, now_ms), "status",
			 status_of(entry, now_ms), "simulated", (int)reading->simulated, "removed",
			 (int)entry->is_released, "error", error_of(reading), "data", reading->data,
			 "units", reading_units(reading, description), "description", description);
}

/* Writes names unescaped: reading_clean_name() left no byte that JSON would escape. */
void table_write_shown(const struct reading_table *table, const struct table_entry *entry,
		       uint64_t now_ms, struct buffer *text)
{
	const struct reading *reading = entry->latest;
	json_t *description = describe(table, reading);
	json_t *error = error_of(reading), *units = reading_units(reading, description);
	char *error_text = json_text(error);
	char *units_text = json_text(units);

	buffer_printf(text,
		      "{\"node\":\"%s\",\"sensor\":\"%s\",\"sensor_id\":\"%s:%s\","
		      "\"plugin\":\"%s\",\"timestamp_ms\":%" PRIu64 ",\"age_ms\":%" PRIu64
		      ",\"status\":\"%s\",\"simulated\":%s,\"removed\":%s,\"error\":%s,"
		      "\"data\":",
		      reading->node, reading->sensor, reading->node, reading->sensor,
		      reading->plugin, reading->timestamp_ms, age_ms(entry, now_ms),
		      status_of(entry, now_ms), reading->simulated ? "true" : "false",
		      entry->is_released ? "true" : "false", error_text ? error_text : "null");
	buffer_append(text, entry->latest->text, entry->latest->text_size);
	buffer_printf(text, ",\"units\":%s,\"description\":%s}", units_text ? units_text : "{}",
		      table->catalogue ? reading_catalogue_text(table->catalogue, reading) : "{}");
	free(error_text);
	free(units_text);
	json_decref(error);
	json_decref(units);
	json_decref(description);
}

void reading_table_write_shown(const struct reading_table *table, uint64_t now_ms,
			       struct buffer *text)
{
	buffer_append_text(text, "[");
	for (size_t i = 0; i < table->count; i++) {
		buffer_append_text(text, i ? "," : "");
		table_write_shown(table, &table->entries[i], now_ms, text);
	}
	buffer_append_text(text, "]");
}

json_t *reading_table_show(const struct reading_table *table, uint64_t after, uint64_t now_ms)
{
	json_t *list = json_array();

	for (size_t i = 0; i < table->count; i++) {
		if (table->entries[i].revision <= after)
			continue;
		if (json_array_append_new(list, show(table, &table->entries[i], now_ms))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static int add_description(const struct reading_table *table, const struct reading *reading,
			   bool with_node, json_t *list)
{
	json_t *description = describe(table, reading);
	char id[2 * READING_NAME_MAX + 2];

	snprintf(id, sizeof(id), "%s%s%s", with_node ? reading->node : "", with_node ? ":" : "",
		 reading->sensor);
	if (json_object_size(description))
		return json_object_set_new(list, id, description);
	json_decref(description);
	return 0;
}

json_t *reading_table_descriptions(const struct reading_table *table, const char *node)
{
	json_t *list = json_object();

	for (size_t i = 0; i < table->count; i++) {
		const struct reading *reading = table->entries[i].latest;

		if (node && strcmp(reading->node, node) != 0)
			continue;
		if (add_description(table, reading, !node, list)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

void reading_table_each(const struct reading_table *table, reading_consumer *on_reading, void *arg)
{
	for (size_t i = 0; i < table->count; i++)
		on_reading(arg, table->entries[i].latest);
}

json_t *reading_table_ids(const struct reading_table *table)
{
	json_t *list = json_array();

	for (size_t i = 0; i < table->count; i++) {
		const struct reading *reading = table->entries[i].latest;

		if (json_array_append_new(list,
					  json_sprintf("%s:%s", reading->node, reading->sensor))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

size_t reading_table_stale(const struct reading_table *table, uint64_t now_ms)
{
	size_t count = 0;

	for (size_t i = 0; i < table->count; i++)
		count += is_stale(&table->entries[i], now_ms);
	return count;
}

uint64_t reading_table_last_update(const struct reading_table *table)
{
	return table->last_update_ms;
}

/* The form of /api/readings */

/* Write the same as reading_to_json(). */
static void write_entry(const struct table_entry *entry, struct buffer *text)
{
	const struct reading *reading = entry->latest;

	buffer_printf(text, "{\"sensor_id\":\"%s:%s\",\"timestamp_ms\":%" PRIu64 ",\"data\":",
		      reading->node, reading->sensor, reading->timestamp_ms);
	buffer_append(text, reading->text, reading->text_size);
	buffer_append_text(text, reading->simulated ? ",\"simulated\":true}" : "}");
}

void reading_table_write(const struct reading_table *table, struct buffer *text)
{
	buffer_append_text(text, "{\"readings\":[");
	for (size_t i = 0; i < table->count; i++) {
		buffer_append_text(text, i ? "," : "");
		write_entry(&table->entries[i], text);
	}
	buffer_printf(text, "],\"last_update\":%" PRIu64 "}", table->last_update_ms);
}
