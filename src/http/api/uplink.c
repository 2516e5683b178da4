/*
 * The routes that spokes use on their hub: /push and /api/v1/uplink, and /accept for the hub's
 * operator. link/spoke/spoke_link.h is the spoke's side, link/hub/hub.h the hub's.
 */
#include "http/api/uplink.h"

#include <string.h>

#include "base/error.h"
#include "http/server/handler.h"
#include "link/hub/hub.h"
#include "rollout/hub/desk.h"

_Static_assert(SPOKE_LINK_BODY_MAX <= WEB_BODY_MAX, "a spoke's batch fits into a request");

const struct web_parameter web_commands_query[] = {
	{.name = "node",
	 .type = WEB_TEXT,
	 .is_required = true,
	 .minimum = 1,
	 .maximum = READING_NAME_MAX},
	{0},
};

const char *web_uplink_token_node(const struct web_request *request)
{
	return request->ticket.role == ACCOUNTS_NODE ? request->ticket.name : NULL;
}

struct web_answer web_uplink_refuse(int code, const struct error *err)
{
	switch (code) {
	case ERROR_NOT_GRANTED:
		return web_answer_problem(MHD_HTTP_FORBIDDEN, "%s", err->text);
	case ERROR_EXISTS:
	case ERROR_INVALID: /* the spoke's clock is wrong; the request itself is correct */
		return web_answer_problem(MHD_HTTP_CONFLICT, "%s", err->text);
	case ERROR_MALFORMED:
		return web_answer_problem(MHD_HTTP_BAD_REQUEST, "%s", err->text);
	case ERROR_TOO_LARGE:
		return web_answer_problem(MHD_HTTP_CONTENT_TOO_LARGE, "%s", err->text);
	default:
		return web_answer_error(code, err);
	}
}

struct web_answer web_uplink_no_hub(void)
{
	return web_answer_problem(MHD_HTTP_NOT_FOUND,
				  "this node is not a hub; to make it one, set `role = \"hub\"` "
				  "under [cluster] in its configuration");
}

/* Whether the sender has to wait, before its body costs anything. */
static bool must_wait(struct web *web, const struct web_request *request,
		      struct web_answer *ret_answer)
{
	unsigned seconds = hub_pause_seconds(web_config(web)->hub, web_uplink_token_node(request));

	if (!seconds)
		return false;
	*ret_answer = web_answer_wait(
		MHD_HTTP_TOO_MANY_REQUESTS, seconds,
		"this node sends readings faster than this hub takes them from one node; send the "
		"same request again after the time in Retry-After");
	return true;
}

json_t *web_uplink_read_object(const struct web_request *request, struct error *err)
{
	json_error_t where;
	/* JSON_ALLOW_NUL: a NUL in a text makes only that reading invalid, not the whole batch. */
	json_t *root = json_loadb(request->body.data ? request->body.data : "", request->body.size,
				  JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &where);

	if (!root)
		error_set(err, ERROR_MALFORMED,
			  "the body is not valid JSON: line %d, column %d: %s", where.line,
			  where.column, where.text);
	return root;
}

/* Whether the node should ask which plugins it is to run. */
static void add_updates(struct web *web, const char *node, json_t *answer)
{
	json_object_set_new(answer, "updates",
			    json_boolean(rollout_desk_has_news(web_config(web)->rollouts, node)));
}

struct web_answer web_post_hello(struct web *web, struct web_request *request)
{
	struct error err = {0};
	json_t *answer = NULL, *hello;
	int ret = ERROR_MALFORMED;

	if (!web_config(web)->hub)
		return web_uplink_no_hub();
	hello = web_uplink_read_object(request, &err);
	if (hello)
		ret = hub_hello(web_config(web)->hub, web_uplink_token_node(request), hello,
				&answer, &err);
	if (!ret && web_config(web)->rollouts)
		add_updates(web, json_string_value(json_object_get(hello, "node")), answer);
	json_decref(hello);
	return ret ? web_uplink_refuse(ret, &err) : web_answer_json(MHD_HTTP_OK, answer);
}

static void batch_taken(void *arg, int status, json_t *result)
{
	if (status)
		deferred_response_finish(
			arg, web_answer_busy("this hub is stopping; send the batch again"));
	else
		deferred_response_finish(arg, web_answer_json(MHD_HTTP_OK, result));
}

static struct web_answer take_batch(struct web *web, struct web_request *request,
				    struct spoke_link_batch *batch)
{
	struct deferred_response *pending = deferred_response_begin(request);
	struct error err = {0};
	int ret;

	if (!pending)
		return web_answer_problem(MHD_HTTP_INTERNAL_SERVER_ERROR,
					  "out of memory while taking the readings; this machine "
					  "needs more free memory");
	ret = hub_take(web_config(web)->hub, web_uplink_token_node(request), batch, batch_taken,
		       pending, &err);
	if (ret)
		deferred_response_finish(pending, web_uplink_refuse(ret, &err));
	return web_answer_later();
}

struct web_answer web_post_uplink_readings(struct web *web, struct web_request *request)
{
	const char *encoding = web_request_header(request, MHD_HTTP_HEADER_CONTENT_ENCODING);
	struct web_answer answer;
	struct spoke_link_batch batch;
	struct error err = {0};
	int ret;

	if (!web_config(web)->hub)
		return web_uplink_no_hub();
	if (encoding && strcmp(encoding, "gzip") != 0)
		return web_answer_problem(MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
					  "the header Content-Encoding must be gzip or absent");
	if (must_wait(web, request, &answer))
		return answer;
	ret = spoke_link_batch_decode(request->body.data ? request->body.data : "",
				      request->body.size, encoding != NULL, &batch, &err);
	hub_charge(web_config(web)->hub, web_uplink_token_node(request), batch.text_size);
	if (ret)
		return web_uplink_refuse(ret, &err);
	answer = take_batch(web, request, &batch);
	spoke_link_batch_finish(&batch);
	return answer;
}

static void commands_ready(void *arg, json_t *commands)
{
	/* NULL: the spoke has sent a newer request for commands, or the hub is stopping. */
	if (!commands)
		commands = json_pack("{s:[]}", "commands");
	deferred_response_finish(arg, web_answer_json(MHD_HTTP_OK, commands));
}

struct web_answer web_get_commands(struct web *web, struct web_request *request)
{
	struct deferred_response *pending;
	struct error err = {0};
	int ret;

	if (!web_config(web)->hub)
		return web_uplink_no_hub();
	pending = deferred_response_begin(request);
	if (!pending)
		return web_answer_problem(MHD_HTTP_INTERNAL_SERVER_ERROR,
					  "out of memory while waiting for commands; this machine "
					  "needs more free memory");
	ret = hub_wait_for_commands(web_config(web)->hub, web_uplink_token_node(request),
				    request->query[0].text, commands_ready, pending, &err);
	if (ret)
		deferred_response_finish(pending, web_uplink_refuse(ret, &err));
	return web_answer_later();
}

struct web_answer web_post_results(struct web *web, struct web_request *request)
{
	struct error err = {0};
	json_t *results;
	int ret = ERROR_MALFORMED;

	if (!web_config(web)->hub)
		return web_uplink_no_hub();
	results = web_uplink_read_object(request, &err);
	if (results)
		ret = hub_results(web_config(web)->hub, web_uplink_token_node(request),
				  request->query[0].text, results, &err);
	json_decref(results);
	return ret ? web_uplink_refuse(ret, &err) : web_answer_done();
}

struct web_answer web_post_push(struct web *web, struct web_request *request)
{
	json_t *readings, *answer = NULL;
	struct web_answer wait;
	struct error err = {0};
	int ret = ERROR_MALFORMED;

	if (!web_config(web)->hub)
		return web_uplink_no_hub();
	if (must_wait(web, request, &wait))
		return wait;
	hub_charge(web_config(web)->hub, web_uplink_token_node(request), request->body.size);
	readings = web_uplink_read_object(request, &err);
	if (readings)
		ret = hub_take_push(web_config(web)->hub, web_uplink_token_node(request), readings,
				    &answer, &err);
	json_decref(readings);
	return ret ? web_uplink_refuse(ret, &err) : web_answer_json(MHD_HTTP_OK, answer);
}

struct web_answer web_post_node_accept(struct web *web, struct web_request *request)
{
	struct error err = {0};
	int ret;

	if (!web_config(web)->hub)
		return web_uplink_no_hub();
	ret = hub_accept(web_config(web)->hub, request->segment, &err);
	if (ret == ERROR_INVALID)
		return web_answer_problem(MHD_HTTP_CONFLICT, "%s", err.text);
	return ret ? web_answer_error(ret, &err) : web_answer_done();
}
