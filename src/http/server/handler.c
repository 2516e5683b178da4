/* What handlers may know of the server and do with it. */
#include "http/server/handler.h"

#include <string.h>
#include <strings.h>

#include "http/server/internal.h"

void web_run_soon(struct web *web)
{
	web->is_run_again = true; /* in case the library is running now */
	uv_timer_start(&web->timer, web->on_timer, 0, 0);
}

const char *web_scheme(const struct web *web)
{
	return web->is_tls ? "https" : "http";
}

void web_counters(const struct web *web, struct web_counters *ret_counters)
{
	*ret_counters = web->counters;
}

const struct web_config *web_config(const struct web *web)
{
	return &web->config;
}

struct web_caches *web_caches(struct web *web)
{
	return &web->caches;
}

struct web_events *web_events(const struct web *web)
{
	return web->events;
}

struct event_feed *web_event_feed(struct web *web)
{
	return web->feed;
}

uint64_t web_now(const struct web *web)
{
	return uv_now(web->poll.loop);
}

uint64_t web_started_ms(const struct web *web)
{
	return web->started_ms;
}

const char *web_request_header(const struct web_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

bool web_request_is_json(const struct web_request *request)
{
	static const char wanted[] = "application/json";
	const char *type = web_request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);

	return type && !strncasecmp(type, wanted, strlen(wanted)) &&
	       strchr("; \t", type[strlen(wanted)]);
}
