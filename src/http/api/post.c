/* The older routes for the buzzer and the fan of this node: /api/buzzer and /api/fan. */
#include <string.h>

#include "base/error.h"
#include "http/server/handler.h"

/* The names of the buzzer patterns: `action` in the query, `pattern` in a JSON body. */
static const struct {
	const char *action;
	const char *pattern;
	enum web_buzzer_pattern value;
} patterns[] = {
	{"beep", "single", WEB_BUZZER_SINGLE},
	{"beep3", "triple", WEB_BUZZER_TRIPLE},
	{"long", "long", WEB_BUZZER_LONG},
};

#define PATTERNS_COUNT (sizeof(patterns) / sizeof(*patterns))

static struct web_answer done(void)
{
	return web_answer_json(MHD_HTTP_OK, json_pack("{s:s}", "status", "ok"));
}

static struct web_answer buzz(const struct web *web, enum web_buzzer_pattern pattern)
{
	const struct web_actions *actions = &web_config(web)->actions;
	struct error err = {0};
	int ret;

	if (!actions->buzzer)
		return web_answer_problem(MHD_HTTP_NOT_FOUND,
					  "this node has no buzzer: set gpio_pin under [buzzer] in "
					  "its configuration");
	ret = actions->buzzer(actions->arg, pattern, &err);
	return ret ? web_answer_error(ret, &err) : done();
}

static struct web_answer buzz_action(const struct web *web, const char *action)
{
	for (size_t i = 0; action && i < PATTERNS_COUNT; i++) {
		if (!strcmp(patterns[i].action, action))
			return buzz(web, patterns[i].value);
	}
	return web_answer_problem(MHD_HTTP_BAD_REQUEST,
				  "the parameter `action` must be beep, beep3 or long");
}

static struct web_answer buzz_pattern(const struct web *web, const json_t *body)
{
	const char *pattern = json_string_value(json_object_get(body, "pattern"));
	const char *key;
	json_t *value;

	if (!json_is_object(body))
		return web_answer_problem(
			MHD_HTTP_BAD_REQUEST,
			"the body must be a JSON object with the field `pattern`");
	json_object_foreach((json_t *)(uintptr_t)body, key, value)
	{
		if (strcmp(key, "pattern"))
			return web_answer_problem(
				MHD_HTTP_BAD_REQUEST,
				"the body has an unknown field; the only one is \"pattern\"");
	}
	for (size_t i = 0; pattern && i < PATTERNS_COUNT; i++) {
		if (!strcmp(patterns[i].pattern, pattern))
			return buzz(web, patterns[i].value);
	}
	return web_answer_problem(MHD_HTTP_BAD_REQUEST,
				  "the field pattern must be \"single\", \"triple\" or \"long\"");
}

static struct web_answer buzz_body(const struct web *web, struct web_request *request)
{
	struct web_answer answer;
	json_error_t problem;
	json_t *body;

	if (!web_request_is_json(request))
		return web_answer_problem(
			MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
			"the body must be JSON: send the header Content-Type: application/json");
	body = json_loadb(request->body.data, request->body.size, JSON_REJECT_DUPLICATES, &problem);
	if (!body)
		return web_answer_problem(MHD_HTTP_BAD_REQUEST,
					  "the body is not valid JSON: line %d, column %d: %s",
					  problem.line, problem.column, problem.text);
	answer = buzz_pattern(web, body);
	json_decref(body);
	return answer;
}

struct web_answer web_post_buzzer(struct web *web, struct web_request *request)
{
	int arguments =
		MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, NULL, NULL);
	const char *action =
		MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, "action");

	if (arguments > 1 || (arguments && !action))
		return web_answer_problem(
			MHD_HTTP_BAD_REQUEST,
			"the query has an unknown parameter; the only one is \"action\", once");
	if (action && request->body_size)
		return web_answer_problem(MHD_HTTP_BAD_REQUEST,
					  "send either ?action= or a body, not both");
	if (request->body_size)
		return buzz_body(web, request);
	return buzz_action(web, action);
}

struct web_answer web_post_buzzer_test(struct web *web, struct web_request *request)
{
	if (request->body_size)
		return web_answer_problem(MHD_HTTP_BAD_REQUEST,
					  "this route takes no body: send none");
	return buzz(web, WEB_BUZZER_TEST);
}

struct web_answer web_post_fan_test(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web_config(web)->actions;
	struct error err = {0};
	int ret;

	if (request->body_size)
		return web_answer_problem(MHD_HTTP_BAD_REQUEST,
					  "this route takes no body: send none");
	if (!actions->fan_test)
		return web_answer_problem(
			MHD_HTTP_NOT_FOUND,
			"this node has no fan: set gpio_pin under [fan] in its configuration");
	ret = actions->fan_test(actions->arg, &err);
	return ret ? web_answer_error(ret, &err) : done();
}
