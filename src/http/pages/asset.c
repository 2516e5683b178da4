#include "http/pages/asset.h"

#include <stdlib.h>
#include <string.h>

#include "http/server/handler.h"

struct cached_response *web_assets_create(void)
{
	return calloc(web_assets_count, sizeof(struct cached_response));
}

void web_assets_destroy(struct cached_response *documents)
{
	for (size_t i = 0; documents && i < web_assets_count; i++)
		cached_response_finish(&documents[i]);
	free(documents);
}

static int make(struct cached_response *document, const struct web_asset *asset)
{
	char *copy = malloc(asset->size);

	if (copy)
		memcpy(copy, asset->data, asset->size);
	document->policy = WEB_POLICY_HOST;
	return cached_response_set(document, copy, asset->size, asset->type, asset->tag);
}

struct web_answer web_assets_answer(struct cached_response *documents, const char *path,
				    const struct web_request *request)
{
	for (size_t i = 0; i < web_assets_count; i++) {
		if (strcmp(web_assets[i].path, path))
			continue;
		if (!documents[i].plain && make(&documents[i], &web_assets[i]))
			return web_answer_json(MHD_HTTP_OK, NULL);
		return cached_response_answer(&documents[i], request);
	}
	return web_answer_problem(MHD_HTTP_NOT_FOUND,
				  "there is no such file on this node: reload the page");
}

struct web_answer web_get_asset(struct web *web, struct web_request *request)
{
	return web_assets_answer(web_caches(web)->assets, request->path, request);
}

/* At the top, since a service worker governs only what is below its own path. */
struct web_answer web_get_service_worker(struct web *web, struct web_request *request)
{
	return web_assets_answer(web_caches(web)->assets, "service-worker.js", request);
}

struct web_answer web_get_login(struct web *web, struct web_request *request)
{
	return web_assets_answer(web_caches(web)->assets, "login.html", request);
}
