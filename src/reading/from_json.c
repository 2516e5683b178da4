/*
 * Converts the result of a poll to readings.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "reading/check.h"
#include "reading/create.h"
#include "reading/name.h"
#include "reading/value.h"

/* A record of a poll's result while it is converted to a reading. */
struct record {
	size_t number; /* in the poll's result, from 1, for error texts */
	const struct reading_source *source;
	char sensor[READING_NAME_MAX + 1];
	uint64_t timestamp_ms;
	json_t *data;		       /* owned */
	char *text;		       /* owned: `data` as JSON text */
	char note[READING_ERROR_SIZE]; /* which fields are null, and why */
};

static const char *type_name(const json_t *value)
{
	if (value_not_finite(value))
		return "a number that is not finite";
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

static void add_note(struct record *record, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Append a reason to the note; cut if it does not fit, since the field is null anyway. */
static void add_note(struct record *record, const char *format, ...)
{
	size_t used = strlen(record->note);
	va_list args;

	if (used && used + 2 < sizeof(record->note)) {
		memcpy(record->note + used, "; ", 3);
		used += 2;
	}
	va_start(args, format);
	vsnprintf(record->note + used, sizeof(record->note) - used, format, args);
	va_end(args);
}

static void note_not_finite(struct record *record, const char *field, const char *verb,
			    const char *word)
{
	const char *why = record->source->absent;
	bool has_why = why && *why;

	add_note(record, "%s %s %s%s%s%s", field, verb, word, has_why ? " (" : "",
		 has_why ? why : "", has_why ? ")" : "");
}

/* Count a replaced value; keep the text of the first one, for the log. */
static void tell(const struct record *record, unsigned *count, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void tell(const struct record *record, unsigned *count, const char *format, ...)
{
	struct reading_notes *notes = record->source->notes;
	va_list args;

	++*count;
	if (*notes->text)
		return;
	va_start(args, format);
	vsnprintf(notes->text, sizeof(notes->text), format, args);
	va_end(args);
	text_make_utf8(notes->text);
}

static void leave_out(struct record *record, const char *field, const struct error *why)
{
	struct reading_notes *notes = record->source->notes;

	add_note(record, "%s: %s", field, why->text);
	if (notes)
		tell(record, &notes->left_out, "reading %zu, field %s: %s; the field is now null",
		     record->number, field, why->text);
}

/* Return `value`, or null if it is not acceptable. */
static json_t *check_value(struct record *record, const char *field, json_t *value)
{
	struct error why;

	if (!reading_value_check(value, &why))
		return value;
	leave_out(record, field, &why);
	json_decref(value);
	return json_null();
}

static int take_value(struct record *record, const char *field, const json_t *value,
		      struct error *err)
{
	const char *not_finite = NULL;
	json_t *clean;
	int ret;

	if (json_object_get(record->data, field))
		return error_set(err, ERROR_MALFORMED,
				 "reading %zu: two fields have the name %s (\"-\" in a name "
				 "becomes \"_\")",
				 record->number, field);
	ret = value_clean(value, &clean, &not_finite);
	if (ret == ERROR_TOO_LARGE)
		return error_set(err, ret,
				 "reading %zu, field %s: nested deeper than %d; split it into "
				 "several fields",
				 record->number, field, READING_DEPTH_MAX);
	if (!ret && not_finite)
		note_not_finite(record, field, json_is_null(clean) ? "is" : "holds", not_finite);
	if (!ret)
		clean = check_value(record, field, clean);
	if (ret || json_object_set_new(record->data, field, clean))
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading what poll() returned; this machine "
				 "needs more free memory");
	return 0;
}

/* False for a time far from the present, such as 1970, 2248 or tomorrow: it cannot be the time of
 * the measurement, and would be stored, shown and sent as such. */
static bool is_near(uint64_t time_ms, uint64_t now_ms)
{
	return time_ms > now_ms ? time_ms - now_ms <= READING_AHEAD_MS
				: now_ms - time_ms <= READING_BEHIND_MS;
}

static void take_time(struct record *record, const json_t *value)
{
	uint64_t now_ms = record->source->now_ms, time_ms = (uint64_t)json_integer_value(value);

	if (!json_is_integer(value) || json_integer_value(value) <= 0)
		return;
	if (is_near(time_ms, now_ms))
		record->timestamp_ms = time_ms;
	else if (record->source->notes)
		tell(record, &record->source->notes->moved,
		     "reading %zu, field timestamp_ms: %" PRIu64
		     " is more than a day before or a minute after this node's clock (%" PRIu64
		     "); using the time of arrival; return Unix milliseconds, as "
		     "get_timestamp_ms() does, or leave timestamp_ms out",
		     record->number, time_ms, now_ms);
}

static int take_field(struct record *record, const char *name, const json_t *value,
		      struct error *err)
{
	char field[READING_NAME_MAX + 1];
	int ret = reading_field_name_check(name, err);

	if (ret)
		return error_wrap(err, ret, "reading %zu", record->number);
	snprintf(field, sizeof(field), "%s", name);
	for (char *at = field; *at; at++)
		if (*at == '-')
			*at = '_';
	if (!strcmp(field, "sensor_id"))
		return take_sensor(record, value, err);
	if (strcmp(field, "timestamp_ms") != 0)
		return take_value(record, field, value, err);
	take_time(record, value);
	return 0;
}

/* Whether the note becomes the field "error": not if the plugin returned one itself. */
static bool adds_note(const struct record *record)
{
	const json_t *own = json_object_get(record->data, "error");

	return *record->note && (!own || json_is_null(own));
}

static int add_error(struct record *record, struct error *err)
{
	char text[READING_ERROR_SIZE];

	text_make_utf8(record->note); /* it may be cut inside a character */
	text_clean(text, sizeof(text), record->note, strlen(record->note));
	if (json_object_set_new(record->data, "error", json_string(text)))
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading what poll() returned; this machine "
				 "needs more free memory");
	free(record->text);
	record->text = NULL;
	return reading_make_text(record->data, READING_SIZE_MAX + READING_FAILURE_SIZE,
				 &record->text, err);
}

/* Check the size before adding "error", which has additional room. */
static int finish_record(struct record *record, struct error *err)
{
	int ret = reading_make_text(record->data, READING_SIZE_MAX, &record->text, err);

	if (!ret && adds_note(record))
		ret = add_error(record, err);
	if (!ret)
		ret = reading_parts_check(record->sensor, record->timestamp_ms, record->data, err);
	return ret ? error_wrap(err, ret, "reading %zu", record->number) : 0;
}

static int fill_record(struct record *record, const json_t *value, struct error *err)
{
	const char *name;
	json_t *field;
	int ret;

	if (!json_is_object(value) || value_not_finite(value))
		return error_set(err, ERROR_MALFORMED, "reading %zu: expected an object, found %s",
				 record->number, type_name(value));
	json_object_foreach((json_t *)value, name, field)
	{
		ret = take_field(record, name, field, err);
		if (ret)
			return ret;
	}
	return finish_record(record, err);
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
		free(record.text);
		return ret;
	}
	reading = reading_create_with_text(source, record.sensor, record.timestamp_ms, record.data,
					   record.text);
	if (!reading)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading what poll() returned; this machine "
				 "needs more free memory");
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
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading what poll() returned; this machine "
				 "needs more free memory");
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

	if (value_not_finite(value) ||
	    (!json_is_array(value) && !json_is_object(value) && !json_is_null(value)))
		return error_set(err, ERROR_MALFORMED,
				 "poll() must return an object, an array of objects or null, but "
				 "returned %s",
				 type_name(value));
	if (count > READINGS_PER_POLL_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "poll() returned more than %d readings: return fewer",
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
