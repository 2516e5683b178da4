/* What the routes for spokes share (uplink.c, uplink_updates.c). Loop thread. */
#ifndef HARVESTER_HTTP_API_UPLINK_H
#define HARVESTER_HTTP_API_UPLINK_H

#include <jansson.h>

#include "http/server/answer.h"

struct error;
struct web_request;

/* The node whose token was sent. NULL if none was needed, which only happens for /push. */
const char *web_uplink_token_node(const struct web_request *request);

/* The answer to a request that the hub refuses. */
struct web_answer web_uplink_refuse(int code, const struct error *err);

/* The answer of a node that is no hub. */
struct web_answer web_uplink_no_hub(void);

/* The request's body, which the caller owns; NULL if it is not JSON: *err says why. */
json_t *web_uplink_read_object(const struct web_request *request, struct error *err);

#endif
