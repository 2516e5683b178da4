/*
 * The HTTP server: it serves the page and the API with libmicrohttpd, which runs inside the event
 * loop.
 *
 * Loop thread; no function blocks. Most answers are made from data in memory, before the handler
 * returns; answers that need the disk or another node follow later (deferred_response.h). Clients
 * are not trusted, so everything that they can use up has a limit: the number of connections (in
 * total and per address), the size of a request's head and body, how long a connection may be
 * silent and how long a request may take.
 */
#ifndef HARVESTER_HTTP_WEB_H
#define HARVESTER_HTTP_WEB_H

#include "http/server/config.h"

#define WEB_PAGE_SIZE_MAX (4u << 20) /* bytes of the dashboard plugin's page */

/*
 * Create a server that listens at once; end it with web_close(). ERROR_INVALID if config->listen is
 * no address, ERROR_SYSTEM if it cannot be bound ("listen on 127.0.0.1:3000: Address already in
 * use"), ERROR_NO_MEMORY.
 */
int web_create(uv_loop_t *loop, const struct web_config *config, struct web **ret_web,
	       struct error *err);

/*
 * Close every connection and stop listening. On a later turn of the loop the server calls
 * on_closed(arg) (NULL is allowed) and frees itself.
 */
void web_close(struct web *web, web_close_cb *on_closed, void *arg);

/*
 * Set the dashboard plugin's page, which is served at / or in a frame there (page.h). `html` is
 * UTF-8 and copied; NULL restores the built-in page. ERROR_TOO_LARGE if it is larger than
 * WEB_PAGE_SIZE_MAX, ERROR_NO_MEMORY; both leave the page unchanged.
 */
int web_set_page(struct web *web, const char *html, size_t size);

/* The address that was bound, such as "127.0.0.1:3000" or "[::1]:3000", and its port. Borrowed. */
const char *web_address(const struct web *web);
unsigned web_port(const struct web *web);

/*
 * Cut off the event clients that have lost the right to read. For the moment when the accounts in
 * config.access have changed.
 */
void web_access_changed(struct web *web);

#endif
