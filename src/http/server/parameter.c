#include "http/server/parameter.h"

#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "config/suggest.h"

/* The state of reading one query or body. */
struct reader {
	const struct web_parameter *table;
	struct web_value *values;
	struct error *err;
	int failed;
};

static int refuse_unknown(const struct reader *reader, const char *name)
{
	struct suggestion nearest;

	suggestion_init(&nearest, name);
	for (const struct web_parameter *known = reader->table; known->name; known++)
		suggestion_offer(&nearest, known->name);
	if (nearest.best)
		return error_set(reader->err, ERROR_INVALID, "%.64s: unknown; did you mean %s?",
				 name, nearest.best);
	return error_set(reader->err, ERROR_INVALID,
			 "%.64s: unknown; docs/API.md lists what this route takes", name);
}

static bool is_clean(const char *text, size_t size)
{
	json_t *utf8;

	for (size_t i = 0; i < size; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	}
	utf8 = json_stringn(text, size);
	json_decref(utf8);
	return utf8 != NULL;
}

static int take_text(const struct web_parameter *parameter, const char *text, size_t size,
		     struct web_value *value, struct error *err)
{
	if ((int64_t)size < parameter->minimum || (int64_t)size > parameter->maximum)
		return error_set(err, ERROR_INVALID,
				 "%s: expected %" PRId64 " to %" PRId64 " bytes of text",
				 parameter->name, parameter->minimum, parameter->maximum);
	if (!is_clean(text, size))
		return error_set(err, ERROR_INVALID,
				 "%s: expected UTF-8 without control characters", parameter->name);
	*value = (struct web_value){.is_set = true, .text = text};
	return 0;
}

static int take_choice(const struct web_parameter *parameter, const char *text,
		       struct web_value *value, struct error *err)
{
	char list[256] = "";
	size_t used = 0;

	for (int64_t i = 0; parameter->choices[i]; i++) {
		if (strcmp(parameter->choices[i], text))
			continue;
		*value = (struct web_value){.is_set = true, .text = text, .number = i};
		return 0;
	}
	for (size_t i = 0; parameter->choices[i] && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
					 parameter->choices[i]);
	return error_set(err, ERROR_INVALID, "%s: expected one of %s", parameter->name, list);
}

static int take_integer(const struct web_parameter *parameter, int64_t number,
			struct web_value *value, struct error *err)
{
	if (number < parameter->minimum || number > parameter->maximum)
		return error_set(err, ERROR_INVALID,
				 "%s: expected an integer from %" PRId64 " to %" PRId64,
				 parameter->name, parameter->minimum, parameter->maximum);
	*value = (struct web_value){.is_set = true, .number = number};
	return 0;
}

/* Parse an integer. Text that is no integer gives a number out of the parameter's range. */
static int64_t parse_integer(const struct web_parameter *parameter, const char *text)
{
	const char *digits = text + (*text == '-');
	long long number;

	errno = 0;
	number = strtoll(text, NULL, 10);
	if (!*digits || strspn(digits, "0123456789") != strlen(digits) || errno)
		return parameter->minimum > INT64_MIN ? parameter->minimum - 1 : INT64_MAX;
	return number;
}

static int take_color(const struct web_parameter *parameter, const char *text,
		      struct web_value *value, struct error *err)
{
	if (text[0] != '#' || strlen(text) != 7 || strspn(text + 1, "0123456789abcdefABCDEF") != 6)
		return error_set(err, ERROR_INVALID, "%s: expected a colour such as #ff8800",
				 parameter->name);
	*value = (struct web_value){.is_set = true, .number = strtol(text + 1, NULL, 16)};
	return 0;
}

static int take(const struct web_parameter *parameter, const char *text, size_t size,
		struct web_value *value, struct error *err)
{
	switch (parameter->type) {
	case WEB_TEXT:
		return take_text(parameter, text, size, value, err);
	case WEB_INTEGER:
		return take_integer(parameter, parse_integer(parameter, text), value, err);
	case WEB_CHOICE:
		return take_choice(parameter, text, value, err);
	case WEB_COLOR:
		break;
	case WEB_BOOLEAN:
	case WEB_OBJECT:
		return error_set(err, ERROR_INVALID,
				 "%s: expected in the body, not in the query: move it there",
				 parameter->name);
	}
	return take_color(parameter, text, value, err);
}

/* Find a name in the table. ERROR_INVALID if it is unknown or already has a value. */
static int find(const struct reader *reader, const char *name, size_t *ret_index)
{
	for (size_t i = 0; reader->table[i].name; i++) {
		if (strcmp(reader->table[i].name, name))
			continue;
		if (reader->values[i].is_set)
			return error_set(reader->err, ERROR_INVALID,
					 "%s: is given twice; give it once", name);
		*ret_index = i;
		return 0;
	}
	return refuse_unknown(reader, name);
}

static enum MHD_Result read_argument(void *arg, enum MHD_ValueKind kind, const char *name,
				     const char *text)
{
	struct reader *reader = arg;
	size_t index;

	(void)kind;
	reader->failed = find(reader, name, &index);
	if (!reader->failed)
		reader->failed = take(&reader->table[index], text ? text : "",
				      text ? strlen(text) : 0, &reader->values[index], reader->err);
	return reader->failed ? MHD_NO : MHD_YES;
}

static const char *expected_type(enum web_parameter_type type)
{
	switch (type) {
	case WEB_INTEGER:
		return "an integer";
	case WEB_BOOLEAN:
		return "true or false";
	case WEB_OBJECT:
		return "an object";
	default:
		return "a string";
	}
}

static bool has_type(const json_t *field, enum web_parameter_type type)
{
	switch (type) {
	case WEB_INTEGER:
		return json_is_integer(field);
	case WEB_BOOLEAN:
		return json_is_boolean(field);
	case WEB_OBJECT:
		return json_is_object(field);
	default:
		return json_is_string(field);
	}
}

static int read_field(struct reader *reader, const char *name, const json_t *field)
{
	const struct web_parameter *parameter;
	size_t index;
	int ret = find(reader, name, &index);

	if (ret)
		return ret;
	parameter = &reader->table[index];
	if (parameter->may_be_null && json_is_null(field))
		return 0;
	if (!has_type(field, parameter->type))
		return error_set(reader->err, ERROR_INVALID, "%s: expected %s%s", name,
				 expected_type(parameter->type),
				 parameter->may_be_null ? ", or null" : "");
	if (parameter->type == WEB_INTEGER)
		return take_integer(parameter, json_integer_value(field), &reader->values[index],
				    reader->err);
	if (parameter->type == WEB_BOOLEAN || parameter->type == WEB_OBJECT) {
		reader->values[index] = (struct web_value){
			.is_set = true, .number = json_is_true(field), .object = field};
		return 0;
	}
	return take(parameter, json_string_value(field), json_string_length(field),
		    &reader->values[index], reader->err);
}

static void begin(struct reader *reader)
{
	for (size_t i = 0; reader->table[i].name; i++)
		reader->values[i] = (struct web_value){0};
}

static int end(const struct reader *reader)
{
	for (size_t i = 0; !reader->failed && reader->table[i].name; i++) {
		if (reader->table[i].is_required && !reader->values[i].is_set)
			return error_set(reader->err, ERROR_INVALID, "%s: is missing%s%s",
					 reader->table[i].name, reader->table[i].advice ? "; " : "",
					 reader->table[i].advice ? reader->table[i].advice : "");
	}
	return reader->failed;
}

int web_parameters_from_query(struct MHD_Connection *connection, const struct web_parameter *table,
			      struct web_value *ret_values, struct error *err)
{
	struct reader reader = {.table = table, .values = ret_values, .err = err};

	begin(&reader);
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, read_argument, &reader);
	return end(&reader);
}

int web_parameters_from_json(const json_t *body, const struct web_parameter *table,
			     struct web_value *ret_values, struct error *err)
{
	struct reader reader = {.table = table, .values = ret_values, .err = err};
	const char *name;
	json_t *field;

	if (!json_is_object(body))
		return error_set(err, ERROR_INVALID, "the body must be a JSON object");
	begin(&reader);
	json_object_foreach((json_t *)(uintptr_t)body, name, field)
	{
		reader.failed = read_field(&reader, name, field);
		if (reader.failed)
			break;
	}
	return end(&reader);
}
