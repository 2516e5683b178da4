/* GET /api/logs and /api/v1/logs: the newest lines of the log. */
#include "base/log_ring.h"
#include "http/server/handler.h"

struct web_answer web_get_logs(struct web *web, struct web_request *request)
{
	json_t *lines =
		web_config(web)->log ? log_ring_to_json(web_config(web)->log) : json_array();

	(void)request;
	return web_answer_json(MHD_HTTP_OK, lines ? json_pack("{s:o}", "logs", lines) : NULL);
}

struct web_answer web_get_logs_v1(struct web *web, struct web_request *request)
{
	const struct web_value *query = request->query;
	const struct log_filter filter = {
		.node = query[WEB_LOGS_NODE].text,
		.source = query[WEB_LOGS_SOURCE].text,
		.search = query[WEB_LOGS_SEARCH].text,
		/* The choices are in the order of the enum; the default 0 is the lowest level. */
		.level = (enum log_level)query[WEB_LOGS_LEVEL].number,
		.after = (uint64_t)query[WEB_LOGS_AFTER].number,
		.limit = query[WEB_LOGS_LIMIT].is_set ? (size_t)query[WEB_LOGS_LIMIT].number
						      : LOG_RING_LINES,
	};

	if (!web_config(web)->log)
		return web_answer_problem(
			MHD_HTTP_SERVICE_UNAVAILABLE,
			"this node keeps no log lines: it had too little memory when it started");
	return web_answer_json(MHD_HTTP_OK, log_ring_find(web_config(web)->log, &filter));
}
