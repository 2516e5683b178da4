#include "http/route.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "http/auth/auth.h"
#include "http/server/internal.h"

static size_t common_prefix(const char *a, const char *b)
{
	size_t length = 0;

	while (a[length] && a[length] == b[length])
		length++;
	return length;
}

/* The route with the longest common beginning; NULL if that is no longer than "/api/v1/". */
static const char *nearest_path(const char *path)
{
	size_t best = strlen("/api/v1/");
	const char *nearest = NULL;

	for (size_t i = 0; i < web_routes_count; i++) {
		size_t length = common_prefix(path, web_routes[i].path);

		if (length > best) {
			best = length;
			nearest = web_routes[i].path;
		}
	}
	return nearest;
}

/* Does the path match the pattern? If so, the part that matched {…} is written to ret_segment. */
static bool matches(const char *pattern, const char *path, char ret_segment[WEB_SEGMENT_SIZE])
{
	size_t before = strcspn(pattern, "{"), size;
	const char *after;

	if (!pattern[before])
		return !strcmp(pattern, path);
	if (strncmp(pattern, path, before))
		return false;
	size = strcspn(path + before, "/");
	after = strchr(pattern + before, '}') + 1;
	if (!size || size >= WEB_SEGMENT_SIZE || strcmp(path + before + size, after))
		return false;
	snprintf(ret_segment, WEB_SEGMENT_SIZE, "%.*s", (int)size, path + before);
	return true;
}

static struct web_answer not_found(const char *path)
{
	const char *nearest = nearest_path(path);

	if (nearest)
		return web_answer_problem(MHD_HTTP_NOT_FOUND,
					  "nothing is at this path; did you mean %s?", nearest);
	return web_answer_problem(
		MHD_HTTP_NOT_FOUND,
		"nothing is at this path; GET /api/v1/openapi.json lists all paths");
}

static struct web_answer not_allowed(struct web_request *request)
{
	struct web_answer answer;
	char allowed[64] = "";
	size_t length = 0;

	for (size_t i = 0; i < web_routes_count && length < sizeof(allowed); i++) {
		const struct web_route *route = &web_routes[i];

		if (!matches(route->path, request->path, request->segment))
			continue;
		length += (size_t)snprintf(allowed + length, sizeof(allowed) - length, "%s%s%s",
					   length ? ", " : "", route->method,
					   strcmp(route->method, "GET") ? "" : ", HEAD");
	}
	answer = web_answer_problem(MHD_HTTP_METHOD_NOT_ALLOWED,
				    "this path does not know that method; allowed here: %s",
				    allowed);
	if (answer.response)
		MHD_add_response_header(answer.response, MHD_HTTP_HEADER_ALLOW, allowed);
	return answer;
}

/* Check the body against the route's table. Returns 0, or the status of the refusal with *err. */
static unsigned read_body(struct web_request *request, const struct web_parameter *table,
			  struct error *err)
{
	json_error_t problem;

	if (!table->name) {
		if (!request->body_size)
			return 0;
		error_set(err, ERROR_INVALID, "this route takes no body: send none");
		return MHD_HTTP_BAD_REQUEST;
	}
	/* Without a body, tell how to get the missing field rather than complain about the type. */
	if (!request->body_size && table->advice) {
		error_set(err, ERROR_INVALID, "%s: is missing; %s", table->name, table->advice);
		return MHD_HTTP_BAD_REQUEST;
	}
	if (!web_request_is_json(request)) {
		error_set(err, ERROR_INVALID,
			  "the body must be JSON: send the header Content-Type: application/json");
		return MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
	}
	request->json = json_loadb(request->body.data ? request->body.data : "", request->body.size,
				   JSON_REJECT_DUPLICATES, &problem);
	if (!request->json) {
		error_set(err, ERROR_INVALID, "the body is not valid JSON: line %d, column %d: %s",
			  problem.line, problem.column, problem.text);
		return MHD_HTTP_BAD_REQUEST;
	}
	if (web_parameters_from_json(request->json, table, request->fields, err))
		return MHD_HTTP_BAD_REQUEST;
	return 0;
}

static struct web_answer run(const struct web_route *route, struct web *web,
			     struct web_request *request)
{
	bool changes = strcmp(route->method, "GET") != 0;
	struct web_answer refusal;
	struct error err = {0};
	unsigned refused;

	if (!web_auth_admit(web, request, route->level, changes, &refusal))
		return strcmp(route->path, "/") ? refusal : web_account_page(web, refusal);
	if (route->query &&
	    web_parameters_from_query(request->connection, route->query, request->query, &err))
		return web_answer_problem(MHD_HTTP_BAD_REQUEST, "%s", err.text);
	/* The body of a GET is ignored. */
	if (changes && route->body) {
		refused = read_body(request, route->body, &err);
		if (refused)
			return web_answer_problem(refused, "%s", err.text);
	}
	return route->handler(web, request);
}

struct web_answer web_route(struct web *web, struct web_request *request)
{
	const char *method = strcmp(request->method, "HEAD") ? request->method : "GET";
	struct web_answer refusal;
	bool path_is_known = false;

	for (size_t i = 0; i < web_routes_count; i++) {
		if (!matches(web_routes[i].path, request->path, request->segment))
			continue;
		path_is_known = true;
		if (!strcmp(web_routes[i].method, method))
			return run(&web_routes[i], web, request);
	}
	if (web_auth_is_closed(web, &refusal))
		return refusal;
	return path_is_known ? not_allowed(request) : not_found(request->path);
}
