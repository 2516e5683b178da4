/* `harvester history export`: prints the stored readings as CSV or JSON lines, in pages, so that a
 * large history does not have to fit into memory. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/places.h"
#include "config/suggest.h"
#include "store/history/read.h"

#define PAGE 1000
#define PROGRESS_EVERY 50 /* pages */

struct exporter {
	FILE *out;
	bool is_csv, shows_progress;
	bool is_for_terminal; /* print "?" for characters that control a terminal */
	uint64_t readings;
	json_t *descriptions; /* owned: by "node:sensor", see reading/catalogue.h; NULL: none */
};

/* A Unix time in ms, or a date, or a date and a time in UTC. */
static int parse_time(const char *text, uint64_t *ret_ms)
{
	static const char *const formats[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"};
	struct tm time;
	char *end;

	errno = 0;
	*ret_ms = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno && *ret_ms <= HISTORY_TIME_MS_MAX)
		return 0;
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		memset(&time, 0, sizeof(time));
		end = strptime(text, formats[i], &time);
		if (end && !*end && time.tm_year >= 70) {
			*ret_ms = (uint64_t)timegm(&time) * 1000;
			return 0;
		}
	}
	fprintf(stderr,
		"harvester history export: \"%s\" is not a time: expected 2026-01-31, "
		"2026-01-31T12:00:00Z or milliseconds since 1970\n",
		text);
	return ERROR_INVALID;
}

static int make_query(const struct command_options *options, struct history_query *query)
{
	*query = (struct history_query){
		.to_ms = UINT64_MAX, .resolution = HISTORY_RAW, .limit = PAGE};
	snprintf(query->node, sizeof(query->node), "%s", options->node ? options->node : "");
	if ((options->from && parse_time(options->from, &query->from_ms)) ||
	    (options->to && parse_time(options->to, &query->to_ms)))
		return ERROR_INVALID;
	if (query->from_ms < query->to_ms)
		return 0;
	fprintf(stderr,
		"harvester history export: --from must be before --to: correct one of them\n");
	return ERROR_INVALID;
}

/*
 * RFC 4180: a text in quotes, with each quote doubled. A spreadsheet would run a plugin's text that
 * looks like a formula; an apostrophe before it makes it text (OWASP, "CSV Injection").
 */
static void put_quoted(FILE *out, const char *text)
{
	putc('"', out);
	if (*text && strchr("=+-@\t\r", *text))
		putc('\'', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}

static void print_quoted(const struct exporter *exporter, const char *text)
{
	char *clean = exporter->is_for_terminal ? text_clean_copy(text, strlen(text)) : NULL;

	if (!exporter->is_for_terminal)
		put_quoted(exporter->out, text);
	else if (clean)
		put_quoted(exporter->out, clean);
	free(clean);
}

/* Without quotes if possible, as earlier versions printed names. */
static void print_name(const struct exporter *exporter, const char *name)
{
	if (strpbrk(name, ",\"\r\n") || (*name && strchr("=+-@\t", *name)))
		print_quoted(exporter, name);
	else
		fputs(name, exporter->out);
}

static void print_value(const struct exporter *exporter, const json_t *value)
{
	char *text;

	if (json_is_string(value)) {
		print_quoted(exporter, json_string_value(value));
		return;
	}
	if (json_is_null(value))
		return;
	text = json_text(value);
	if (text && (json_is_object(value) || json_is_array(value)))
		print_quoted(exporter, text);
	else
		fputs(text ? text : "", exporter->out);
	free(text);
}

/* The unit of a field as the node described it last; "" if it is not known. */
static const char *unit_of(const struct exporter *exporter, const char *id, const char *field)
{
	const json_t *fields =
		json_object_get(json_object_get(exporter->descriptions, id), "fields");
	const char *unit =
		json_string_value(json_object_get(json_object_get(fields, field), "unit"));

	return unit ? unit : "";
}

/* One line per field, since sensors have different fields. */
static void print_csv(const struct exporter *exporter, const json_t *reading)
{
	FILE *out = exporter->out;
	const char *id = json_string_value(json_object_get(reading, "sensor_id"));
	const char *sensor = strchr(id, ':');
	const json_t *value;
	const char *field;

	json_object_foreach(json_object_get((json_t *)reading, "data"), field, value)
	{
		fprintf(out, "%" JSON_INTEGER_FORMAT ",%.*s,",
			json_integer_value(json_object_get(reading, "timestamp_ms")),
			(int)(sensor - id), id);
		print_name(exporter, sensor + 1);
		fprintf(out, ",%s,%" JSON_INTEGER_FORMAT ",%s,",
			json_string_value(json_object_get(reading, "stream")),
			json_integer_value(json_object_get(reading, "sequence")),
			json_object_get(reading, "simulated") ? "true" : "false");
		print_quoted(exporter, field);
		putc(',', out);
		print_value(exporter, value);
		putc(',', out);
		print_name(exporter, unit_of(exporter, id, field));
		fputs("\r\n", out);
	}
}

/* {"temperature": "°C", …} for the fields whose units are known */
static json_t *units_of(const struct exporter *exporter, const json_t *reading)
{
	const char *id = json_string_value(json_object_get(reading, "sensor_id")), *field;
	json_t *units = json_object(), *value;

	json_object_foreach(json_object_get(reading, "data"), field, value)
	{
		const char *unit = unit_of(exporter, id, field);

		if (*unit)
			json_object_set_new(units, field, json_string(unit));
	}
	return units;
}

static void print_json(const struct exporter *exporter, json_t *reading)
{
	char *text;

	json_object_set_new(reading, "units", units_of(exporter, reading));
	text = json_text(reading);

	if (text && exporter->is_for_terminal)
		text_printf(exporter->out, "%s\n", text);
	else if (text)
		fprintf(exporter->out, "%s\n", text);
	free(text);
}

static void print_page(struct exporter *exporter, const json_t *readings)
{
	json_t *reading;
	size_t i;

	json_array_foreach(readings, i, reading)
	{
		if (exporter->is_csv)
			print_csv(exporter, reading);
		else
			print_json(exporter, reading);
	}
	exporter->readings += json_array_size(readings);
}

static int print_all(struct exporter *exporter, struct history_reader *reader,
		     struct history_query *query, struct error *err)
{
	bool has_more = true;

	if (exporter->is_csv)
		fputs("timestamp_ms,node,sensor,stream,sequence,simulated,field,value,unit\r\n",
		      exporter->out);
	for (unsigned page = 1; has_more; page++) {
		json_t *answer;
		int ret = history_reader_page(reader, query, &answer, err);

		if (ret)
			return ret;
		print_page(exporter, json_object_get(answer, "readings"));
		has_more = json_is_string(json_object_get(answer, "next"));
		if (has_more)
			query->after = strtoull(json_string_value(json_object_get(answer, "next")),
						NULL, 10);
		json_decref(answer);
		if (ferror(exporter->out))
			return error_set_errno(
				err, ERROR_SYSTEM, errno,
				"cannot write the readings to the output (is the disk full?)");
		if (exporter->shows_progress && (page % PROGRESS_EVERY == 0 || !has_more))
			fprintf(stderr, "\r%" PRIu64 " readings%s", exporter->readings,
				has_more ? "" : "\n");
	}
	return 0;
}

/* Without the file, or if it is damaged, there are no units. */
static json_t *read_descriptions(const char *data_folder)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/descriptions.json", data_folder) >= (int)sizeof(path))
		return NULL;
	return json_load_file(path, 0, NULL);
}

static int open_history(const struct command_options *options, struct history_reader **ret_reader,
			json_t **ret_descriptions, struct error *err)
{
	struct places places;
	char path[PATH_MAX];
	int ret = places_find(options, PLACES_EXACT, &places, err);

	if (ret)
		return ret;
	if (snprintf(path, sizeof(path), "%s/history.db", places.data) >= (int)sizeof(path))
		ret = error_set(err, ERROR_TOO_LARGE,
				"the data folder's path is too long: choose another with --data");
	if (!ret) {
		ret = history_reader_open(path, clock_system(), ret_reader, err);
		if (ret)
			error_wrap(err, ret, "%s", path);
	}
	if (ret)
		places_say_others(&places);
	else
		*ret_descriptions = read_descriptions(places.data);
	places_finish(&places);
	return ret;
}

/* The names of nodes and sensors */

static int say_unknown(const char *what, const char *name, const json_t *list, const char *key,
		       struct error *err)
{
	struct suggestion suggestion;
	const json_t *known;
	size_t i;

	suggestion_init(&suggestion, name);
	json_array_foreach(list, i, known)
		suggestion_offer(&suggestion, json_string_value(json_object_get(known, key)));
	if (suggestion.best)
		return error_set(
			err, ERROR_NOT_FOUND,
			"there are no readings of the %s %s in the history, did you mean %s?", what,
			name, suggestion.best);
	return error_set(err, ERROR_NOT_FOUND,
			 "there are no readings of the %s %s in the history; leave the option out "
			 "to export all",
			 what, name);
}

static const char *text_of(const json_t *known, const char *key)
{
	return json_string_value(json_object_get(known, key));
}

static bool has_name(const json_t *list, const char *key, const char *name)
{
	const json_t *known;
	size_t i;

	json_array_foreach(list, i, known) if (!strcmp(text_of(known, key), name)) return true;
	return false;
}

/* Matches the sensor's name, or "node:sensor" as in the API. */
static bool is_sensor(const json_t *known, const char *name)
{
	size_t node_size = strlen(text_of(known, "node"));

	if (!strcmp(text_of(known, "sensor"), name))
		return true;
	return !strncmp(name, text_of(known, "node"), node_size) && name[node_size] == ':' &&
	       !strcmp(name + node_size + 1, text_of(known, "sensor"));
}

/* Set the query's sensor, and its node if `name` is "node:sensor". False if it is unknown. */
static bool take_sensor(const json_t *list, const char *name, struct history_query *query)
{
	bool found = false;
	const json_t *known;
	size_t i;

	json_array_foreach(list, i, known)
	{
		if (!is_sensor(known, name) ||
		    (*query->node && strcmp(query->node, text_of(known, "node")) != 0))
			continue;
		found = true;
		snprintf(query->sensor, sizeof(query->sensor), "%s", text_of(known, "sensor"));
		if (strcmp(text_of(known, "sensor"), name) != 0)
			snprintf(query->node, sizeof(query->node), "%s", text_of(known, "node"));
	}
	return found;
}

/* Fail if the history has never had this node or sensor: the name is probably misspelt. */
static int take_names(struct history_reader *reader, const struct command_options *options,
		      struct history_query *query, struct error *err)
{
	json_t *list;
	int ret = history_reader_sensors(reader, &list, err);

	if (ret)
		return ret;
	if (options->node && !has_name(list, "node", options->node))
		ret = say_unknown("node", options->node, list, "node", err);
	else if (options->sensor && !take_sensor(list, options->sensor, query))
		ret = say_unknown("sensor", options->sensor, list, "sensor", err);
	json_decref(list);
	return ret;
}

static int finish(struct exporter *exporter, int ret, struct error *err)
{
	int failed = exporter->out == stdout ? fflush(stdout) : fclose(exporter->out);

	if (!ret && failed)
		ret = error_set_errno(
			err, ERROR_SYSTEM, errno,
			"cannot write the readings to the output (is the disk full?)");
	return ret;
}

static int run(const struct command_options *options, struct history_query *query,
	       struct error *err)
{
	struct exporter exporter = {
		.out = stdout,
		.is_csv = !options->format || !strcmp(options->format, "csv"),
		.shows_progress =
			isatty(STDERR_FILENO) && (options->output || !isatty(STDOUT_FILENO)),
		.is_for_terminal = !options->output && isatty(STDOUT_FILENO),
	};
	struct history_reader *reader = NULL;
	int ret = open_history(options, &reader, &exporter.descriptions, err);

	if (ret)
		return ret;
	ret = take_names(reader, options, query, err);
	if (!ret && options->output) {
		exporter.out = fopen(options->output, "we");
		if (!exporter.out)
			ret = error_set_errno(
				err, ERROR_SYSTEM, errno,
				"%s: cannot write to this file (name another with --output)",
				options->output);
	}
	if (ret) {
		json_decref(exporter.descriptions);
		history_reader_close(reader);
		return ret;
	}
	ret = finish(&exporter, print_all(&exporter, reader, query, err), err);
	if (!ret && !exporter.readings)
		fputs("harvester history export: no stored reading matches; leave out an option, "
		      "or choose other times\n",
		      stderr);
	json_decref(exporter.descriptions);
	history_reader_close(reader);
	return ret;
}

int command_history_export(const struct command_options *options)
{
	struct history_query query;
	struct error err = {0};

	if (options->format && strcmp(options->format, "csv") != 0 &&
	    strcmp(options->format, "jsonl") != 0) {
		fprintf(stderr, "harvester history export: --format must be csv or jsonl, not %s\n",
			options->format);
		return EXIT_USAGE;
	}
	if (make_query(options, &query))
		return EXIT_USAGE;
	if (!run(options, &query, &err))
		return EXIT_DONE;
	text_printf(stderr, "harvester history export: %s\n", err.text);
	return EXIT_FAILED;
}
