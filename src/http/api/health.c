/* GET /healthz (the process is alive) and /readyz (plugins, devices and history work). */
#include "http/server/handler.h"
#include "store/history/history.h"

struct web_answer web_get_health(struct web *web, struct web_request *request)
{
	(void)web, (void)request;
	return web_answer_json(MHD_HTTP_OK, json_pack("{s:s}", "status", "ok"));
}

struct web_answer web_get_ready(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web_config(web)->actions;
	json_t *reasons = actions->unready ? actions->unready(actions->arg) : json_array();

	(void)request;
	if (reasons && web_config(web)->history && history_is_failing(web_config(web)->history))
		json_array_append_new(
			reasons, json_string("the history cannot be written; the log says why"));
	if (json_array_size(reasons))
		return web_answer_problem_with(MHD_HTTP_SERVICE_UNAVAILABLE, "reasons", reasons,
					       "this node is not ready; `reasons` says why");
	if (!reasons)
		return web_answer_json(MHD_HTTP_OK, NULL);
	json_decref(reasons);
	return web_answer_json(MHD_HTTP_OK, json_pack("{s:s}", "status", "ready"));
}
