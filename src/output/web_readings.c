/*
 * GET /api/readings and /api/v1/readings, made once for each revision of the table; and DELETE of a sensor
 * whose plugin is gone.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json_text.h"
#include "output/web_internal.h"
#include "reading/table.h"

#define AGE_MS_MAX 1000 /* of an answer that says how old readings are */

static struct web_answer answer(struct web *web, struct web_readings *readings, json_t *body,
				size_t stale, const struct web_request *request)
{
	uint64_t revision = reading_table_revision(web->config.table);
	char *text = body ? json_text(body) : NULL;
	char tag[WEB_TAG_SIZE];

	json_decref(body);
	snprintf(tag, sizeof(tag), "%" PRIx64 "-%" PRIx64 "-%zu", web->started_ms, revision, stale);
	if (web_document_set(&readings->document, text, text ? strlen(text) : 0, "application/json",
			     tag))
		return web_answer_json(MHD_HTTP_OK, NULL);
	readings->revision = revision;
	readings->made_ms = uv_now(web->poll.loop);
	return web_document_answer(&readings->document, request);
}

static bool is_current(const struct web *web, const struct web_readings *readings)
{
	return readings->document.plain &&
	       readings->revision == reading_table_revision(web->config.table);
}

struct web_answer web_get_readings(struct web *web, struct web_request *request)
{
	if (is_current(web, &web->readings))
		return web_document_answer(&web->readings.document, request);
	return answer(web, &web->readings, reading_table_to_json(web->config.table), 0, request);
}

struct web_answer web_get_readings_v1(struct web *web, struct web_request *request)
{
	const struct reading_table *table = web->config.table;
	struct web_readings *readings = &web->readings_v1;
	uint64_t now_ms = clock_unix_ms(clock_system());

	if (is_current(web, readings) && uv_now(web->poll.loop) - readings->made_ms < AGE_MS_MAX)
		return web_document_answer(&readings->document, request);
	return answer(web, readings,
		      json_pack("{s:o, s:I, s:I}", "readings", reading_table_show(table, 0, now_ms),
				"last_update", (json_int_t)reading_table_last_update(table),
				"revision", (json_int_t)reading_table_revision(table)),
		      reading_table_stale(table, now_ms), request);
}

struct web_answer web_delete_reading(struct web *web, struct web_request *request)
{
	const char *sensor = request->segment;
	int ret = reading_table_forget(web->config.table, sensor);

	if (ret == ERROR_NOT_FOUND)
		return web_answer_problem(MHD_HTTP_NOT_FOUND, "there is no sensor %s", sensor);
	if (ret)
		return web_answer_problem(MHD_HTTP_CONFLICT,
					  "the plugin of %s is not removed: remove it from the "
					  "plugins folder first, or disable it",
					  sensor);
	web_news_plugins_changed(web->news);
	return web_answer_done();
}
