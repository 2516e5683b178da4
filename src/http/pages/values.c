/*
 * GET /values: the readings as a table of HTML, for a browser that runs no script. The built-in
 * page shows it in a frame.
 */
#include <math.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "http/server/handler.h"
#include "reading/table.h"

#define DECIMALS_MAX 9
#define ROWS_SIZE_MAX (1u << 20) /* further readings are left to the API */

#define HEAD                                                                                       \
	"<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"                          \
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"               \
	"<title>Readings</title>\n<link rel=\"stylesheet\" href=\"/assets/harvester.css\">\n"      \
	"<main class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Sensor</th>"                 \
	"<th scope=\"col\">What</th><th scope=\"col\">Value</th><th scope=\"col\">State</th></tr>" \
	"</thead>\n<tbody>\n"

/* Appends text of a plugin or an owner so that no markup in it counts. */
static void append_escaped(struct buffer *html, const char *text)
{
	static const char *const entities[] = {
		['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;"};

	for (; text && *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < sizeof(entities) / sizeof(*entities) && entities[c])
			buffer_append_text(html, entities[c]);
		else
			buffer_append(html, text, 1);
	}
}

static void append_cell(struct buffer *html, const char *text)
{
	buffer_append_text(html, "<td>");
	append_escaped(html, text);
	buffer_append_text(html, "</td>");
}

static double number_or(const json_t *object, const char *key, double otherwise)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : otherwise;
}

/* In the unit and with the decimals that the owner or the plugin chose. */
static void append_number(struct buffer *html, double value, const json_t *field)
{
	const json_t *shown = json_object_get(field, "shown");
	const char *unit = json_string_value(json_object_get(shown ? shown : field, "unit"));
	double decimals = fmin(number_or(field, "decimals", -1), DECIMALS_MAX);

	value = value * number_or(shown, "factor", 1) + number_or(shown, "offset", 0);
	if (decimals >= 0)
		buffer_printf(html, "<td>%.*f", (int)decimals, value);
	else
		buffer_printf(html, "<td>%.7g", value);
	if (unit) {
		buffer_append_text(html, " ");
		append_escaped(html, unit);
	}
	buffer_append_text(html, "</td>");
}

static void append_value(struct buffer *html, const json_t *value, const json_t *field)
{
	if (json_is_number(value))
		append_number(html, json_number_value(value), field);
	else if (json_is_boolean(value))
		append_cell(html, json_is_true(value) ? "on" : "off");
	else
		append_cell(html, json_is_string(value) ? json_string_value(value) : "–");
}

/* The owner's room and name of the sensor, or its id. */
static void append_sensor(struct buffer *html, const json_t *reading, const json_t *description)
{
	const char *name = json_string_value(json_object_get(description, "name"));
	const char *room = json_string_value(json_object_get(description, "room"));

	buffer_append_text(html, "<tr><th scope=\"row\">");
	if (room) {
		append_escaped(html, room);
		buffer_append_text(html, ", ");
	}
	append_escaped(html,
		       name ? name : json_string_value(json_object_get(reading, "sensor_id")));
	buffer_append_text(html, "</th>");
}

static void append_reading(struct buffer *html, const json_t *reading)
{
	const json_t *description = json_object_get(reading, "description");
	json_t *data = json_object_get(reading, "data");
	const json_t *fields = json_object_get(description, "fields");
	const json_t *value;
	const char *key;

	if (json_is_true(json_object_get(description, "hidden")))
		return;
	json_object_foreach(data, key, value)
	{
		const json_t *field = json_object_get(fields, key);
		const char *name = json_string_value(json_object_get(field, "name"));

		append_sensor(html, reading, description);
		append_cell(html, name ? name : key);
		append_value(html, value, field);
		append_cell(html, json_string_value(json_object_get(reading, "status")));
		buffer_append_text(html, "</tr>\n");
	}
}

static void append_readings(struct buffer *html, const json_t *readings)
{
	const json_t *reading;
	size_t i;

	buffer_append_text(html, HEAD);
	json_array_foreach(readings, i, reading)
	{
		if (html->size > ROWS_SIZE_MAX)
			break;
		append_reading(html, reading);
	}
	buffer_append_text(html, "</tbody></table>\n");
	if (i < json_array_size(readings))
		buffer_append_text(html,
				   "<p>There are more readings: /api/readings has all.</p>\n");
	buffer_append_text(html, "</main>\n</html>\n");
}

struct web_answer web_get_values(struct web *web, struct web_request *request)
{
	const struct reading_table *table = web_config(web)->table;
	json_t *readings = reading_table_show(table, 0, clock_unix_ms(web_config(web)->clock));
	struct web_answer answer = {.status = MHD_HTTP_OK};
	struct buffer html;

	(void)request;
	buffer_init(&html, ROWS_SIZE_MAX + 8 * READING_TABLE_BYTES_MAX);
	append_readings(&html, readings);
	if (readings && !html.failed)
		answer.response = web_response_values(html.data, html.size);
	buffer_finish(&html);
	json_decref(readings);
	return answer.response ? answer : web_answer_json(MHD_HTTP_OK, NULL);
}
