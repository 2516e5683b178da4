/* GET routes for the OpenAPI document, the fan and the simulation. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "http/server/handler.h"

struct web_answer web_get_openapi(struct web *web, struct web_request *request)
{
	char *text, tag[WEB_TAG_SIZE];

	if (!web_caches(web)->openapi.plain) {
		text = malloc(web_openapi_size);
		if (text)
			memcpy(text, web_openapi, web_openapi_size);
		snprintf(tag, sizeof(tag), "%" PRIx64, web_started_ms(web));
		if (cached_response_set(&web_caches(web)->openapi, text, web_openapi_size,
					"application/json", tag))
			return web_answer_json(MHD_HTTP_OK, NULL);
	}
	return cached_response_answer(&web_caches(web)->openapi, request);
}

struct web_answer web_get_fan_status(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web_config(web)->actions;
	struct error err = {0};
	bool on = false;
	int ret;

	(void)request;
	if (!actions->fan_status)
		return web_answer_problem(
			MHD_HTTP_NOT_FOUND,
			"this node has no fan: set gpio_pin under [fan] in its configuration");
	ret = actions->fan_status(actions->arg, &on, &err);
	if (ret)
		return web_answer_error(ret, &err);
	return web_answer_json(MHD_HTTP_OK, json_pack("{s:b}", "fan_on", (int)on));
}

struct web_answer web_get_simulation(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web_config(web)->actions;

	(void)request;
	if (!actions->simulation)
		return web_answer_problem(MHD_HTTP_NOT_FOUND,
					  "nothing is simulated here: the hardware is real "
					  "(`backend` under [hardware])");
	return web_answer_json(MHD_HTTP_OK, actions->simulation(actions->arg));
}
