#include "reading/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/text.h"
#include "reading/name.h"

bool reading_field_is_about_failure(const char *name)
{
	return !strcmp(name, "error") || !strcmp(name, "last_good_ms");
}

/* Unlike strings, names may not contain tabs and line ends. */
static bool is_plain_name(const char *name, size_t size)
{
	return text_plain_size(name, size) == size && !memchr(name, '\t', size) &&
	       !memchr(name, '\n', size) && !memchr(name, '\r', size);
}

int reading_field_name_check(const char *name, struct error *err)
{
	size_t size = strnlen(name, READING_NAME_MAX + 1);

	if (size && size <= READING_NAME_MAX && is_plain_name(name, size))
		return 0;
	return error_set(err, ERROR_MALFORMED,
			 "the name of a field must have 1 to %d bytes without control characters; "
			 "give the field another name",
			 READING_NAME_MAX);
}

static int check_text(const json_t *text, struct error *err)
{
	size_t size = json_string_length(text);
	size_t plain = text_plain_size(json_string_value(text), size);

	if (plain == size)
		return 0;
	return error_set(err, ERROR_MALFORMED,
			 "the text has a control character (0x%02x) at byte %zu; only tabs and "
			 "line ends are allowed",
			 (unsigned char)json_string_value(text)[plain], plain + 1);
}

static int check_value(const json_t *value, unsigned depth, struct error *err);

static int check_object(const json_t *object, unsigned depth, struct error *err)
{
	const char *key;
	json_t *value;
	size_t size;
	int ret = 0;

	json_object_keylen_foreach((json_t *)(uintptr_t)object, key, size, value)
	{
		if (!is_plain_name(key, size))
			return error_set(err, ERROR_MALFORMED,
					 "the name of a member has a control character; give it "
					 "another name");
		ret = check_value(value, depth, err);
		if (ret)
			break;
	}
	return ret;
}

static int check_array(const json_t *array, unsigned depth, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < json_array_size(array); i++)
		ret = check_value(json_array_get(array, i), depth, err);
	return ret;
}

static int check_value(const json_t *value, unsigned depth, struct error *err)
{
	if (json_is_string(value))
		return check_text(value, err);
	if (!json_is_object(value) && !json_is_array(value))
		return 0;
	if (depth == READING_DEPTH_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "a value is nested deeper than %d; split it into several fields",
				 READING_DEPTH_MAX);
	return json_is_object(value) ? check_object(value, depth + 1, err)
				     : check_array(value, depth + 1, err);
}

int reading_value_check(const json_t *value, struct error *err)
{
	return check_value(value, 0, err);
}

int reading_make_text(const json_t *data, size_t limit, char **ret_text, struct error *err)
{
	struct buffer text;
	int ret;

	buffer_init(&text, limit);
	ret = json_text_append(&text, data);
	if (!ret) {
		*ret_text = text.data;
		return 0;
	}
	buffer_finish(&text);
	if (ret == ERROR_TOO_LARGE)
		return error_set(err, ret,
				 "the reading has more than %d bytes as JSON text; return less "
				 "data or split it over several sensors",
				 READING_SIZE_MAX);
	return error_set(err, ret, "cannot check the size of a reading: %s", error_text(ret));
}

static int check_fields(const json_t *data, struct error *err)
{
	size_t count = 0;
	const char *name;
	json_t *value;
	int ret;

	json_object_foreach((json_t *)(uintptr_t)data, name, value)
	{
		ret = reading_field_name_check(name, err);
		if (ret)
			return ret;
		ret = reading_value_check(value, err);
		if (ret)
			return error_wrap(err, ret, "field %s", name);
		count += !reading_field_is_about_failure(name);
	}
	if (count > READING_FIELDS_MAX)
		return error_set(
			err, ERROR_TOO_LARGE,
			"the reading has more than %d fields; spread them over several sensors",
			READING_FIELDS_MAX);
	return 0;
}

static int check_size(const json_t *data, struct error *err)
{
	char *text;
	int ret = reading_make_text(data, READING_SIZE_MAX + READING_FAILURE_SIZE, &text, err);

	if (!ret)
		free(text);
	return ret;
}

static int check_object_of_fields(const json_t *data, struct error *err)
{
	return json_is_object(data)
		       ? check_fields(data, err)
		       : error_set(err, ERROR_MALFORMED,
				   "data: expected a JSON object with the reading's fields");
}

int reading_data_check(const json_t *data, struct error *err)
{
	int ret = check_object_of_fields(data, err);

	return ret ? ret : check_size(data, err);
}

int reading_parts_check(const char *sensor, uint64_t time_ms, const json_t *data, struct error *err)
{
	int ret = reading_name_check(sensor, err);

	if (ret)
		return ret;
	if (time_ms > READING_TIME_MS_MAX)
		return error_set(err, ERROR_MALFORMED,
				 "timestamp_ms: is after the year 2248; set the clock");
	return check_object_of_fields(data, err);
}

int reading_check(const char *sensor, uint64_t time_ms, const json_t *data, struct error *err)
{
	int ret = reading_parts_check(sensor, time_ms, data, err);

	return ret ? ret : check_size(data, err);
}
