/*
 * The host's own files: pages, scripts and styles from web/, put into the program by web/bundle.py.
 */
#ifndef HARVESTER_HTTP_PAGES_ASSET_H
#define HARVESTER_HTTP_PAGES_ASSET_H

#include <stddef.h>

#include "http/server/cached_response.h"

struct web_asset {
	const char *path; /* "/assets/NAME"; of a page, which has no path of its own, its name */
	const char *type;
	const char *tag; /* by its content */
	const unsigned char *data;
	size_t size;
};

extern const struct web_asset web_assets[];
extern const size_t web_assets_count;

/* Room for one document for each, made when it is first asked for. NULL without memory. */
struct cached_response *web_assets_create(void);
void web_assets_destroy(struct cached_response *documents); /* NULL is allowed */

/* The answer with that of the path; 404 where there is none. */
struct web_answer web_assets_answer(struct cached_response *documents, const char *path,
				    const struct web_request *request);

#endif
