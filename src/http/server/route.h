/*
 * A route: a method and a path, what it requires, and its handler. The table of all routes is
 * http/routes.c. Loop thread.
 */
#ifndef HARVESTER_HTTP_SERVER_ROUTE_H
#define HARVESTER_HTTP_SERVER_ROUTE_H

#include <stddef.h>

#include "http/server/answer.h"
#include "http/server/parameter.h"

struct web;
struct web_request;

/* What a route requires. The default, 0, is strict, so that a forgotten level opens nothing. */
enum web_level {
	WEB_OPERATE, /* the role operator */
	WEB_READ,    /* the role viewer or operator; anybody if public_read is set */
	WEB_NODE,    /* a node's token */
	WEB_PUSH,    /* a node's token; anybody if push_without_token is set */
	WEB_OPEN,    /* anybody, once the node has an account or listens on loopback only */
	WEB_ALWAYS,  /* anybody, always */
};

/*
 * Answers one request: returns the answer, or web_answer_later() after deferred_response_begin().
 * `request` is borrowed for the call.
 */
typedef struct web_answer web_handler(struct web *web, struct web_request *request);

struct web_route {
	const char *method; /* a GET route also answers HEAD */
	const char *path;   /* one segment may be "{…}", which matches any text */
	enum web_level level;
	web_handler *handler;
	/*
	 * The parameters allowed in the query and the fields allowed in the JSON body; the handler
	 * runs only if the request fits. web_no_parameters allows none; with NULL the handler
	 * checks for itself.
	 */
	const struct web_parameter *query;
	const struct web_parameter *body;
};

/* All routes (routes.c), grouped by path. */
extern const struct web_route web_routes[];
extern const size_t web_routes_count;
extern const struct web_parameter web_no_parameters[];

#endif
