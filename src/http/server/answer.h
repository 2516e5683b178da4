/*
 * Answers: a status and a response of libmicrohttpd. Each carries the headers that every answer of
 * this server has: no guessing of types, no referrer, no frames, and a content security policy.
 */
#ifndef HARVESTER_HTTP_SERVER_ANSWER_H
#define HARVESTER_HTTP_SERVER_ANSWER_H

#include <jansson.h>
#include <microhttpd.h>
#include <stdbool.h>

struct error;

/* What a browser may do with an answer, by its Content-Security-Policy. */
enum web_policy {
	WEB_POLICY_DATA,  /* nothing */
	WEB_POLICY_HOST,  /* the host's own page: its scripts and styles, its API, its frame */
	WEB_POLICY_PAGE,  /* a plugin's: the host's scripts, its API, any style inline */
	WEB_POLICY_FRAME, /* a plugin's, of no origin: its own inline script, no connection */
};

struct web_answer {
	unsigned status;
	struct MHD_Response *response; /* owned unless kept; NULL: there was no memory */
	bool kept;		       /* somebody keeps the response for further requests */
	bool is_later;		       /* there is none yet: see deferred_response.h */
};

/* The body is taken over; NULL becomes a status of 500. */
struct web_answer web_answer_json(unsigned status, json_t *body);

/* RFC 9457 application/problem+json with the formatted text as its "detail". */
struct web_answer web_answer_problem(unsigned status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same with one more member (its value is taken). */
struct web_answer web_answer_problem_with(unsigned status, const char *name, json_t *value,
					  const char *detail);

/* 204: it was done, and there is nothing to say. */
struct web_answer web_answer_done(void);

/* 503 with that detail, and when to come again. */
struct web_answer web_answer_busy(const char *detail);

/* The problem that says what an action's error says (or its code, without text), with a fitting
 * status. */
struct web_answer web_answer_error(int code, const struct error *err);

/* 304, with the tag of what the client has, and its policy: a browser takes over a 304's headers.
 */
struct web_answer web_answer_not_modified(const char *tag, enum web_policy policy);

/* JSON text as a response; body NULL, or no memory: NULL. The body's reference is taken over. */
struct MHD_Response *web_response_json(json_t *body, const char *type);

/* Any text, copied. NULL without memory. */
struct MHD_Response *web_response_text(const char *text, size_t size, const char *type);

/* A file of our own, borrowed for ever; as a page, its policy allows what comes from this server.
 */
struct MHD_Response *web_response_file(const void *data, size_t size, const char *type);

/* The headers that each answer has. 0 or ERROR_NO_MEMORY. */
int web_response_dress(struct MHD_Response *response, const char *type, enum web_policy policy);

#endif
