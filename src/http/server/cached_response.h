/*
 * A cached answer for many clients. It is made once, compressed once with gzip (when the first
 * client accepts that), and has an entity tag, so that a client that has it already gets 304. Loop
 * thread.
 */
#ifndef HARVESTER_HTTP_SERVER_CACHED_RESPONSE_H
#define HARVESTER_HTTP_SERVER_CACHED_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "http/server/answer.h"

struct web_request;

#define WEB_TAG_SIZE 64

/* Texts outside these limits are not compressed: it saves nothing, or takes the loop too long. */
#define WEB_PACK_SIZE_MIN 1024
#define WEB_PACK_SIZE_MAX 163840

struct cached_response {
	struct MHD_Response *plain;  /* owned; NULL: not set yet */
	struct MHD_Response *packed; /* owned; gzip; NULL: not made yet, or not worth it */
	const char *text;	     /* borrowed from `plain` */
	size_t size;
	enum web_policy policy;
	bool was_packed;  /* compression was tried */
	const char *type; /* borrowed */
	char tag[WEB_TAG_SIZE];
};

/*
 * Replace the content; the policy stays. Takes ownership of `text`, which comes from malloc(), on
 * failure too. `type` is borrowed for ever; `tag` is copied: any text without quotes or commas that
 * is different for different content. ERROR_NO_MEMORY (also if `text` is NULL) leaves the document
 * unchanged.
 */
int cached_response_set(struct cached_response *document, char *text, size_t size, const char *type,
			const char *tag);

/* Frees the responses. The struct must be zeroed or set. */
void cached_response_finish(struct cached_response *document);

/* 304, the compressed text or the plain text, according to the request's headers. */
struct web_answer cached_response_answer(struct cached_response *document,
					 const struct web_request *request);

/* Does an Accept-Encoding such as "gzip;q=0.5, br" (RFC 9110, 12.5.3) accept gzip? NULL: no. */
bool web_accepts_gzip(const char *list);

#endif
