/* The routes by which spokes ask their hub which plugins to run, and fetch the bundles. */
#include <string.h>

#include "base/error.h"
#include "bundle/manifest.h"
#include "http/api/uplink.h"
#include "http/server/handler.h"
#include "link/hub/hub.h"
#include "rollout/hub/desk.h"

#define BUSY_SECONDS 2

enum { NODE, DIGEST, OFFSET }; /* the parameters of the query */

const struct web_parameter web_uplink_bundle_query[] = {
	[NODE] = {.name = "node",
		  .type = WEB_TEXT,
		  .is_required = true,
		  .minimum = 1,
		  .maximum = READING_NAME_MAX},
	[DIGEST] = {.name = "digest",
		    .type = WEB_TEXT,
		    .is_required = true,
		    .minimum = BUNDLE_DIGEST_SIZE - 1,
		    .maximum = BUNDLE_DIGEST_SIZE - 1},
	[OFFSET] = {.name = "offset", .type = WEB_INTEGER, .maximum = BUNDLE_BYTES_MAX * 2},
	{0},
};

/* Whether the request may be made in the name of this node. */
static int admit(struct web *web, const struct web_request *request, const char *node,
		 struct error *err)
{
	return hub_hear(web_config(web)->hub, web_uplink_token_node(request), node, err);
}

struct web_answer web_post_updates(struct web *web, struct web_request *request)
{
	const char *node = request->query[NODE].text;
	json_t *body, *answer = NULL;
	struct error err = {0};
	int ret;

	if (!web_config(web)->hub || !web_config(web)->rollouts)
		return web_uplink_no_hub();
	ret = admit(web, request, node, &err);
	if (ret)
		return web_uplink_refuse(ret, &err);
	body = web_uplink_read_object(request, &err);
	ret = body ? rollout_desk_ask(web_config(web)->rollouts, node, body, &answer, &err)
		   : ERROR_MALFORMED;
	json_decref(body);
	return ret ? web_uplink_refuse(ret, &err) : web_answer_json(MHD_HTTP_OK, answer);
}

static void on_read(void *arg, int code, const struct error *err, const void *data, size_t size)
{
	struct web_answer answer = {.status = MHD_HTTP_OK};

	if (code)
		answer = web_answer_error(code, err);
	else
		answer.response = web_response_text(data, size, "application/octet-stream");
	deferred_response_finish(arg, answer);
}

static struct web_answer answer_refusal(int code, const struct error *err)
{
	return code == ERROR_BUSY
		       ? web_answer_wait(MHD_HTTP_SERVICE_UNAVAILABLE, BUSY_SECONDS, err->text)
		       : web_uplink_refuse(code, err);
}

struct web_answer web_get_uplink_bundle(struct web *web, struct web_request *request)
{
	const struct web_value *query = request->query;
	struct deferred_response *pending;
	struct error err = {0};
	int ret;

	if (!web_config(web)->hub || !web_config(web)->rollouts)
		return web_uplink_no_hub();
	ret = admit(web, request, query[NODE].text, &err);
	if (ret)
		return web_uplink_refuse(ret, &err);
	pending = deferred_response_begin(request);
	if (!pending)
		return web_answer_json(MHD_HTTP_OK, NULL);
	ret = rollout_desk_read(web_config(web)->rollouts, query[NODE].text, query[DIGEST].text,
				(uint64_t)query[OFFSET].number, on_read, pending, &err);
	if (ret)
		deferred_response_finish(pending, answer_refusal(ret, &err));
	return web_answer_later();
}
