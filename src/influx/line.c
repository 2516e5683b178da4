#include "influx/line.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json_text.h"
#include "store/history/item.h"

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static void add_name(struct buffer *text, const char *name)
{
	for (; *name; name++) {
		if (is_control(*name) || *name == '\\' || *name == '%')
			buffer_printf(text, "%%%02x", (unsigned)(unsigned char)*name);
		else if (strchr(", =", *name))
			buffer_printf(text, "\\%c", *name);
		else
			buffer_append(text, name, 1);
	}
}

/* A line break would end the line for servers that do not look for quotes. */
static void add_string(struct buffer *text, const char *value, size_t size)
{
	buffer_append_text(text, "\"");
	for (size_t i = 0; i < size; i++) {
		if (value[i] == '"' || value[i] == '\\')
			buffer_append_text(text, "\\");
		buffer_append(text, is_control(value[i]) ? " " : &value[i], 1);
	}
	buffer_append_text(text, "\"");
}

/* Every number is a float: a field that was an integer once would refuse 21.5 for ever. */
static void add_number(struct buffer *text, const json_t *value)
{
	char digits[JSON_TEXT_NUMBER_SIZE];

	json_text_digits(digits, json_number_value(value));
	buffer_append_text(text, digits);
}

static bool has_value(const json_t *value)
{
	return json_is_number(value) || json_is_string(value) || json_is_boolean(value);
}

/* Servers keep these names for themselves. */
static bool is_reserved(const char *name)
{
	return !strcmp(name, "time") || !strcmp(name, "_field") || !strcmp(name, "_measurement");
}

static void add_field(struct buffer *text, const char *name, const json_t *value)
{
	add_name(text, name);
	buffer_append_text(text, is_reserved(name) ? "_=" : "=");
	if (json_is_number(value))
		add_number(text, value);
	else if (json_is_string(value))
		add_string(text, json_string_value(value), json_string_length(value));
	else
		buffer_append_text(text, json_is_true(value) ? "true" : "false");
}

static void add_tags(struct buffer *text, const char *node, const struct history_item *item)
{
	buffer_append_text(text, "harvester,node=");
	add_name(text, node);
	buffer_append_text(text, ",sensor=");
	add_name(text, item->sensor);
	if (item->simulated)
		buffer_append_text(text, ",simulated=true");
}

int influx_line_append(struct buffer *text, const char *node, const struct history_item *item)
{
	const char *key, *before = " ";
	json_t *value;

	json_object_foreach(item->data, key, value)
	{
		if (!has_value(value) || !*key)
			continue;
		if (*before == ' ')
			add_tags(text, node, item);
		buffer_append_text(text, before);
		add_field(text, key, value);
		before = ",";
	}
	if (*before == ',')
		buffer_printf(text, " %" PRIu64 "\n", item->time_ms);
	return text->failed;
}

int influx_query_append(struct buffer *text, const char *value)
{
	for (; *value; value++) {
		const unsigned char c = (unsigned char)*value;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    strchr("-_.~", c))
			buffer_append(text, value, 1);
		else
			buffer_printf(text, "%%%02X", (unsigned)c);
	}
	return text->failed;
}
