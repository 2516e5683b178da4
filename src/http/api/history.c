/*
 * The routes /api/v1/history: stored readings, series for charts, and the state of the history. A
 * query runs on a thread of the history; its request is suspended meanwhile (deferred_response.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json_text.h"
#include "http/server/deferred_response.h"
#include "http/server/handler.h"
#include "store/history/history.h"

#define DAY_MS UINT64_C(86400000) /* the default length of a series */
#define TIME_MAX ((int64_t)HISTORY_TIME_MS_MAX + 1)

enum { NODE, SENSOR, FIELD, FROM, TO, RESOLUTION, LIMIT, AFTER };

static const char *const resolutions[] = {"raw", "minute", "hour", "auto", NULL};

const struct web_parameter web_history_query[] = {
	[NODE] = {.name = "node", .type = WEB_TEXT, .minimum = 1, .maximum = READING_NAME_MAX},
	[SENSOR] = {.name = "sensor", .type = WEB_TEXT, .minimum = 1, .maximum = READING_NAME_MAX},
	[FIELD] = {.name = "field", .type = WEB_TEXT, .minimum = 1, .maximum = READING_NAME_MAX},
	[FROM] = {.name = "from", .type = WEB_INTEGER, .maximum = TIME_MAX},
	[TO] = {.name = "to", .type = WEB_INTEGER, .maximum = TIME_MAX},
	[RESOLUTION] = {.name = "resolution", .type = WEB_CHOICE, .choices = resolutions},
	[LIMIT] = {.name = "limit",
		   .type = WEB_INTEGER,
		   .minimum = 1,
		   .maximum = HISTORY_LIMIT_MAX},
	[AFTER] = {.name = "after", .type = WEB_INTEGER, .maximum = INT64_MAX},
	{0},
};

enum { SERIES_NODE, SERIES_SENSOR, SERIES_FIELDS, SERIES_FROM, SERIES_TO, SERIES_POINTS };

const struct web_parameter web_series_query[] = {
	[SERIES_NODE] = {.name = "node",
			 .type = WEB_TEXT,
			 .is_required = true,
			 .minimum = 1,
			 .maximum = READING_NAME_MAX},
	[SERIES_SENSOR] = {.name = "sensor",
			   .type = WEB_TEXT,
			   .is_required = true,
			   .minimum = 1,
			   .maximum = READING_NAME_MAX},
	[SERIES_FIELDS] = {.name = "fields",
			   .type = WEB_TEXT,
			   .is_required = true,
			   .minimum = 1,
			   .maximum = HISTORY_SERIES_FIELDS_MAX * (READING_NAME_MAX + 1)},
	[SERIES_FROM] = {.name = "from", .type = WEB_INTEGER, .maximum = TIME_MAX},
	[SERIES_TO] = {.name = "to", .type = WEB_INTEGER, .maximum = TIME_MAX},
	[SERIES_POINTS] = {.name = "points",
			   .type = WEB_INTEGER,
			   .minimum = 1,
			   .maximum = HISTORY_POINTS_MAX},
	{0},
};

static void copy_name(char ret_name[READING_NAME_MAX + 1], const struct web_value *value)
{
	snprintf(ret_name, READING_NAME_MAX + 1, "%s", value->is_set ? value->text : "");
}

static uint64_t number_or(const struct web_value *value, uint64_t otherwise)
{
	return value->is_set ? (uint64_t)value->number : otherwise;
}

/* A query that was accepted, until its answer, which may come after the server has closed. */
struct question {
	struct deferred_response *pending;
	json_t *(*units)(void *arg, const char *sensor_id); /* of struct web_actions; or NULL */
	void *units_arg;
	char sensor_id[2 * READING_NAME_MAX + 2]; /* of a series, else "" */
};

static json_t *find_units(const struct question *question, const char *sensor_id)
{
	return question->units ? question->units(question->units_arg, sensor_id) : NULL;
}

/* Of a series, {field: unit}; of a page, such an object by sensor. NULL if memory runs out. */
static json_t *units_of(const struct question *question, const json_t *sensors)
{
	json_t *units = *question->sensor_id ? find_units(question, question->sensor_id) : NULL;
	const char *id;
	json_t *value;

	if (!units)
		units = json_object();
	json_object_foreach((json_t *)(uintptr_t)sensors, id, value)
	{
		json_t *found = find_units(question, id);

		if (found)
			json_object_set_new(units, id, found);
	}
	return units;
}

/* The answer with the member "units" at its end. */
static struct MHD_Response *respond(const struct question *question,
				    const struct history_answer *found)
{
	json_t *units = units_of(question, found->sensors);
	char *added = json_text(units), *text = NULL;
	struct MHD_Response *response = NULL;

	json_decref(units);
	if (!added ||
	    asprintf(&text, "%.*s,\"units\":%s}", (int)found->size - 1, found->text, added) < 0)
		text = NULL;
	if (text)
		response = web_response_text(text, strlen(text), "application/json");
	free(added);
	free(text);
	return response;
}

static void answered(void *arg, int status, const struct history_answer *found,
		     const struct error *err)
{
	struct question *question = arg;
	struct web_answer answer = {.status = MHD_HTTP_OK};

	if (status)
		answer = web_answer_error(status, err);
	else
		answer.response = respond(question, found);
	deferred_response_finish(question->pending, answer);
	free(question);
}

/* NULL if memory runs out. */
static struct question *begin(struct web *web, struct web_request *request)
{
	struct question *question = calloc(1, sizeof(*question));

	if (!question)
		return NULL;
	question->units = web_config(web)->actions.units;
	question->units_arg = web_config(web)->actions.arg;
	question->pending = deferred_response_begin(request);
	if (question->pending)
		return question;
	free(question);
	return NULL;
}

/* `ret` says whether the query was accepted; if it was not, `answered` will not be called. */
static struct web_answer wait_for(struct question *question, int ret)
{
	struct deferred_response *pending = question->pending;

	if (ret)
		free(question);
	if (ret == ERROR_BUSY)
		deferred_response_finish(
			pending,
			web_answer_busy("too many history queries at once; try again later"));
	else if (ret)
		deferred_response_finish(
			pending, web_answer_problem(
					 MHD_HTTP_SERVICE_UNAVAILABLE,
					 "the history cannot be queried now (%s): try again later",
					 error_text(ret)));
	return web_answer_later();
}

static struct web_answer no_history(void)
{
	return web_answer_problem(
		MHD_HTTP_SERVICE_UNAVAILABLE,
		"this node keeps no history: its log says why the data folder cannot be used");
}

struct web_answer web_get_history(struct web *web, struct web_request *request)
{
	const struct web_value *given = request->query;
	struct history_query query = {
		.from_ms = number_or(&given[FROM], 0),
		.to_ms = number_or(&given[TO], UINT64_MAX),
		.resolution = HISTORY_AUTO,
		.limit = (unsigned)number_or(&given[LIMIT], HISTORY_LIMIT_DEFAULT),
		.after = number_or(&given[AFTER], 0),
	};
	struct question *question;

	if (!web_config(web)->history)
		return no_history();
	if (query.from_ms >= query.to_ms)
		return web_answer_problem(MHD_HTTP_BAD_REQUEST, "`from` must be before `to`");
	copy_name(query.node, &given[NODE]);
	copy_name(query.sensor, &given[SENSOR]);
	copy_name(query.field, &given[FIELD]);
	if (given[RESOLUTION].is_set)
		history_resolution_parse(given[RESOLUTION].text, &query.resolution);
	question = begin(web, request);
	if (!question)
		return web_answer_busy("out of memory while reading the history; this machine "
				       "needs more free memory");
	return wait_for(question,
			history_query(web_config(web)->history, &query, answered, question));
}

/* Split "a,b" into query->fields. */
static int split_fields(const char *text, struct history_series_query *query)
{
	while (query->fields_count < HISTORY_SERIES_FIELDS_MAX) {
		size_t size = strcspn(text, ",");

		if (!size || size > READING_NAME_MAX)
			return ERROR_INVALID;
		memcpy(query->fields[query->fields_count++], text, size);
		if (!text[size])
			return 0;
		text += size + 1;
	}
	return ERROR_TOO_LARGE;
}

struct web_answer web_get_series(struct web *web, struct web_request *request)
{
	const struct web_value *given = request->query;
	uint64_t to_ms = number_or(&given[SERIES_TO], clock_unix_ms(web_config(web)->clock) + 1);
	struct history_series_query query = {
		.from_ms = number_or(&given[SERIES_FROM], to_ms > DAY_MS ? to_ms - DAY_MS : 0),
		.to_ms = to_ms,
		.points = (unsigned)number_or(&given[SERIES_POINTS], HISTORY_POINTS_DEFAULT),
	};
	struct question *question;

	if (!web_config(web)->history)
		return no_history();
	if (query.from_ms >= query.to_ms)
		return web_answer_problem(MHD_HTTP_BAD_REQUEST, "`from` must be before `to`");
	if (split_fields(given[SERIES_FIELDS].text, &query))
		return web_answer_problem(
			MHD_HTTP_BAD_REQUEST,
			"`fields` must be 1 to %d names of fields, separated by commas",
			HISTORY_SERIES_FIELDS_MAX);
	copy_name(query.node, &given[SERIES_NODE]);
	copy_name(query.sensor, &given[SERIES_SENSOR]);
	question = begin(web, request);
	if (!question)
		return web_answer_busy("out of memory while reading the history; this machine "
				       "needs more free memory");
	snprintf(question->sensor_id, sizeof(question->sensor_id), "%s:%s", query.node,
		 query.sensor);
	return wait_for(question,
			history_query_series(web_config(web)->history, &query, answered, question));
}

struct web_answer web_get_history_status(struct web *web, struct web_request *request)
{
	(void)request;
	if (!web_config(web)->history)
		return no_history();
	return web_answer_json(MHD_HTTP_OK, history_to_json(web_config(web)->history));
}
