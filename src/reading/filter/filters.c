#include "reading/filter/filters.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/text.h"
#include "config/config.h"
#include "reading/create.h"
#include "reading/filter/chain.h"

/* The filters of one field of one sensor of this node. The configuration limits their number. */
struct filtered {
	LIST_ENTRY(filtered) link;
	char sensor[READING_NAME_MAX + 1];
	char field[READING_NAME_MAX + 1];
	struct filter_chain *chain; /* owned */
};

LIST_HEAD(filtered_list, filtered);

struct reading_filters {
	struct filtered_list list;
};

/* A reading while it is filtered. */
struct filtering {
	struct reading_filters *filters;
	const struct reading *reading;
	json_t *data; /* owned: a copy of the reading's data */
	uint64_t now_ms;
	unsigned rejected;
	bool failed;		       /* memory ran out */
	char note[READING_ERROR_SIZE]; /* which fields are null, and why */
};

struct reading_filters *reading_filters_create(void)
{
	return calloc(1, sizeof(struct reading_filters));
}

static void forget(struct filtered *filtered)
{
	LIST_REMOVE(filtered, link);
	filter_chain_destroy(filtered->chain);
	free(filtered);
}

void reading_filters_destroy(struct reading_filters *filters)
{
	while (filters && !LIST_EMPTY(&filters->list))
		forget(LIST_FIRST(&filters->list));
	free(filters);
}

static bool is_unchanged(const struct filtered *filtered, const struct config *config)
{
	const struct config_field *field = config_find_field(
		config_find_sensor(config, config->cluster.node_id, filtered->sensor),
		filtered->field);

	return field && filter_chain_has(filtered->chain, field->filters, field->filters_count);
}

void reading_filters_configure(struct reading_filters *filters, const struct config *config)
{
	struct filtered *filtered = LIST_FIRST(&filters->list), *next;

	for (; filtered; filtered = next) {
		next = LIST_NEXT(filtered, link);
		if (!is_unchanged(filtered, config))
			forget(filtered);
	}
}

static struct filtered *add(struct reading_filters *filters, const char *sensor,
			    const struct config_field *field)
{
	struct filtered *filtered = calloc(1, sizeof(*filtered));

	if (!filtered)
		return NULL;
	filtered->chain = filter_chain_create(field->filters, field->filters_count);
	if (!filtered->chain) {
		free(filtered);
		return NULL;
	}
	snprintf(filtered->sensor, sizeof(filtered->sensor), "%s", sensor);
	snprintf(filtered->field, sizeof(filtered->field), "%s", field->name);
	LIST_INSERT_HEAD(&filters->list, filtered, link);
	return filtered;
}

/* NULL if memory runs out. */
static struct filtered *need(struct reading_filters *filters, const char *sensor,
			     const struct config_field *field)
{
	struct filtered *filtered;

	LIST_FOREACH(filtered, &filters->list, link)
	{
		if (!strcmp(filtered->field, field->name) && !strcmp(filtered->sensor, sensor))
			return filtered;
	}
	return add(filters, sensor, field);
}

static void add_note(struct filtering *filtering, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Cut if it does not fit, since the field is null anyway. */
static void add_note(struct filtering *filtering, const char *format, ...)
{
	size_t used = strlen(filtering->note);
	va_list args;

	if (used && used + 2 < sizeof(filtering->note)) {
		memcpy(filtering->note + used, "; ", 3);
		used += 2;
	}
	va_start(args, format);
	vsnprintf(filtering->note + used, sizeof(filtering->note) - used, format, args);
	va_end(args);
	text_make_utf8(filtering->note);
}

static void set(struct filtering *filtering, const char *field, json_t *value)
{
	filtering->failed |= json_object_set_new(filtering->data, field, value) != 0;
}

/* Not if the plugin has a field of this name, or the reading has no room for one more. */
static void keep_raw(struct filtering *filtering, const char *field, double value)
{
	char name[READING_NAME_MAX + 1];
	size_t room = READING_SIZE_MAX - 4 * READING_NAME_MAX;

	if (snprintf(name, sizeof(name), "%s" FILTERS_RAW_SUFFIX, field) >= (int)sizeof(name) ||
	    json_object_get(filtering->data, name) ||
	    json_object_size(filtering->data) >= READING_FIELDS_MAX ||
	    filtering->reading->text_size + json_object_size(filtering->data) * 32 > room)
		return;
	set(filtering, name, json_real(value));
}

static void reject(struct filtering *filtering, const char *field, json_t *why)
{
	filtering->rejected++;
	add_note(filtering, "%s: %s", field, why ? json_string_value(why) : "rejected");
	json_decref(why);
	set(filtering, field, json_null());
}

static void filter_field(struct filtering *filtering, const struct config_field *field)
{
	const json_t *old = json_object_get(filtering->reading->data, field->name);
	struct filtered *filtered;
	double value, result = 0;

	if (!field->filters_count || !json_is_number(old))
		return;
	value = json_number_value(old);
	filtered = need(filtering->filters, filtering->reading->sensor, field);
	if (!filtered) {
		filtering->failed = true;
		return;
	}
	if (field->keep_raw)
		keep_raw(filtering, field->name, value);
	switch (filter_chain_apply(filtered->chain, value, filtering->now_ms, &result)) {
	case FILTER_PASSED:
	case FILTER_WITHHELD:
		set(filtering, field->name, json_real(result));
		break;
	case FILTER_REJECTED:
		reject(filtering, field->name,
		       json_sprintf("%.10g is outside the range that the filters accept", value));
		break;
	case FILTER_LATE:
		reject(filtering, field->name, json_string("no value within its timeout"));
		break;
	}
}

static bool has_filters(const struct config_sensor *sensor)
{
	for (size_t i = 0; sensor && i < sensor->fields_count; i++)
		if (sensor->fields[i].filters_count)
			return true;
	return false;
}

/* The plugin's own error stays. */
static void set_error(struct filtering *filtering)
{
	const json_t *own = json_object_get(filtering->data, "error");

	if (*filtering->note && (!own || json_is_null(own)))
		set(filtering, "error", json_string(filtering->note));
}

struct reading *reading_filters_apply(struct reading_filters *filters, const struct config *config,
				      struct reading *reading, uint64_t now_ms,
				      unsigned *ret_rejected)
{
	const struct config_sensor *sensor =
		config_find_sensor(config, reading->node, reading->sensor);
	struct filtering filtering = {.filters = filters, .reading = reading, .now_ms = now_ms};

	if (!has_filters(sensor))
		return reading_ref(reading);
	filtering.data = json_copy(reading->data);
	if (!filtering.data)
		return NULL;
	for (size_t i = 0; i < sensor->fields_count; i++)
		filter_field(&filtering, &sensor->fields[i]);
	set_error(&filtering);
	if (filtering.failed) {
		json_decref(filtering.data);
		return NULL;
	}
	*ret_rejected += filtering.rejected;
	return reading_create_like(reading, filtering.data);
}

void reading_filters_expire(struct reading_filters *filters, uint64_t now_ms,
			    reading_filters_expired *on_expired, void *arg)
{
	const struct filtered *filtered;
	double seconds;

	LIST_FOREACH(filtered, &filters->list, link)
	{
		seconds = filter_chain_expire(filtered->chain, now_ms);
		if (seconds > 0)
			on_expired(arg, filtered->sensor, filtered->field, seconds);
	}
}
