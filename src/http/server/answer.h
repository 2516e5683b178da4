/*
 * HTTP answers: a status code with a response of libmicrohttpd. Every answer carries the security
 * headers of this server: no MIME sniffing, no referrer, no framing by other sites, and a content
 * security policy. Loop thread. The functions never fail: if memory runs out, they return status
 * 500 or an answer without a response, for which the connection is closed.
 */
#ifndef HARVESTER_HTTP_SERVER_ANSWER_H
#define HARVESTER_HTTP_SERVER_ANSWER_H

#include <jansson.h>
#include <microhttpd.h>
#include <stdbool.h>

struct error;

/* What a browser may load and run for an answer: its Content-Security-Policy. */
enum web_policy {
	WEB_POLICY_DATA,   /* nothing */
	WEB_POLICY_HOST,   /* a page of harvester: its own scripts and styles, its API, its frame */
	WEB_POLICY_PAGE,   /* a plugin's page that uses harvester's scripts and API, with inline
			      styles */
	WEB_POLICY_FRAME,  /* a plugin's page with inline scripts: sandboxed, without origin or
			      connections */
	WEB_POLICY_VALUES, /* a page without scripts, which harvester's own may show in a frame */
};

struct web_answer {
	unsigned status;
	struct MHD_Response *response; /* owned unless kept; NULL: out of memory */
	bool kept;		       /* the response stays cached elsewhere: do not destroy it */
	bool is_later;		       /* no answer yet: see deferred_response.h */
};

/* JSON. Takes ownership of `body`; NULL (out of memory) gives status 500. */
struct web_answer web_answer_json(unsigned status, json_t *body);

/* An error as application/problem+json (RFC 9457), with the formatted text as its "detail". */
struct web_answer web_answer_problem(unsigned status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same with one more member. Takes ownership of `value`; NULL leaves the member out. */
struct web_answer web_answer_problem_with(unsigned status, const char *name, json_t *value,
					  const char *detail);

/* 204 No Content: the request succeeded. */
struct web_answer web_answer_done(void);

/* An error with this detail and a Retry-After header: when to try again. */
struct web_answer web_answer_wait(unsigned status, unsigned seconds, const char *detail);

/* The same with status 503 and 5 seconds. */
struct web_answer web_answer_busy(const char *detail);

/* A problem with the text of *err, or that of the code if it is empty, and the status for the code.
 */
struct web_answer web_answer_error(int code, const struct error *err);

/*
 * 304 Not Modified, with the entity tag and the policy of the document, since a browser replaces
 * its stored headers with those of a 304.
 */
struct web_answer web_answer_not_modified(const char *tag, enum web_policy policy);

/*
 * JSON text as a response, which the caller owns. Takes ownership of `body`. NULL if `body` is NULL
 * or memory runs out.
 */
struct MHD_Response *web_response_json(json_t *body, const char *type);

/* Text, which is copied, as a response, which the caller owns. NULL if memory runs out. */
struct MHD_Response *web_response_text(const char *text, size_t size, const char *type);

/*
 * An embedded file as a response with WEB_POLICY_HOST. The caller owns the response; `data` must
 * stay valid for ever. NULL if memory runs out.
 */
struct MHD_Response *web_response_file(const void *data, size_t size, const char *type);

/* A page of HTML without scripts, which is copied, with WEB_POLICY_VALUES. The caller owns the
 * response. NULL if memory runs out. */
struct MHD_Response *web_response_values(const char *html, size_t size);

/* Add the content type (NULL: none) and the security headers. 0 or ERROR_NO_MEMORY. */
int web_response_dress(struct MHD_Response *response, const char *type, enum web_policy policy);

#endif
