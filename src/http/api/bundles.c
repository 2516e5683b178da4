/* POST /api/v1/bundles: installs a signed bundle, which comes with its signature as JSON. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "http/api/base64_field.h"
#include "http/server/handler.h"

#define BUNDLE 0 /* the fields of the route's table */
#define SIGNATURE 1

static struct web_answer refuse(int code, const struct error *err)
{
	if (code == ERROR_MALFORMED || code == ERROR_CHECKSUM)
		return web_answer_problem(MHD_HTTP_BAD_REQUEST, "%s", err->text);
	if (code == ERROR_EXISTS || code == ERROR_TIMEOUT || code == ERROR_UNSUPPORTED ||
	    code == ERROR_TOO_LARGE)
		return web_answer_problem(MHD_HTTP_CONFLICT, "%s", err->text);
	return web_answer_error(code, err);
}

static void on_installed(void *arg, int code, const struct error *err, json_t *body)
{
	deferred_response_finish(arg,
				 code ? refuse(code, err) : web_answer_json(MHD_HTTP_OK, body));
}

static struct web_answer install(struct web *web, struct web_request *request, const char *bundle,
				 size_t size, const char *signature)
{
	const struct web_actions *actions = &web_config(web)->actions;
	struct deferred_response *pending = deferred_response_begin(request);
	struct error err = {0};
	int ret;

	if (!pending)
		return web_answer_json(MHD_HTTP_OK, NULL);
	ret = actions->install_bundle(actions->arg, bundle, size, signature, on_installed, pending,
				      &err);
	if (ret)
		deferred_response_finish(pending, web_answer_error(ret, &err));
	return web_answer_later();
}

struct web_answer web_post_bundle(struct web *web, struct web_request *request)
{
	const struct web_value *fields = request->fields;
	char *bundle, *signature = NULL;
	size_t size = 0;
	struct web_answer answer;

	if (!web_config(web)->actions.install_bundle)
		return web_answer_problem(MHD_HTTP_SERVICE_UNAVAILABLE,
					  "this node installs no bundles now: try again when it "
					  "has started");
	bundle = base64_field_decode(&fields[BUNDLE], &size);
	if (fields[SIGNATURE].is_set)
		signature = base64_field_decode_text(&fields[SIGNATURE]);
	if (!bundle || (fields[SIGNATURE].is_set && !signature))
		answer = web_answer_problem(MHD_HTTP_BAD_REQUEST,
					    "send `bundle` and `signature` as base64 (RFC 4648, "
					    "section 4)");
	else
		answer = install(web, request, bundle, size, signature);
	free(signature);
	free(bundle);
	return answer;
}
