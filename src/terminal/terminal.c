#include "terminal/terminal.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/log.h"
#include "base/text.h"
#include "reading/reading.h"

#define VALUE_MAX 40  /* bytes shown of a string */
#define ERROR_MAX 200 /* bytes shown of an error */

/*
 * Units of fields that have this name, or whose name ends in "_" and this name. The first match
 * counts.
 */
static const struct unit {
	const char *name;
	const char *unit;
	int decimals;
} units[] = {
	{"temperature", "°C", 1}, {"temp", "°C", 1},	       {"humidity", "%", 1},
	{"pressure", "hPa", 1},	  {"gas_resistance", "kΩ", 1}, {"illuminance", "lx", 1},
	{"lux", "lx", 1},	  {"usage", "%", 1},	       {"percent", "%", 1},
	{"mb", "MB", 0},	  {"seconds", "s", 0},	       {"voltage", "V", 2},
};

static const struct unit *find_unit(const char *field)
{
	size_t length = strlen(field), name_length;

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		name_length = strlen(units[i].name);
		if (length < name_length || strcmp(field + length - name_length, units[i].name))
			continue;
		if (length == name_length || field[length - name_length - 1] == '_')
			return &units[i];
	}
	return NULL;
}

/* Append at most `max` bytes of UTF-8 text, cut between characters. */
static void append_cut(struct buffer *line, const char *text, size_t max)
{
	size_t length = strlen(text), cut = 0, next;

	if (length <= max) {
		buffer_append(line, text, length);
		return;
	}
	while ((next = text_character(text + cut, length - cut)) && cut + next <= max)
		cut += next;
	buffer_append(line, text, cut);
	buffer_append_text(line, "…");
}

static void append_value(struct buffer *line, const json_t *value, const struct unit *unit)
{
	switch (json_typeof(value)) {
	case JSON_NULL:
		buffer_append_text(line, "—");
		return;
	case JSON_STRING:
		append_cut(line, json_string_value(value), VALUE_MAX);
		return;
	case JSON_TRUE:
	case JSON_FALSE:
		buffer_append_text(line, json_is_true(value) ? "yes" : "no");
		return;
	case JSON_INTEGER:
		buffer_printf(line, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		if (unit)
			buffer_printf(line, "%.*f", unit->decimals, json_real_value(value));
		else
			buffer_printf(line, "%.4g", json_real_value(value));
		break;
	default:
		buffer_printf(line, json_is_array(value) ? "[%zu]" : "{%zu}",
			      json_is_array(value) ? json_array_size(value)
						   : json_object_size(value));
		return;
	}
	if (unit)
		buffer_printf(line, " %s", unit->unit);
}

/* Leave out the name of a number whose unit makes it clear, such as "21.4 °C". */
static void append_field(struct buffer *line, const char *field, const json_t *value)
{
	const struct unit *unit = find_unit(field);

	if (line->size)
		buffer_append_text(line, "  ");
	if (!unit || strcmp(unit->name, field) || !json_is_number(value)) {
		append_cut(line, field, VALUE_MAX);
		buffer_append_text(line, " ");
	}
	append_value(line, value, unit);
}

static bool is_about_error(const char *field)
{
	return !strcmp(field, "error") || !strcmp(field, "last_good_ms");
}

void terminal_format(const struct reading *reading, char *ret_line, size_t size)
{
	const char *error = json_string_value(json_object_get(reading->data, "error"));
	struct buffer line;
	const char *field;
	json_t *value;

	/* Without memory, parts of the line are missing: it is only for reading. */
	buffer_init(&line, READING_SIZE_MAX);
	json_object_foreach(reading->data, field, value)
	{
		if (!error || !is_about_error(field))
			append_field(&line, field, value);
	}
	if (error) {
		buffer_append_text(&line, line.size ? "  error: " : "error: ");
		append_cut(&line, error, ERROR_MAX);
	}
	if (reading->simulated)
		buffer_append_text(&line, line.size ? "  (simulated)" : "(simulated)");
	snprintf(ret_line, size, "%s", line.data ? line.data : "");
	buffer_finish(&line);
}

/*
 * The source is the plugin's name, whatever it calls its sensors. For another node's sensors it is
 * "NODE/SENSOR", which no plugin or part of the broker can be named.
 */
static void make_source(const struct reading *reading, char ret_source[LOG_SOURCE_SIZE])
{
	if (*reading->plugin)
		snprintf(ret_source, LOG_SOURCE_SIZE, "%s", reading->plugin);
	else
		snprintf(ret_source, LOG_SOURCE_SIZE, "%s/%s", reading->node, reading->sensor);
}

void terminal_show(void *arg, const struct reading *reading)
{
	const struct terminal *terminal = arg;
	char source[LOG_SOURCE_SIZE], line[LOG_TEXT_SIZE * 2];
	bool names_sensor = *reading->plugin && strcmp(reading->plugin, reading->sensor) != 0;

	if (*reading->plugin && terminal->may_show &&
	    !terminal->may_show(terminal->arg, reading->plugin))
		return;
	make_source(reading, source);
	terminal_format(reading, line, sizeof(line));
	log_reading(source, "%s%s%s", names_sensor ? reading->sensor : "", names_sensor ? ": " : "",
		    line);
}
