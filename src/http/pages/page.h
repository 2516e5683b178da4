/*
 * The page that the dashboard plugin made, and what a browser lets it do (docs/decisions/0023).
 *
 * A page that loads harvester's own script (it contains WEB_PAGE_SCRIPT) is served at / and may run
 * no other script. Any other page may have scripts of its own, but is sandboxed: it is served at
 * /page, without an origin and without network connections, and / is a page of harvester that shows
 * it in a frame. Loop thread.
 */
#ifndef HARVESTER_HTTP_PAGES_PAGE_H
#define HARVESTER_HTTP_PAGES_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "http/server/handler.h"

#define WEB_PAGE_SCRIPT "/assets/harvester.js"

/*
 * Set the page (UTF-8, copied). Setting the same page again only costs its hash. 0, or
 * ERROR_NO_MEMORY, which leaves the page unchanged.
 */
int web_page_set(struct web_page *page, const char *html, size_t size);
void web_page_clear(struct web_page *page);

#endif
