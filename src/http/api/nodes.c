/*
 * The routes /api/v1/nodes: the list of nodes, and their buzzers, fans and LEDs. Commands for this
 * node are carried out here; those for another node are passed on to it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "http/server/handler.h"

struct web_answer web_get_nodes(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web_config(web)->actions;
	json_t *nodes = actions->nodes ? actions->nodes(actions->arg) : json_array();

	(void)request;
	return web_answer_json(MHD_HTTP_OK, nodes ? json_pack("{s:o}", "nodes", nodes) : NULL);
}

static bool is_self(const struct web *web, const struct web_request *request)
{
	return !strcmp(request->segment, "self") ||
	       (web_config(web)->node && !strcmp(request->segment, web_config(web)->node));
}

/* The other node has answered, or the command failed. */
static void sent(void *arg, int code, const struct error *err, json_t *body)
{
	struct web_answer answer;

	if (code)
		answer = web_answer_error(code, err);
	else
		answer = body ? web_answer_json(MHD_HTTP_OK, body) : web_answer_done();
	deferred_response_finish(arg, answer);
}

static struct web_answer send_to_node(struct web *web, struct web_request *request,
				      const char *device)
{
	const struct web_actions *actions = &web_config(web)->actions;
	struct deferred_response *pending;
	struct error err = {0};
	int ret;

	if (!actions->send_to_node)
		return web_answer_problem(MHD_HTTP_NOT_FOUND,
					  "no node is called %s: GET /api/v1/nodes lists the nodes",
					  request->segment);
	pending = deferred_response_begin(request);
	if (!pending)
		return web_answer_json(MHD_HTTP_OK, NULL);
	ret = actions->send_to_node(actions->arg, request->segment, device, request->json, sent,
				    pending, &err);
	if (ret)
		deferred_response_finish(pending, web_answer_error(ret, &err));
	return web_answer_later();
}

static struct web_answer answer_action(int ret, const struct error *err)
{
	return ret ? web_answer_error(ret, err) : web_answer_done();
}

static struct web_answer no_device(const char *device)
{
	return web_answer_problem(
		MHD_HTTP_NOT_FOUND,
		"this node has no %s: set its gpio_pin or count in the configuration", device);
}

struct web_answer web_post_node_buzzer(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web_config(web)->actions;
	struct error err = {0};

	if (!is_self(web, request))
		return send_to_node(web, request, "buzzer");
	if (!actions->buzzer)
		return no_device("buzzer");
	/* The choices of the route are in the order of the enum. */
	return answer_action(actions->buzzer(actions->arg,
					     (enum web_buzzer_pattern)request->fields[0].number,
					     &err),
			     &err);
}

struct web_answer web_get_node_fan(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web_config(web)->actions;
	struct error err = {0};
	bool on = false;
	int ret;

	if (!is_self(web, request))
		return send_to_node(web, request, "fan");
	if (!actions->fan_status)
		return no_device("fan");
	ret = actions->fan_status(actions->arg, &on, &err);
	if (ret)
		return web_answer_error(ret, &err);
	return web_answer_json(MHD_HTTP_OK, json_pack("{s:b}", "on", (int)on));
}

struct web_answer web_post_node_fan(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web_config(web)->actions;
	struct error err = {0};

	if (!is_self(web, request))
		return send_to_node(web, request, "fan");
	if (!actions->fan_test)
		return no_device("fan");
	/* The route allows only the action "test". */
	return answer_action(actions->fan_test(actions->arg, &err), &err);
}

struct web_answer web_get_node_outputs(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web_config(web)->actions;

	if (!is_self(web, request))
		return send_to_node(web, request, "outputs");
	if (!actions->outputs)
		return no_device("LEDs");
	return web_answer_json(MHD_HTTP_OK, actions->outputs(actions->arg));
}

struct web_answer web_get_node_leds(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web_config(web)->actions;
	struct error err = {0};
	json_t *leds = NULL;
	int ret;

	if (!is_self(web, request))
		return send_to_node(web, request, "leds");
	if (!actions->leds)
		return no_device("LEDs");
	ret = actions->leds(actions->arg, &leds, &err);
	return ret ? web_answer_error(ret, &err) : web_answer_json(MHD_HTTP_OK, leds);
}

struct web_answer web_post_node_leds(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web_config(web)->actions;
	struct error err = {0};

	if (!is_self(web, request))
		return send_to_node(web, request, "leds");
	if (!actions->light)
		return no_device("LEDs");
	return answer_action(actions->light(actions->arg, (uint32_t)request->fields[0].number,
					    (unsigned)request->fields[1].number, &err),
			     &err);
}
