/*
 * The HTTP server, which serves the page and the API. It uses libmicrohttpd, which runs inside the
 * event loop.
 *
 * Most answers are made from data in memory, before the handler returns. Answers that need the disk
 * or another node follow later (server/deferred_response.h). Clients are not trusted, so everything
 * that clients can use up has a limit: the connections (in total and per address), the size of a
 * request's head and body, how long a connection may be silent, and how long a request may take.
 *
 * Call all functions on the loop thread; none of them blocks.
 */
#ifndef HARVESTER_HTTP_WEB_H
#define HARVESTER_HTTP_WEB_H

#include "http/server/config.h"

#define WEB_PAGE_SIZE_MAX (4u << 20) /* bytes of the dashboard plugin's page */

/*
 * Create a server, which listens at once. The caller owns *ret_web and ends it with web_close().
 * - ERROR_INVALID: config->listen is not an address.
 * - ERROR_SYSTEM: the address cannot be used; the text says why.
 * - ERROR_NO_MEMORY.
 */
int web_create(uv_loop_t *loop, const struct web_config *config, struct web **ret_web,
	       struct error *err);

/*
 * Stop listening, close every connection, and free the server. Then call on_closed(arg), which may
 * be NULL, on a later turn of the loop.
 */
void web_close(struct web *web, web_close_cb *on_closed, void *arg);

/*
 * Set the page that the dashboard plugin has made. The page is served at /, or in a frame there
 * (pages/page.h). `html` is UTF-8, and copied. NULL: serve the built-in page again. After an error
 * the page is unchanged: ERROR_TOO_LARGE (more than WEB_PAGE_SIZE_MAX bytes), ERROR_NO_MEMORY.
 */
int web_set_page(struct web *web, const char *html, size_t size);

/* The address in use, such as "127.0.0.1:3000" or "[::1]:3000", and its port. Borrowed. */
const char *web_address(const struct web *web);
unsigned web_port(const struct web *web);

/*
 * Cut off the event clients that may no longer read. Call when the accounts in config.authenticator
 * have changed.
 */
void web_access_changed(struct web *web);

#endif
