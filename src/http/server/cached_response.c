#include "http/server/cached_response.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/gzip.h"
#include "http/server/internal.h"

static struct MHD_Response *make(const struct cached_response *document, char *text, size_t size)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);

	if (!response) {
		free(text);
		return NULL;
	}
	if (web_response_dress(response, document->type, document->policy) ||
	    !MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, document->tag) ||
	    !MHD_add_response_header(response, MHD_HTTP_HEADER_VARY,
				     MHD_HTTP_HEADER_ACCEPT_ENCODING)) {
		MHD_destroy_response(response);
		return NULL;
	}
	return response;
}

int cached_response_set(struct cached_response *document, char *text, size_t size, const char *type,
			const char *tag)
{
	struct cached_response fresh = {
		.text = text, .size = size, .policy = document->policy, .type = type};

	/* Weak: the plain and the compressed text share it, and the ages of readings may differ. */
	snprintf(fresh.tag, sizeof(fresh.tag), "W/\"%s\"", tag);
	fresh.plain = text ? make(&fresh, text, size) : NULL;
	if (!fresh.plain)
		return ERROR_NO_MEMORY;
	cached_response_finish(document);
	*document = fresh;
	return 0;
}

void cached_response_finish(struct cached_response *document)
{
	if (document->plain)
		MHD_destroy_response(document->plain);
	if (document->packed)
		MHD_destroy_response(document->packed);
	document->plain = document->packed = NULL;
}

/* Compress the text. If memory runs out, all clients get the plain text. */
static void pack(struct cached_response *document)
{
	struct buffer packed;

	document->was_packed = true;
	if (document->size < WEB_PACK_SIZE_MIN || document->size > WEB_PACK_SIZE_MAX)
		return;
	/* The limit makes gzip_pack() fail if the text would not become smaller. */
	buffer_init(&packed, document->size);
	if (gzip_pack(document->text, document->size, 1, &packed)) {
		buffer_finish(&packed);
		return;
	}
	document->packed = make(document, packed.data, packed.size);
	if (document->packed &&
	    !MHD_add_response_header(document->packed, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip")) {
		MHD_destroy_response(document->packed);
		document->packed = NULL;
	}
}

/* Is the weight zero, as in "q=0" or "q=0.000"? */
static bool is_zero_weight(const char *parameters, size_t size)
{
	const char *at = memchr(parameters, '=', size);

	if (!at)
		return false;
	at++;
	return strspn(at, "0.") == strcspn(at, ", \t") && *at == '0';
}

bool web_accepts_gzip(const char *list)
{
	while (list && *list) {
		size_t size, name;

		list += strspn(list, ", \t");
		size = strcspn(list, ",");
		name = strcspn(list, ",; \t");
		if ((name == 4 && !strncasecmp(list, "gzip", 4)) || (name == 1 && *list == '*'))
			return !is_zero_weight(list + name, size - name);
		list += size;
	}
	return false;
}

/*
 * Does the If-None-Match header `known` contain the document's tag (RFC 9110, 13.1.2)? A substring
 * search is enough: the comparison is weak, and the tag ends in a quote and has none inside.
 */
static bool has_it(const struct cached_response *document, const char *known)
{
	return known && (!strcmp(known, "*") || strstr(known, document->tag + strlen("W/")));
}

struct web_answer cached_response_answer(struct cached_response *document,
					 const struct web_request *request)
{
	struct web_answer answer = {.status = MHD_HTTP_OK, .kept = true};

	if (has_it(document, web_request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH)))
		return web_answer_not_modified(document->tag, document->policy);
	answer.response = document->plain;
	if (!web_accepts_gzip(web_request_header(request, MHD_HTTP_HEADER_ACCEPT_ENCODING)))
		return answer;
	if (!document->was_packed)
		pack(document);
	if (document->packed)
		answer.response = document->packed;
	return answer;
}
