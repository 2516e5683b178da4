#include "http/api/bundle_body.h"

#include <stdlib.h>

#include "base/error.h"
#include "http/api/base64_field.h"
#include "http/server/handler.h"

bool web_bundle_body_read(struct web_bundle_body *body, const struct web_value *bundle,
			  const struct web_value *signature, struct web_answer *ret_answer)
{
	if (bundle->is_set)
		body->bundle = base64_field_decode(bundle, &body->size);
	if (signature->is_set)
		body->signature = base64_field_decode_text(signature);
	if ((!bundle->is_set || body->bundle) && (!signature->is_set || body->signature))
		return true;
	*ret_answer = web_answer_problem(MHD_HTTP_BAD_REQUEST,
					 "send `bundle` and `signature` as base64 (RFC 4648, "
					 "section 4)");
	return false;
}

void web_bundle_body_finish(struct web_bundle_body *body)
{
	free(body->signature);
	free(body->bundle);
}

struct web_answer web_bundle_refuse(int code, const struct error *err)
{
	if (code == ERROR_MALFORMED || code == ERROR_CHECKSUM)
		return web_answer_problem(MHD_HTTP_BAD_REQUEST, "%s", err->text);
	if (code == ERROR_EXISTS || code == ERROR_TIMEOUT || code == ERROR_UNSUPPORTED ||
	    code == ERROR_TOO_LARGE)
		return web_answer_problem(MHD_HTTP_CONFLICT, "%s", err->text);
	return web_answer_error(code, err);
}

void web_bundle_done(void *arg, int code, const struct error *err, json_t *body)
{
	deferred_response_finish(arg, code ? web_bundle_refuse(code, err)
					   : web_answer_json(MHD_HTTP_OK, body));
}
