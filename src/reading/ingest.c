#include "reading/ingest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "config/config.h"
#include "reading/create.h"
#include "reading/filter/filters.h"
#include "reading/intake.h"
#include "reading/owners.h"
#include "reading/reading.h"
#include "reading/table.h"

static struct reading_source make_source(const struct reading_ingest *ingest, const char *plugin,
					 bool simulated)
{
	return (struct reading_source){
		.node = ingest->config->cluster.node_id,
		.plugin = plugin,
		.now_ms = clock_unix_ms(ingest->clock),
		.simulated = simulated,
	};
}

__attribute__((format(printf, 3, 4))) static void warn(const struct reading_ingest *ingest,
						       const char *plugin, const char *format, ...)
{
	char text[READING_INGEST_TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	ingest->on_warning(ingest->arg, plugin, text);
}

/* The caller has checked that the sensor belongs to this plugin. If the table still has it under
 * another plugin, that reading is removed. */
static void put_own(const struct reading_ingest *ingest, const char *plugin,
		    struct reading *reading)
{
	int ret = reading_table_put(ingest->table, reading);

	if (ret == ERROR_BUSY) {
		reading_table_let_go(ingest->table, reading->node, reading->sensor);
		ret = reading_table_put(ingest->table, reading);
	}
	if (!ret)
		reading_owners_keep(ingest->owners, plugin, reading->sensor);
}

static uint64_t monotonic_ms(const struct reading_ingest *ingest)
{
	return clock_monotonic_ns(ingest->clock) / 1000000;
}

/* A new reference; NULL if memory runs out. */
static struct reading *filter(const struct reading_ingest *ingest, const char *plugin,
			      struct reading *reading)
{
	unsigned rejected = 0;
	struct reading *filtered;

	if (!ingest->filters)
		return reading_ref(reading);
	filtered = reading_filters_apply(ingest->filters, ingest->config, reading,
					 monotonic_ms(ingest), &rejected);
	if (rejected)
		reading_intake_reject(ingest->intake, plugin, rejected);
	return filtered;
}

static void put_filtered(const struct reading_ingest *ingest, const char *plugin,
			 struct reading *reading)
{
	struct reading *filtered = filter(ingest, plugin, reading);

	if (filtered)
		put_own(ingest, plugin, filtered);
	reading_unref(filtered);
}

static void put(const struct reading_ingest *ingest, const char *plugin, struct reading *reading,
		uint64_t now_ms)
{
	const char *owner = reading_owners_check(ingest->owners, plugin, reading->sensor, now_ms);

	if (!owner)
		put_filtered(ingest, plugin, reading);
	else if (reading_owners_refuse(ingest->owners, plugin, reading->sensor, owner))
		warn(ingest, plugin,
		     "its sensor %s belongs to the plugin %s: these readings are ignored; give one "
		     "of the two another sensor_id",
		     reading->sensor, owner);
}

/* Warn once when a plugin begins to exceed its share; the plugin's card shows it all the time. */
static void warn_of_share(const struct reading_ingest *ingest, const char *plugin,
			  const struct reading_share *before)
{
	const struct reading_share now =
		reading_table_share(ingest->table, ingest->config->cluster.node_id, plugin);

	if (now.refused == before->refused && now.shortened == before->shortened)
		return;
	if (now.refused || now.shortened)
		warn(ingest, plugin,
		     "its last poll returned %zu sensors too many (%d at most, fewer if many "
		     "plugins share the table), and %zu with more data than its share: return "
		     "fewer or smaller readings",
		     now.refused, READING_TABLE_PLUGIN_SENSORS_MAX, now.shortened);
}

static void warn_of_notes(const struct reading_ingest *ingest, const char *plugin,
			  const struct reading_notes *notes)
{
	if (reading_intake_note(ingest->intake, plugin, notes, monotonic_ms(ingest)))
		ingest->on_warning(ingest->arg, plugin, notes->text);
}

void reading_batch_init(struct reading_batch *batch, const json_t *value,
			const struct reading_source *source)
{
	struct reading_source noting = *source;

	*batch = (struct reading_batch){.now_ms = source->now_ms};
	noting.notes = &batch->notes;
	batch->err.code =
		readings_from_json(value, &noting, &batch->readings, &batch->count, &batch->err);
}

void reading_batch_finish(struct reading_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		reading_unref(batch->readings[i]);
	free(batch->readings);
}

int reading_ingest_batch(const struct reading_ingest *ingest, const char *plugin,
			 const struct reading_batch *batch, struct error *err)
{
	const char *node = ingest->config->cluster.node_id;
	const struct reading_share before = reading_table_share(ingest->table, node, plugin);

	warn_of_notes(ingest, plugin, &batch->notes);
	if (batch->err.code) {
		*err = batch->err;
		reading_intake_refuse(ingest->intake, plugin);
		return err->code;
	}
	reading_owners_begin(ingest->owners, plugin);
	reading_table_begin(ingest->table, node, plugin);
	for (size_t i = 0; i < batch->count; i++)
		put(ingest, plugin, batch->readings[i], batch->now_ms);
	warn_of_share(ingest, plugin, &before);
	return 0;
}

void reading_ingest_failure(const struct reading_ingest *ingest, const char *plugin,
			    const char *text, bool simulated)
{
	struct reading_source source = make_source(ingest, plugin, simulated);

	reading_table_fail(ingest->table, &source, text);
}

/* The newest reading of the sensor again, with the field null. It keeps its time: no plugin was
 * asked. */
static void expire(void *arg, const char *sensor, const char *field, double seconds)
{
	const struct reading_ingest *ingest = arg;
	const struct reading *latest =
		reading_table_find(ingest->table, ingest->config->cluster.node_id, sensor);
	struct reading *reading;
	json_t *data;

	if (!latest || json_is_null(json_object_get(latest->data, field)))
		return;
	data = json_copy(latest->data);
	json_object_set_new(data, field, json_null());
	json_object_set_new(data, "error",
			    json_sprintf("%s: no value for %.10g s (timeout)", field, seconds));
	reading = reading_create_like(latest, data);
	if (reading)
		reading_table_put(ingest->table, reading);
	reading_unref(reading);
}

void reading_ingest_expire(const struct reading_ingest *ingest)
{
	if (ingest->filters)
		reading_filters_expire(ingest->filters, monotonic_ms(ingest), expire,
				       (void *)(uintptr_t)ingest);
}

void reading_ingest_removal(const struct reading_ingest *ingest, const char *plugin,
			    const char *why)
{
	struct reading_source source = make_source(ingest, plugin, false);

	reading_table_release(ingest->table, &source, why);
	reading_owners_trim(ingest->owners, source.now_ms);
}
