#include "http/server/answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json_text.h"
#include "http/server/internal.h"

#define OURS                                                                                       \
	"default-src 'none'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "        \
	"manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "

#define TABLE                                                                                      \
	"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "              \
	"frame-ancestors 'self'"

/* The Content-Security-Policy headers; see docs/decisions/0023-who-may-do-what-on-the-page.md. */
static const char *const policies[] = {
	[WEB_POLICY_DATA] = "default-src 'none'; frame-ancestors 'none'",
	[WEB_POLICY_HOST] = OURS "style-src 'self'; frame-src 'self'",
	[WEB_POLICY_PAGE] = OURS "style-src 'self' 'unsafe-inline'",
	[WEB_POLICY_FRAME] =
		"sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; "
		"style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
		"frame-ancestors 'self'",
	[WEB_POLICY_VALUES] = TABLE,
};

static bool dress(struct MHD_Response *response, const char *type, enum web_policy policy)
{
	return (!type || MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type)) &&
	       MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache") &&
	       MHD_add_response_header(response, "Content-Security-Policy", policies[policy]) &&
	       MHD_add_response_header(response, "X-DNS-Prefetch-Control", "off") &&
	       MHD_add_response_header(response, "X-Content-Type-Options", "nosniff") &&
	       MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
}

int web_response_dress(struct MHD_Response *response, const char *type, enum web_policy policy)
{
	return dress(response, type, policy) ? 0 : ERROR_NO_MEMORY;
}

static struct MHD_Response *response_create(void *body, size_t size,
					    enum MHD_ResponseMemoryMode mode, const char *type,
					    enum web_policy policy)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(size, body, mode);

	if (response && !dress(response, type, policy)) {
		MHD_destroy_response(response);
		return NULL;
	}
	return response;
}

struct MHD_Response *web_response_file(const void *data, size_t size, const char *type)
{
	/* The library's parameter is not const, though this mode only reads it. */
	return response_create((void *)(uintptr_t)data, size, MHD_RESPMEM_PERSISTENT, type,
			       WEB_POLICY_HOST);
}

struct MHD_Response *web_response_json(json_t *body, const char *type)
{
	char *text = body ? json_text(body) : NULL;
	struct MHD_Response *response;

	json_decref(body);
	if (!text)
		return NULL;
	response =
		response_create(text, strlen(text), MHD_RESPMEM_MUST_COPY, type, WEB_POLICY_DATA);
	free(text);
	return response;
}

struct MHD_Response *web_response_text(const char *text, size_t size, const char *type)
{
	/* The library's parameter is not const, though this mode only reads it. */
	return response_create((void *)(uintptr_t)text, size, MHD_RESPMEM_MUST_COPY, type,
			       WEB_POLICY_DATA);
}

struct MHD_Response *web_response_values(const char *html, size_t size)
{
	/* The library's parameter is not const, though this mode only reads it. */
	return response_create((void *)(uintptr_t)html, size, MHD_RESPMEM_MUST_COPY,
			       "text/html; charset=utf-8", WEB_POLICY_VALUES);
}

struct web_answer web_answer_json(unsigned status, json_t *body)
{
	if (!body)
		return web_answer_problem(MHD_HTTP_INTERNAL_SERVER_ERROR,
					  "out of memory while making the answer; this machine "
					  "needs more free memory");
	return (struct web_answer){
		.status = status,
		.response = web_response_json(body, "application/json"),
	};
}

/*
 * The text as a JSON string. It may contain what a client sent: if it is no UTF-8, "?" replaces its
 * non-ASCII bytes.
 */
static json_t *any_text(char *text)
{
	json_t *json = json_string(text);

	if (json)
		return json;
	for (char *at = text; *at; at++) {
		if (*at & 0x80)
			*at = '?';
	}
	return json_string(text);
}

struct web_answer web_answer_problem_with(unsigned status, const char *name, json_t *value,
					  const char *detail)
{
	char text[ERROR_TEXT_SIZE];
	json_t *body;

	snprintf(text, sizeof(text), "%s", detail);
	body = json_pack("{s:s, s:s, s:i}", "type", "about:blank", "title",
			 MHD_get_reason_phrase_for(status), "status", (int)status);
	if (body)
		json_object_set_new(body, "detail", any_text(text));
	if (body && name)
		json_object_set(body, name, value);
	json_decref(value);
	return (struct web_answer){
		.status = status,
		.response = web_response_json(body, "application/problem+json"),
	};
}

struct web_answer web_answer_problem(unsigned status, const char *format, ...)
{
	char detail[ERROR_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	return web_answer_problem_with(status, NULL, NULL, detail);
}

struct web_answer web_answer_wait(unsigned status, unsigned seconds, const char *detail)
{
	struct web_answer answer = web_answer_problem(status, "%s", detail);
	char text[16];

	snprintf(text, sizeof(text), "%u", seconds);
	if (answer.response)
		MHD_add_response_header(answer.response, MHD_HTTP_HEADER_RETRY_AFTER, text);
	return answer;
}

struct web_answer web_answer_busy(const char *detail)
{
	return web_answer_wait(MHD_HTTP_SERVICE_UNAVAILABLE, 5, detail);
}

static unsigned status_of(int code)
{
	static const struct {
		int code;
		unsigned status;
	} table[] = {
		{ERROR_INVALID, MHD_HTTP_BAD_REQUEST},
		{ERROR_NOT_FOUND, MHD_HTTP_NOT_FOUND},
		{ERROR_NO_SENSOR, MHD_HTTP_NOT_FOUND},
		{ERROR_TIMEOUT, MHD_HTTP_GATEWAY_TIMEOUT},
		{ERROR_NOT_GRANTED, MHD_HTTP_CONFLICT},
		{ERROR_UNSUPPORTED, MHD_HTTP_NOT_IMPLEMENTED},
		{ERROR_BUSY, MHD_HTTP_SERVICE_UNAVAILABLE},
		{ERROR_CLOSED, MHD_HTTP_SERVICE_UNAVAILABLE},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (table[i].code == code)
			return table[i].status;
	}
	return MHD_HTTP_INTERNAL_SERVER_ERROR;
}

struct web_answer web_answer_error(int code, const struct error *err)
{
	return web_answer_problem(status_of(code), "%s",
				  err->text[0] ? err->text : error_text(code));
}

struct web_answer web_answer_done(void)
{
	return (struct web_answer){
		.status = MHD_HTTP_NO_CONTENT,
		.response = response_create((void *)(uintptr_t) "", 0, MHD_RESPMEM_PERSISTENT, NULL,
					    WEB_POLICY_DATA),
	};
}

struct web_answer web_answer_not_modified(const char *tag, enum web_policy policy)
{
	struct web_answer answer = {.status = MHD_HTTP_NOT_MODIFIED};

	answer.response =
		response_create((void *)(uintptr_t) "", 0, MHD_RESPMEM_PERSISTENT, NULL, policy);
	if (answer.response)
		MHD_add_response_header(answer.response, MHD_HTTP_HEADER_ETAG, tag);
	if (answer.response)
		MHD_add_response_header(answer.response, MHD_HTTP_HEADER_VARY,
					MHD_HTTP_HEADER_ACCEPT_ENCODING);
	return answer;
}
