/*
 * An answer that many get: made once, compressed once (RFC 1952, when the first client takes it
 * so), and known by a tag, so that who has it already gets 304. Loop thread.
 */
#ifndef HARVESTER_HTTP_SERVER_CACHED_RESPONSE_H
#define HARVESTER_HTTP_SERVER_CACHED_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "http/server/answer.h"

struct web_request;

#define WEB_TAG_SIZE 64

/* Below, compression saves nothing; above, it would hold up the loop. */
#define WEB_PACK_SIZE_MIN 1024
#define WEB_PACK_SIZE_MAX 163840

struct cached_response {
	struct MHD_Response *plain;  /* owned; NULL: it was never set */
	struct MHD_Response *packed; /* owned; NULL: nobody took it yet, or it is not worth it */
	const char *text;	     /* belongs to `plain` */
	size_t size;
	enum web_policy policy;
	bool was_packed;
	const char *type; /* borrowed */
	char tag[WEB_TAG_SIZE];
};

/*
 * Another content, from malloc() (taken, on failure too; NULL is a failure). `type` is static.
 * `tag` is any text without quotes that differs where the content does. ERROR_NO_MEMORY leaves it
 * as it was. Its policy is kept.
 */
int cached_response_set(struct cached_response *document, char *text, size_t size, const char *type,
			const char *tag);

/* Of zeros, or one that was set. */
void cached_response_finish(struct cached_response *document);

/* 304, the compressed text or the plain one, as the request's headers want it. */
struct web_answer cached_response_answer(struct cached_response *document,
					 const struct web_request *request);

/* Does a list such as "gzip;q=0.5, br" (RFC 9110, 12.5.3) accept gzip? NULL does not. */
bool web_accepts_gzip(const char *list);

#endif
