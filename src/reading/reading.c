#include "reading/reading.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "base/text.h"
#include "reading/check.h"
#include "reading/create.h"

void reading_clean_name(char ret_name[READING_NAME_MAX + 1], const char *text)
{
	size_t i;

	for (i = 0; text && text[i] && i < READING_NAME_MAX; i++) {
		ret_name[i] = text[i];
		if (!strchr(READING_NAME_BYTES, text[i]))
			ret_name[i] = i ? '_' : '-';
	}
	ret_name[i] = '\0';
}

struct reading *reading_create_with_text(const struct reading_source *source, const char *sensor,
					 uint64_t timestamp_ms, json_t *data, char *text)
{
	struct reading *reading = data && text ? calloc(1, sizeof(*reading)) : NULL;

	if (!reading) {
		json_decref(data);
		free(text);
		return NULL;
	}
	reading->references = 1;
	reading_clean_name(reading->node, source->node);
	reading_clean_name(reading->sensor, sensor);
	reading_clean_name(reading->plugin, source->plugin);
	reading->timestamp_ms = timestamp_ms;
	reading->simulated = source->simulated;
	reading->data = data;
	reading->text = text;
	reading->text_size = strlen(text);
	return reading;
}

struct reading *reading_create(const struct reading_source *source, const char *sensor,
			       uint64_t timestamp_ms, json_t *data)
{
	return reading_create_with_text(source, sensor, timestamp_ms, data, json_text(data));
}

struct reading *reading_create_like(const struct reading *reading, json_t *data)
{
	const struct reading_source source = {
		.node = reading->node,
		.plugin = reading->plugin,
		.simulated = reading->simulated,
	};

	return reading_create(&source, reading->sensor, reading->timestamp_ms, data);
}

struct reading *reading_ref(struct reading *reading)
{
	reading->references++;
	return reading;
}

void reading_unref(struct reading *reading)
{
	if (!reading || --reading->references > 0)
		return;
	json_decref(reading->data);
	free(reading->text);
	free(reading);
}

bool reading_has_value(const struct reading *reading)
{
	const char *field;
	json_t *value;

	json_object_foreach(reading->data, field, value)
	{
		if (!json_is_null(value) && !reading_field_is_about_failure(field))
			return true;
	}
	return false;
}

bool reading_has_error(const struct reading *reading)
{
	const json_t *error = json_object_get(reading->data, "error");

	return error && !json_is_null(error);
}

/* Clean any bytes to a string that a reading may contain. */
static json_t *failure_text(const char *text)
{
	char copy[2 * READING_ERROR_SIZE], clean[READING_ERROR_SIZE];

	snprintf(copy, sizeof(copy), "%s", text);
	text_make_utf8(copy); /* snprintf() may have cut the last character */
	text_clean(clean, sizeof(clean), copy, strlen(copy));
	return json_string(clean);
}

struct reading *reading_create_failed(const struct reading_source *source, const char *sensor,
				      const struct reading *last, uint64_t last_good_ms,
				      const char *text)
{
	json_t *data = json_object(), *value;
	const char *field;
	int failed = 0;

	if (last) {
		json_object_foreach(last->data, field, value)
		{
			if (!reading_field_is_about_failure(field))
				failed |= json_object_set_new(data, field, json_null());
		}
	}
	failed |= json_object_set_new(data, "error", failure_text(text));
	failed |= json_object_set_new(data, "last_good_ms",
				      last_good_ms ? json_integer((json_int_t)last_good_ms)
						   : json_null());
	if (failed) {
		json_decref(data);
		return NULL;
	}
	return reading_create(source, sensor, source->now_ms, data);
}

json_t *reading_to_json(const struct reading *reading)
{
	json_t *json;

	json = json_pack("{s:o, s:I, s:O}", "sensor_id",
			 json_sprintf("%s:%s", reading->node, reading->sensor), "timestamp_ms",
			 (json_int_t)reading->timestamp_ms, "data", reading->data);
	if (json && reading->simulated && json_object_set_new(json, "simulated", json_true())) {
		json_decref(json);
		return NULL;
	}
	return json;
}
