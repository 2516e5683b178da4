/*
 * GET /api/readings and /api/v1/readings, cached for one revision of the reading table; DELETE of a
 * sensor whose plugin was removed; and PATCH of what the owner decided about a sensor.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "http/events/event_feed.h"
#include "http/server/handler.h"
#include "reading/catalogue.h"
#include "reading/reading.h"
#include "reading/table.h"

#define AGE_MS_MAX 1000 /* how long an answer may be reused that contains the ages of readings */

/* More than the data, names, times and descriptions of the whole table can need. */
#define BODY_SIZE_MAX                                                                              \
	(READING_TABLE_HUB_BYTES_MAX + (4096 + CATALOGUE_TEXT_MAX) * READING_TABLE_HUB_SENSORS_MAX)

/* Cache the body, whose content it takes, and answer with it. `stale`: number of stale sensors. */
static struct web_answer answer(struct web *web, struct web_readings *readings, struct buffer *body,
				size_t stale, const struct web_request *request)
{
	uint64_t revision = reading_table_revision(web_config(web)->table);
	char tag[WEB_TAG_SIZE];

	if (body->failed) {
		buffer_finish(body);
		return web_answer_json(MHD_HTTP_OK, NULL);
	}
	snprintf(tag, sizeof(tag), "%" PRIx64 "-%" PRIx64 "-%zu", web_started_ms(web), revision,
		 stale);
	if (cached_response_set(&readings->document, body->data, body->size, "application/json",
				tag))
		return web_answer_json(MHD_HTTP_OK, NULL);
	readings->revision = revision;
	readings->made_ms = web_now(web);
	return cached_response_answer(&readings->document, request);
}

static bool is_current(const struct web *web, const struct web_readings *readings)
{
	return readings->document.plain &&
	       readings->revision == reading_table_revision(web_config(web)->table);
}

struct web_answer web_get_readings(struct web *web, struct web_request *request)
{
	struct buffer body;

	if (is_current(web, &web_caches(web)->readings))
		return cached_response_answer(&web_caches(web)->readings.document, request);
	buffer_init(&body, BODY_SIZE_MAX);
	reading_table_write(web_config(web)->table, &body);
	return answer(web, &web_caches(web)->readings, &body, 0, request);
}

struct web_answer web_get_readings_v1(struct web *web, struct web_request *request)
{
	const struct reading_table *table = web_config(web)->table;
	struct web_readings *readings = &web_caches(web)->readings_v1;
	uint64_t now_ms = clock_unix_ms(web_config(web)->clock);
	struct buffer body;

	if (is_current(web, readings) && web_now(web) - readings->made_ms < AGE_MS_MAX)
		return cached_response_answer(&readings->document, request);
	buffer_init(&body, BODY_SIZE_MAX);
	buffer_append_text(&body, "{\"readings\":");
	reading_table_write_shown(table, now_ms, &body);
	buffer_printf(&body, ",\"last_update\":%" PRIu64 ",\"revision\":%" PRIu64 "}",
		      reading_table_last_update(table), reading_table_revision(table));
	return answer(web, readings, &body, reading_table_stale(table, now_ms), request);
}

struct web_answer web_delete_reading(struct web *web, struct web_request *request)
{
	const char *sensor = request->segment;
	int ret = reading_table_forget(web_config(web)->table, sensor);

	if (ret == ERROR_NOT_FOUND)
		return web_answer_problem(
			MHD_HTTP_NOT_FOUND,
			"there is no sensor %s: GET /api/v1/readings lists the sensors", sensor);
	if (ret)
		return web_answer_problem(MHD_HTTP_CONFLICT,
					  "the plugin of %s is not removed: remove it from the "
					  "plugins folder first, or disable it",
					  sensor);
	event_feed_plugins_changed(web_event_feed(web));
	return web_answer_done();
}

struct web_answer web_patch_sensor(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web_config(web)->actions;
	struct error err = {0};
	int ret;

	if (!actions->describe_sensor)
		return web_answer_problem(MHD_HTTP_SERVICE_UNAVAILABLE,
					  "this node describes no sensors now: try again when it "
					  "has started");
	ret = actions->describe_sensor(actions->arg, request->segment, request->json, &err);
	/* 409: the request is correct, but another decision does not allow it. */
	if (ret == ERROR_BUSY || ret == ERROR_EXISTS || ret == ERROR_TOO_LARGE)
		return web_answer_problem(MHD_HTTP_CONFLICT, "%s", err.text);
	return ret ? web_answer_error(ret, &err) : web_answer_done();
}
