/*
 * The routes /api/v1/cluster and /api/v1/log: what this node knows of the cluster that it is a
 * member of, and the cluster's replicated log for hubs outside of it.
 */
#include "base/error.h"
#include "http/server/handler.h"

#define LOG_LIMIT_MAX 64
#define SEQUENCE_MAX ((int64_t)1 << 53)

enum { AFTER, LIMIT };

const struct web_parameter web_cluster_log_query[] = {
	[AFTER] = {.name = "after", .type = WEB_INTEGER, .maximum = SEQUENCE_MAX},
	[LIMIT] = {.name = "limit", .type = WEB_INTEGER, .minimum = 1, .maximum = LOG_LIMIT_MAX},
	{0},
};

static struct web_answer no_cluster(void)
{
	return web_answer_problem(MHD_HTTP_NOT_FOUND,
				  "this node is not a member of a cluster; to make it one, set "
				  "`engine = \"nats\"` under [cluster] in its configuration");
}

struct web_answer web_get_cluster(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web_config(web)->actions;

	(void)request;
	if (!actions->cluster)
		return no_cluster();
	return web_answer_json(MHD_HTTP_OK, actions->cluster(actions->arg));
}

static void log_read(void *arg, int code, const struct error *err, json_t *body)
{
	struct web_answer answer;

	if (code)
		answer = web_answer_busy(err->text);
	else
		answer = web_answer_json(MHD_HTTP_OK, body);
	deferred_response_finish(arg, answer);
}

struct web_answer web_get_cluster_log(struct web *web, struct web_request *request)
{
	const struct web_actions *actions = &web_config(web)->actions;
	const struct web_value *given = request->query;
	struct deferred_response *pending;
	struct error err = {0};

	if (!actions->cluster_log)
		return no_cluster();
	pending = deferred_response_begin(request);
	if (!pending)
		return web_answer_busy(error_text(ERROR_NO_MEMORY));
	if (actions->cluster_log(
		    actions->arg, given[AFTER].is_set ? (uint64_t)given[AFTER].number : 0,
		    given[LIMIT].is_set ? (unsigned)given[LIMIT].number : LOG_LIMIT_MAX, log_read,
		    pending, &err))
		deferred_response_finish(pending, web_answer_busy(err.text));
	return web_answer_later();
}
