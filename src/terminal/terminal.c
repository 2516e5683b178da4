#include "terminal/terminal.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/log.h"
#include "base/text.h"
#include "reading/catalogue.h"
#include "reading/reading.h"

#define VALUE_MAX 40  /* bytes shown of a string */
#define ERROR_MAX 200 /* bytes shown of an error */

/* How a field is shown: the value is factor * value + offset. */
struct style {
	const char *name, *unit; /* NULL: none */
	int decimals;		 /* -1: not known */
	bool is_converted;	 /* shown in another unit */
	double factor, offset;
};

static struct style style_of(const json_t *description, const char *field)
{
	const json_t *described = json_object_get(json_object_get(description, "fields"), field);
	const json_t *shown = json_object_get(described, "shown");
	const json_t *decimals = json_object_get(described, "decimals");

	return (struct style){
		.name = json_string_value(json_object_get(described, "name")),
		.unit = json_string_value(json_object_get(shown ? shown : described, "unit")),
		.decimals = json_is_integer(decimals) ? (int)json_integer_value(decimals) : -1,
		.is_converted = shown != NULL,
		.factor = shown ? json_number_value(json_object_get(shown, "factor")) : 1,
		.offset = json_number_value(json_object_get(shown, "offset")),
	};
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

/* An integer stays one, unless it is shown in another unit. */
static void append_number(struct buffer *line, const json_t *value, const struct style *style)
{
	double number = style->factor * json_number_value(value) + style->offset;

	if (json_is_integer(value) && !style->is_converted)
		buffer_printf(line, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (style->decimals >= 0)
		buffer_printf(line, "%.*f", style->decimals, number);
	else
		buffer_printf(line, style->unit ? "%.1f" : "%.4g", number);
	if (style->unit)
		buffer_printf(line, " %s", style->unit);
}

static void append_value(struct buffer *line, const json_t *value, const struct style *style)
{
	switch (json_typeof(value)) {
	case JSON_NULL:
		buffer_append_text(line, "—");
		break;
	case JSON_STRING:
		append_cut(line, json_string_value(value), VALUE_MAX);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		buffer_append_text(line, json_is_true(value) ? "yes" : "no");
		break;
	case JSON_INTEGER:
	case JSON_REAL:
		append_number(line, value, style);
		break;
	default:
		buffer_printf(line, json_is_array(value) ? "[%zu]" : "{%zu}",
			      json_is_array(value) ? json_array_size(value)
						   : json_object_size(value));
	}
}

/* Leave out the name of a number that has the name of its quantity, since the unit makes it clear:
 * "21.4 °C". */
static bool needs_name(const json_t *description, const char *field, const json_t *value)
{
	const json_t *described = json_object_get(json_object_get(description, "fields"), field);
	const char *quantity = json_string_value(json_object_get(described, "quantity"));

	return !json_is_number(value) || !quantity || strcmp(quantity, field) != 0 ||
	       json_object_get(described, "name");
}

static void append_field(struct buffer *line, const json_t *description, const char *field,
			 const json_t *value)
{
	const struct style style = style_of(description, field);

	if (line->size)
		buffer_append_text(line, "  ");
	if (needs_name(description, field, value)) {
		append_cut(line, style.name ? style.name : field, VALUE_MAX);
		buffer_append_text(line, " ");
	}
	append_value(line, value, &style);
}

static bool is_about_error(const char *field)
{
	return !strcmp(field, "error") || !strcmp(field, "last_good_ms");
}

void terminal_format(const struct reading *reading, const json_t *description, char *ret_line,
		     size_t size)
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
			append_field(&line, description, field, value);
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

/* The owner's name for the sensor, else the sensor's own if it is not the plugin's; NULL: none is
 * needed. */
static const char *shown_name(const struct reading *reading, const json_t *description)
{
	const char *name = json_string_value(json_object_get(description, "name"));

	if (name)
		return name;
	return *reading->plugin && strcmp(reading->plugin, reading->sensor) != 0 ? reading->sensor
										 : NULL;
}

void terminal_show(void *arg, const struct reading *reading)
{
	const struct terminal *terminal = arg;
	char source[LOG_SOURCE_SIZE], line[LOG_TEXT_SIZE * 2];
	const json_t *description;
	const char *name;

	if (*reading->plugin && terminal->may_show &&
	    !terminal->may_show(terminal->arg, reading->plugin))
		return;
	description = terminal->catalogue ? reading_catalogue_describe(terminal->catalogue, reading)
					  : NULL;
	name = shown_name(reading, description);
	make_source(reading, source);
	terminal_format(reading, description, line, sizeof(line));
	log_reading(source, "%s%s%s", name ? name : "", name ? ": " : "", line);
}
