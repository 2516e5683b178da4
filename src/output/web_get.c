#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "output/log_ring.h"
#include "output/web_internal.h"
#include "reading/table.h"

struct web_answer web_get_page(struct web *web, struct web_request *request)
{
	(void)request;
	return (struct web_answer){
		.status = MHD_HTTP_OK,
		.response = web->page ? web->page : web->builtin,
		.kept = true,
	};
}

/* One response serves every request until the table changes. */
static bool refresh_readings(struct web *web)
{
	uint64_t revision = reading_table_revision(web->config.table);
	struct MHD_Response *response;

	if (web->readings.response && web->readings.revision == revision)
		return true;
	response = web_response_json(reading_table_to_json(web->config.table), "application/json");
	if (!response)
		return false;
	if (web->readings.response)
		MHD_destroy_response(web->readings.response);
	web->readings.response = response;
	web->readings.revision = revision;
	snprintf(web->readings.tag, sizeof(web->readings.tag), "\"%" PRIx64 "-%" PRIx64 "\"",
		 web->started_ms, revision);
	MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, web->readings.tag);
	return true;
}

struct web_answer web_get_readings(struct web *web, struct web_request *request)
{
	const char *known = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
							MHD_HTTP_HEADER_IF_NONE_MATCH);

	if (!refresh_readings(web))
		return web_answer_problem(MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
	if (known && !strcmp(known, web->readings.tag))
		return web_answer_not_modified(web->readings.tag);
	return (struct web_answer){
		.status = MHD_HTTP_OK,
		.response = web->readings.response,
		.kept = true,
	};
}

struct web_answer web_get_logs(struct web *web, struct web_request *request)
{
	json_t *lines = web->config.log ? log_ring_to_json(web->config.log) : json_array();

	(void)request;
	return web_answer_json(MHD_HTTP_OK, lines ? json_pack("{s:o}", "logs", lines) : NULL);
}

struct web_answer web_get_fan(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web->config.actions;
	struct error err = {0};
	bool on = false;
	int ret;

	(void)request;
	if (!actions->fan_status)
		return web_answer_problem(MHD_HTTP_NOT_FOUND, "this node has no fan");
	ret = actions->fan_status(actions->arg, &on, &err);
	if (ret)
		return web_answer_error(ret, &err);
	return web_answer_json(MHD_HTTP_OK, json_pack("{s:b}", "fan_on", (int)on));
}

struct web_answer web_get_simulation(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web->config.actions;

	(void)request;
	if (!actions->simulation)
		return web_answer_problem(MHD_HTTP_NOT_FOUND,
					  "nothing is simulated: the hardware is real");
	return web_answer_json(MHD_HTTP_OK, actions->simulation(actions->arg));
}

struct web_answer web_get_plugins(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web->config.actions;

	(void)request;
	if (!actions->plugins)
		return web_answer_problem(MHD_HTTP_SERVICE_UNAVAILABLE, "no plugins are run here");
	return web_answer_json(MHD_HTTP_OK, actions->plugins(actions->arg));
}

struct web_answer web_get_health(struct web *web, struct web_request *request)
{
	(void)web, (void)request;
	return web_answer_json(MHD_HTTP_OK, json_pack("{s:s}", "status", "ok"));
}
