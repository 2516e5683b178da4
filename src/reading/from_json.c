/*
 * What a poll gave, as readings.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "reading/create.h"
#include "reading/name.h"
#include "reading/value.h"

#define ERROR_NOTE_SIZE 512

/* One record on its way to a reading. */
struct record {
	size_t number; /* from 1, for people */
	const struct reading_source *source;
	char sensor[READING_NAME_MAX + 1];
	uint64_t timestamp_ms;
	json_t *data;		    /* owned */
	char note[ERROR_NOTE_SIZE]; /* which fields are not finite */
};

static const char *type_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "a boolean";
	case JSON_NULL:
		break;
	}
	return "null";
}

static bool is_field_name(const char *name)
{
	size_t size = strnlen(name, READING_NAME_MAX + 1);

	for (size_t i = 0; i < size; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return false;
	return size > 0 && size <= READING_NAME_MAX;
}

static int take_sensor(struct record *record, const json_t *value, struct error *err)
{
	int ret;

	if (json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return error_set(err, ERROR_MALFORMED,
				 "reading %zu, field sensor_id: expected a string, found %s",
				 record->number, type_name(value));
	if (json_string_length(value) == 0)
		return 0;
	reading_clean_name(record->sensor, json_string_value(value));
	ret = reading_name_check(record->sensor, err);
	return ret ? error_wrap(err, ret, "reading %zu, field sensor_id", record->number) : 0;
}

static void note_not_finite(struct record *record, const char *field, const char *verb,
			    const char *word)
{
	size_t used = strlen(record->note);

	const char *why = record->source->absent;
	bool has_why = why && *why;

	snprintf(record->note + used, sizeof(record->note) - used, "%s%s %s %s%s%s%s",
		 used ? "; " : "", field, verb, word, has_why ? " (" : "", has_why ? why : "",
		 has_why ? ")" : "");
}

static int take_value(struct record *record, const char *field, const json_t *value,
		      struct error *err)
{
	const char *not_finite = NULL;
	json_t *clean;
	int ret;

	if (json_object_get(record->data, field))
		return error_set(err, ERROR_MALFORMED, "reading %zu, field %s: is there twice",
				 record->number, field);
	if (json_object_size(record->data) == READING_FIELDS_MAX)
		return error_set(err, ERROR_TOO_LARGE, "reading %zu: more than %d fields",
				 record->number, READING_FIELDS_MAX);
	ret = value_clean(value, &clean, &not_finite);
	if (ret == ERROR_TOO_LARGE)
		return error_set(err, ret, "reading %zu, field %s: nested deeper than %d",
				 record->number, field, VALUE_DEPTH_MAX);
	if (ret || json_object_set_new(record->data, field, clean))
		return error_set(err, ERROR_NO_MEMORY, "%s", error_text(ERROR_NO_MEMORY));
	if (not_finite)
		note_not_finite(record, field, json_is_null(clean) ? "is" : "holds", not_finite);
	return 0;
}

static int take_field(struct record *record, const char *name, const json_t *value,
		      struct error *err)
{
	char field[READING_NAME_MAX + 1];

	if (!is_field_name(name))
		return error_set(err, ERROR_MALFORMED,
				 "reading %zu: the name of a field is 1 to %d bytes without "
				 "control characters",
				 record->number, READING_NAME_MAX);
	snprintf(field, sizeof(field), "%s", name);
	for (char *at = field; *at; at++)
		if (*at == '-')
			*at = '_';
	if (!strcmp(field, "sensor_id"))
		return take_sensor(record, value, err);
	if (!strcmp(field, "timestamp_ms")) {
		if (json_is_integer(value) && json_integer_value(value) > 0)
			record->timestamp_ms = (uint64_t)json_integer_value(value);
		return 0;
	}
	return take_value(record, field, value, err);
}

/* What is not finite is said in "error", unless the plugin says something there itself. */
static int add_note(struct record *record, struct error *err)
{
	const json_t *own = json_object_get(record->data, "error");
	json_t *note;

	if (!*record->note || (own && !json_is_null(own)))
		return 0;
	text_make_utf8(record->note); /* it may be cut inside a character */
	note = json_string(record->note);
	if (json_object_set_new(record->data, "error", note))
		return error_set(err, ERROR_NO_MEMORY, "%s", error_text(ERROR_NO_MEMORY));
	return 0;
}

static int fill_record(struct record *record, const json_t *value, struct error *err)
{
	const char *name;
	json_t *field;
	int ret;

	if (!json_is_object(value))
		return error_set(err, ERROR_MALFORMED, "reading %zu: expected an object, found %s",
				 record->number, type_name(value));
	json_object_foreach((json_t *)value, name, field)
	{
		ret = take_field(record, name, field, err);
		if (ret)
			return ret;
	}
	ret = add_note(record, err);
	if (ret)
		return ret;
	if (json_dumpb(record->data, NULL, 0, JSON_COMPACT) > READING_SIZE_MAX)
		return error_set(err, ERROR_TOO_LARGE, "reading %zu: larger than %d bytes",
				 record->number, READING_SIZE_MAX);
	return 0;
}

static int create_from_record(const json_t *value, const struct reading_source *source,
			      size_t number, struct reading **ret_reading, struct error *err)
{
	struct record record = {
		.number = number,
		.source = source,
		.timestamp_ms = source->now_ms,
		.data = json_object(),
	};
	struct reading *reading;
	int ret;

	reading_clean_name(record.sensor, source->plugin);
	ret = record.data ? fill_record(&record, value, err) : ERROR_NO_MEMORY;
	if (ret) {
		json_decref(record.data);
		return ret;
	}
	reading = reading_create(source, record.sensor, record.timestamp_ms, record.data);
	if (!reading)
		return error_set(err, ERROR_NO_MEMORY, "%s", error_text(ERROR_NO_MEMORY));
	*ret_reading = reading;
	return 0;
}

static int create_all(const json_t *value, size_t count, const struct reading_source *source,
		      struct reading ***ret_readings, struct error *err)
{
	struct reading **readings = calloc(count, sizeof(struct reading *));
	size_t made = 0;
	int ret;

	if (!readings)
		return error_set(err, ERROR_NO_MEMORY, "%s", error_text(ERROR_NO_MEMORY));
	for (; made < count; made++) {
		const json_t *item = json_is_array(value) ? json_array_get(value, made) : value;

		ret = create_from_record(item, source, made + 1, &readings[made], err);
		if (ret)
			goto out_readings;
	}
	*ret_readings = readings;
	return 0;

out_readings:
	while (made > 0)
		reading_unref(readings[--made]);
	free(readings);
	return ret;
}

int readings_from_json(const json_t *value, const struct reading_source *source,
		       struct reading ***ret_readings, size_t *ret_count, struct error *err)
{
	struct reading **readings = NULL;
	size_t count = json_is_array(value) ? json_array_size(value) : json_is_object(value);
	int ret;

	if (!json_is_array(value) && !json_is_object(value) && !json_is_null(value))
		return error_set(err, ERROR_MALFORMED,
				 "expected an object, an array of objects or null, found %s",
				 type_name(value));
	if (count > READINGS_PER_POLL_MAX)
		return error_set(err, ERROR_TOO_LARGE, "more than %d readings in one poll",
				 READINGS_PER_POLL_MAX);
	if (count > 0) {
		ret = create_all(value, count, source, &readings, err);
		if (ret)
			return ret;
	}
	*ret_readings = readings;
	*ret_count = count;
	return 0;
}
