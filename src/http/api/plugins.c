/* The routes /api/v1/plugins: the list of plugins, and the owner's decisions about them. */
#include <string.h>

#include "base/error.h"
#include "http/events/event_feed.h"
#include "http/server/handler.h"

struct web_answer web_get_plugins(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web_config(web)->actions;

	(void)request;
	if (!actions->plugins)
		return web_answer_problem(
			MHD_HTTP_SERVICE_UNAVAILABLE,
			"this node runs no plugins now: try again when it has started");
	return web_answer_json(MHD_HTTP_OK, actions->plugins(actions->arg));
}

static struct web_answer answer(struct web *web, int ret, const struct error *err)
{
	/* 409: the request is correct, but the plugin's present state does not allow it. */
	if (ret == ERROR_BUSY || ret == ERROR_INVALID)
		return web_answer_problem(MHD_HTTP_CONFLICT, "%s", err->text);
	if (ret)
		return web_answer_error(ret, err);
	event_feed_plugins_changed(web_event_feed(web));
	return web_answer_done();
}

static struct web_answer act(struct web *web, const struct web_request *request,
			     enum web_plugin_action action)
{
	const struct web_actions *actions = &web_config(web)->actions;
	struct error err = {0};
	int ret;

	if (!actions->plugin_act)
		return web_answer_problem(
			MHD_HTTP_SERVICE_UNAVAILABLE,
			"this node runs no plugins now: try again when it has started");
	ret = actions->plugin_act(actions->arg, request->segment, action, &err);
	return answer(web, ret, &err);
}

/* The plugin's current request, as a new reference; NULL if it has none. */
static json_t *request_of(const struct web_actions *actions, const char *plugin)
{
	json_t *plugins = actions->plugins ? actions->plugins(actions->arg) : NULL;
	json_t *request = NULL;

	for (size_t i = 0; i < json_array_size(plugins); i++) {
		const json_t *item = json_array_get(plugins, i);
		const char *name = json_string_value(json_object_get(item, "name"));

		if (name && !strcmp(name, plugin))
			request = json_incref(json_object_get(item, "request"));
	}
	json_decref(plugins);
	return request;
}

struct web_answer web_post_approve(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web_config(web)->actions;
	struct error err = {0};
	int ret;

	if (!actions->plugin_approve)
		return web_answer_problem(
			MHD_HTTP_SERVICE_UNAVAILABLE,
			"this node runs no plugins now: try again when it has started");
	ret = actions->plugin_approve(actions->arg, request->segment, request->fields[0].text,
				      &err);
	if (ret == ERROR_INVALID)
		return web_answer_problem_with(MHD_HTTP_CONFLICT, "request",
					       request_of(actions, request->segment), err.text);
	return answer(web, ret, &err);
}

struct web_answer web_post_reload(struct web *web, struct web_request *request)
{
	return act(web, request, WEB_PLUGIN_RELOAD);
}

struct web_answer web_post_enable(struct web *web, struct web_request *request)
{
	return act(web, request, WEB_PLUGIN_ENABLE);
}

struct web_answer web_post_disable(struct web *web, struct web_request *request)
{
	return act(web, request, WEB_PLUGIN_DISABLE);
}
