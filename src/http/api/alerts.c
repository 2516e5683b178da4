/* The routes /api/v1/alerts: the rules, what fires by them, and what people do about it. */
#include <stdlib.h>
#include <string.h>

#include "alert/alerts.h"
#include "base/error.h"
#include "http/server/handler.h"

static struct web_answer no_alerts(void)
{
	return web_answer_problem(MHD_HTTP_SERVICE_UNAVAILABLE,
				  "this node judges no alerts now: try again when it has started");
}

struct web_answer web_get_alerts(struct web *web, struct web_request *request)
{
	const struct alerts *alerts = web_config(web)->alerts;

	(void)request;
	return alerts ? web_answer_json(MHD_HTTP_OK, alerts_to_json(alerts)) : no_alerts();
}

/* A request that does not fit the alert's present state or origin is a conflict. */
static struct web_answer refuse(int ret, const struct error *err)
{
	if (ret == ERROR_MALFORMED)
		return web_answer_problem(MHD_HTTP_BAD_REQUEST, "%s", err->text);
	if (ret == ERROR_INVALID || ret == ERROR_EXISTS || ret == ERROR_TOO_LARGE)
		return web_answer_problem(MHD_HTTP_CONFLICT, "%s", err->text);
	return web_answer_error(ret, err);
}

/* The keys of an alert are checked by the table of the configuration, so the route has none. */
static int read_definition(const struct web_request *request, json_t **ret_json, struct error *err)
{
	json_error_t place;

	if (!web_request_is_json(request))
		return error_set(err, ERROR_UNSUPPORTED,
				 "the body must be JSON: send the header Content-Type: "
				 "application/json");
	*ret_json = json_loadb(request->body.data ? request->body.data : "", request->body.size,
			       JSON_REJECT_DUPLICATES, &place);
	if (!*ret_json)
		return error_set(err, ERROR_MALFORMED,
				 "the body is not valid JSON: line %d, column %d: %.200s",
				 place.line, place.column, place.text);
	return 0;
}

static struct web_answer put(struct web *web, struct web_request *request, bool is_new)
{
	struct alerts *alerts = web_config(web)->alerts;
	struct error err = {0};
	json_t *definition = NULL;
	const char *name = request->segment;
	struct web_answer answer;
	int ret;

	if (!alerts)
		return no_alerts();
	ret = read_definition(request, &definition, &err);
	if (ret == ERROR_UNSUPPORTED)
		return web_answer_problem(MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "%s", err.text);
	if (!ret)
		ret = is_new ? alerts_add(alerts, definition, &err)
			     : alerts_change(alerts, name, definition, &err);
	if (!ret && is_new)
		name = json_string_value(json_object_get(definition, "name"));
	answer = ret ? refuse(ret, &err)
		     : web_answer_json(is_new ? MHD_HTTP_CREATED : MHD_HTTP_OK,
				       alerts_show(alerts, name));
	json_decref(definition);
	return answer;
}

struct web_answer web_post_alert(struct web *web, struct web_request *request)
{
	return put(web, request, true);
}

struct web_answer web_patch_alert(struct web *web, struct web_request *request)
{
	return put(web, request, false);
}

/* One of the actions that have no parameter. */
typedef int act_on_alert(struct alerts *alerts, const char *name, struct error *err);

static struct web_answer act(struct web *web, const struct web_request *request,
			     act_on_alert *action)
{
	struct alerts *alerts = web_config(web)->alerts;
	struct error err = {0};
	int ret;

	if (!alerts)
		return no_alerts();
	ret = action(alerts, request->segment, &err);
	return ret ? refuse(ret, &err) : web_answer_done();
}

struct web_answer web_delete_alert(struct web *web, struct web_request *request)
{
	return act(web, request, alerts_remove);
}

struct web_answer web_post_alert_acknowledge(struct web *web, struct web_request *request)
{
	return act(web, request, alerts_acknowledge);
}

struct web_answer web_post_alert_snooze(struct web *web, struct web_request *request)
{
	struct alerts *alerts = web_config(web)->alerts;
	struct error err = {0};
	int ret;

	if (!alerts)
		return no_alerts();
	ret = alerts_snooze(alerts, request->segment, (uint64_t)request->fields[0].number, &err);
	return ret ? refuse(ret, &err) : web_answer_done();
}

struct web_answer web_post_alert_test(struct web *web, struct web_request *request)
{
	return act(web, request, alerts_test);
}
