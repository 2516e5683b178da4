/* GET /api/v1/mqtt: the connection to the broker, and what went over it. */
#include "http/server/handler.h"

struct web_answer web_get_mqtt(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web_config(web)->actions;

	(void)request;
	if (!actions->mqtt)
		return web_answer_problem(MHD_HTTP_NOT_FOUND,
					  "this node uses no MQTT: set url under [mqtt] in its "
					  "configuration");
	return web_answer_json(MHD_HTTP_OK, actions->mqtt(actions->arg));
}
