/*
 * A signed bundle in the JSON body of a request, and the answer when the node has dealt with it:
 * for every route that takes bundles. Loop thread.
 */
#ifndef HARVESTER_HTTP_API_BUNDLE_BODY_H
#define HARVESTER_HTTP_API_BUNDLE_BODY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "http/server/answer.h"

struct error;
struct web_value;

/* Begins as {0}; end it with web_bundle_body_finish(). */
struct web_bundle_body {
	char *bundle; /* owned; NULL: the request has none */
	size_t size;
	char *signature; /* owned text; NULL: the request has none */
};

/*
 * Decode both fields, from base64. Returns false if one of them is there and cannot be decoded,
 * with the answer that says so in *ret_answer.
 */
bool web_bundle_body_read(struct web_bundle_body *body, const struct web_value *bundle,
			  const struct web_value *signature, struct web_answer *ret_answer);

/* Free what the body owns. */
void web_bundle_body_finish(struct web_bundle_body *body);

/* The answer to a bundle that was refused with this error. */
struct web_answer web_bundle_refuse(int code, const struct error *err);

/*
 * Finish the deferred response `arg`: with `body`, which is taken over, or with the refusal if
 * `code` is not 0.
 */
void web_bundle_done(void *arg, int code, const struct error *err, json_t *body);

#endif
