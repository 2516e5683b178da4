#include <stdio.h>
#include <string.h>

#include "output/web_guard.h"
#include "output/web_internal.h"

struct route {
	const char *method;
	const char *path;
	web_handler *handler;
};

/* HEAD is answered wherever GET is. The routes of one path stand together. */
static const struct route routes[] = {
	{"GET", "/", web_get_page},
	{"GET", "/api/readings", web_get_readings},
	{"GET", "/api/logs", web_get_logs},
	{"POST", "/api/buzzer", web_post_buzzer},
	{"POST", "/api/buzzer/test", web_post_buzzer_test},
	{"GET", "/api/fan/status", web_get_fan},
	{"POST", "/api/fan/test", web_post_fan_test},
	{"GET", "/api/v1/simulation", web_get_simulation},
	{"GET", "/api/v1/plugins", web_get_plugins},
	{"GET", "/healthz", web_get_health},
};

#define ROUTES_COUNT (sizeof(routes) / sizeof(*routes))

static size_t common_prefix(const char *a, const char *b)
{
	size_t length = 0;

	while (a[length] && a[length] == b[length])
		length++;
	return length;
}

/* The known path that begins most like this one; NULL where they share no more than a folder. */
static const char *nearest_path(const char *path)
{
	size_t best = strlen("/api/");
	const char *nearest = NULL;

	for (size_t i = 0; i < ROUTES_COUNT; i++) {
		size_t length = common_prefix(path, routes[i].path);

		if (length > best) {
			best = length;
			nearest = routes[i].path;
		}
	}
	return nearest;
}

static struct web_answer not_found(const char *path)
{
	const char *nearest = nearest_path(path);

	if (nearest)
		return web_answer_problem(MHD_HTTP_NOT_FOUND,
					  "nothing is at this path; the nearest is %s", nearest);
	return web_answer_problem(MHD_HTTP_NOT_FOUND, "nothing is at this path");
}

static struct web_answer not_allowed(const char *path)
{
	struct web_answer answer;
	char allowed[64] = "";
	size_t length = 0;

	for (size_t i = 0; i < ROUTES_COUNT && length < sizeof(allowed); i++) {
		if (strcmp(routes[i].path, path))
			continue;
		length += (size_t)snprintf(allowed + length, sizeof(allowed) - length, "%s%s%s",
					   length ? ", " : "", routes[i].method,
					   strcmp(routes[i].method, "GET") ? "" : ", HEAD");
	}
	answer = web_answer_problem(MHD_HTTP_METHOD_NOT_ALLOWED, "allowed here: %s", allowed);
	if (answer.response)
		MHD_add_response_header(answer.response, MHD_HTTP_HEADER_ALLOW, allowed);
	return answer;
}

static const char *header(const struct web_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

/* Whether a request that changes something is to be refused; see web_guard.h. */
static const char *foreign(const struct web *web, const struct web_request *request)
{
	const char *host = header(request, MHD_HTTP_HEADER_HOST);
	const char *origin = header(request, MHD_HTTP_HEADER_ORIGIN);

	if (!host || !web_guard_host_is_known(host, web->machine_name, web->config.host_names))
		return "the Host header names neither an address nor this machine";
	if (origin && !web_guard_origin_matches(origin, host))
		return "the request comes from a page of another origin";
	return NULL;
}

static struct web_answer run(const struct route *route, struct web *web,
			     const struct web_request *request)
{
	const char *reason = strcmp(route->method, "GET") ? foreign(web, request) : NULL;

	if (reason)
		return web_answer_problem(MHD_HTTP_FORBIDDEN, "%s", reason);
	return route->handler(web, request);
}

struct web_answer web_route(struct web *web, const struct web_request *request)
{
	const char *method = strcmp(request->method, "HEAD") ? request->method : "GET";
	bool path_is_known = false;

	for (size_t i = 0; i < ROUTES_COUNT; i++) {
		if (strcmp(routes[i].path, request->path))
			continue;
		path_is_known = true;
		if (!strcmp(routes[i].method, method))
			return run(&routes[i], web, request);
	}
	return path_is_known ? not_allowed(request->path) : not_found(request->path);
}
