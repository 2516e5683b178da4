#include "http/pages/page.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "http/pages/asset.h"
#include "http/server/handler.h"

#define HASH_SIZE 16

static void hash(const char *data, size_t size, char ret_text[2 * HASH_SIZE + 1])
{
	unsigned char sum[HASH_SIZE];

	crypto_generichash(sum, sizeof(sum), (const unsigned char *)data, size, NULL, 0);
	sodium_bin2hex(ret_text, 2 * HASH_SIZE + 1, sum, sizeof(sum));
}

int web_page_set(struct web_page *page, const char *html, size_t size)
{
	bool is_framed = !memmem(html, size, WEB_PAGE_SCRIPT, strlen(WEB_PAGE_SCRIPT));
	struct cached_response fresh = {.policy = is_framed ? WEB_POLICY_FRAME : WEB_POLICY_PAGE};
	char *copy, tag[2 * HASH_SIZE + 1];
	int ret;

	hash(html, size, tag);
	if (page->document.plain && strstr(page->document.tag, tag))
		return 0;
	copy = malloc(size + 1); /* size + 1, since malloc(0) may return NULL */
	if (copy)
		memcpy(copy, html, size);
	ret = cached_response_set(&fresh, copy, size, "text/html; charset=utf-8", tag);
	if (ret)
		return ret;
	cached_response_finish(&page->document);
	*page = (struct web_page){fresh, is_framed};
	return 0;
}

void web_page_clear(struct web_page *page)
{
	cached_response_finish(&page->document);
}

struct web_answer web_get_page(struct web *web, struct web_request *request)
{
	struct web_page *page = &web_caches(web)->page;

	if (!page->document.plain)
		return web_assets_answer(web_caches(web)->assets, "builtin.html", request);
	if (page->is_framed)
		return web_assets_answer(web_caches(web)->assets, "frame.html", request);
	return cached_response_answer(&page->document, request);
}

struct web_answer web_get_framed_page(struct web *web, struct web_request *request)
{
	if (!web_caches(web)->page.document.plain || !web_caches(web)->page.is_framed)
		return web_answer_problem(
			MHD_HTTP_NOT_FOUND,
			"no page is shown in a frame here; the dashboard is at /");
	return cached_response_answer(&web_caches(web)->page.document, request);
}
