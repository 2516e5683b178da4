/*
 * The page that the dashboard plugin made, and what a browser lets it do (docs/decisions/0023).
 *
 * A page that loads harvester's own script (its text contains WEB_PAGE_SCRIPT) is served at /, and
 * browsers run no other script in it. Browsers run the scripts of any other page, but in a sandbox:
 * such a page is served at /page, without an origin and without network connections, and / shows it
 * in a frame. Loop thread.
 */
#ifndef HARVESTER_HTTP_PAGES_PAGE_H
#define HARVESTER_HTTP_PAGES_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "http/server/handler.h"

#define WEB_PAGE_SCRIPT "/assets/harvester.js"

/*
 * Set the page (UTF-8, copied). Setting the same page again costs only the time to hash it. Returns
 * 0, or ERROR_NO_MEMORY, which leaves the page unchanged.
 */
int web_page_set(struct web_page *page, const char *html, size_t size);

/* Remove the page: / shows the built-in page again. */
void web_page_clear(struct web_page *page);

#endif
