/*
 * The page of the dashboard plugin, and who may do what in it (docs/decisions/0023).
 *
 * A page that loads the host's script (it names WEB_PAGE_SCRIPT) is served at / as it is, and may
 * run no other script. Any other page may bring script of its own: it is served at /page, without
 * an origin and without connections, and / is a page of the host with that one in a frame.
 */
#ifndef HARVESTER_HTTP_PAGES_PAGE_H
#define HARVESTER_HTTP_PAGES_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "http/server/cached_response.h"

#define WEB_PAGE_SCRIPT "/assets/harvester.js"

struct web_page {
	struct cached_response document; /* one that was never set: no plugin made a page */
	bool is_framed;
};

/*
 * Takes a copy; the same page again costs no more than its hash. 0 or ERROR_NO_MEMORY, which leaves
 * the page as it was.
 */
int web_page_set(struct web_page *page, const char *html, size_t size);
void web_page_clear(struct web_page *page);

#endif
