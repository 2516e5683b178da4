/* POST /api/v1/bundles: installs a signed bundle, which comes with its signature as JSON. */
#include "base/error.h"
#include "http/api/bundle_body.h"
#include "http/server/handler.h"

#define BUNDLE 0 /* the fields of the route's table */
#define SIGNATURE 1

static struct web_answer install(struct web *web, struct web_request *request,
				 const struct web_bundle_body *body)
{
	const struct web_actions *actions = &web_config(web)->actions;
	struct deferred_response *pending = deferred_response_begin(request);
	struct error err = {0};
	int ret;

	if (!pending)
		return web_answer_json(MHD_HTTP_OK, NULL);
	ret = actions->install_bundle(actions->arg, body->bundle, body->size, body->signature,
				      web_bundle_done, pending, &err);
	if (ret)
		deferred_response_finish(pending, web_answer_error(ret, &err));
	return web_answer_later();
}

struct web_answer web_post_bundle(struct web *web, struct web_request *request)
{
	const struct web_value *fields = request->fields;
	struct web_bundle_body body = {0};
	struct web_answer answer;

	if (!web_config(web)->actions.install_bundle)
		return web_answer_problem(MHD_HTTP_SERVICE_UNAVAILABLE,
					  "this node installs no bundles now: try again when it "
					  "has started");
	if (web_bundle_body_read(&body, &fields[BUNDLE], &fields[SIGNATURE], &answer))
		answer = install(web, request, &body);
	web_bundle_body_finish(&body);
	return answer;
}
