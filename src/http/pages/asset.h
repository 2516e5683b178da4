/*
 * harvester's own pages, scripts and styles from web/, which web/bundle.py embeds in the program at
 * build time. Loop thread.
 */
#ifndef HARVESTER_HTTP_PAGES_ASSET_H
#define HARVESTER_HTTP_PAGES_ASSET_H

#include <stddef.h>

#include "http/server/cached_response.h"

struct web_asset {
	const char *path; /* "/assets/NAME"; the file's name of a page or the service worker */
	const char *type; /* Content-Type */
	const char *tag;  /* entity tag: a hash of the content */
	const unsigned char *data;
	size_t size;
};

/* All assets, ordered by path. */
extern const struct web_asset web_assets[];
extern const size_t web_assets_count;

/*
 * An empty cache with one document for each asset, which is filled at the first request for it. The
 * caller frees it with web_assets_destroy(). NULL if memory runs out.
 */
struct cached_response *web_assets_create(void);
void web_assets_destroy(struct cached_response *documents); /* NULL is allowed */

/* The answer with the asset of this path; 404 if there is none. */
struct web_answer web_assets_answer(struct cached_response *documents, const char *path,
				    const struct web_request *request);

#endif
