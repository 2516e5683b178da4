/* Receives requests from libmicrohttpd: checks the headers, collects the body, sends the answer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/server/internal.h"

/*
 * A body that is too large is read and discarded up to this size, because many clients read the 413
 * only after they have sent the body.
 */
#define SWALLOWED_MAX (16 * WEB_BODY_MAX)

static enum MHD_Result send_answer(struct web *web, struct MHD_Connection *connection,
				   struct web_answer answer)
{
	enum MHD_Result ret;

	if (answer.is_later)
		return MHD_YES;
	web->counters.requests++;
	web_connection_note_end(connection);
	if (!answer.response) {
		web->counters.errors++;
		return MHD_NO;
	}
	if (answer.status >= 500)
		web->counters.errors++;
	else if (answer.status >= 400)
		web->counters.refused++;
	ret = MHD_queue_response(connection, answer.status, answer.response);
	if (!answer.kept)
		MHD_destroy_response(answer.response);
	return ret;
}

static struct web_answer too_large(void)
{
	return web_answer_problem(MHD_HTTP_CONTENT_TOO_LARGE,
				  "the body may have %d bytes at most: send less", WEB_BODY_MAX);
}

/*
 * Should the body be refused before it is received? Yes if it is too large to be read and
 * discarded, or if it is too large and the client waits for permission to send it (Expect:
 * 100-continue).
 */
static bool is_hopeless(struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_CONTENT_LENGTH);
	unsigned long long size;

	if (!length)
		return false;
	errno = 0;
	size = strtoull(length, NULL, 10);
	if (errno || size > SWALLOWED_MAX)
		return true;
	return size > WEB_BODY_MAX &&
	       MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT);
}

/* The headers that say where the body ends. */
struct framing {
	unsigned lengths, encodings;
	bool is_strange; /* a Transfer-Encoding other than "chunked" */
};

static enum MHD_Result look_at_header(void *arg, enum MHD_ValueKind kind, const char *name,
				      const char *value)
{
	struct framing *framing = arg;

	(void)kind;
	if (!strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH)) {
		framing->lengths++;
	} else if (!strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING)) {
		framing->encodings++;
		framing->is_strange |= !value || strcasecmp(value, "chunked") != 0;
	}
	return MHD_YES;
}

/*
 * Could a proxy in front of this server read another end of the body than this server? That would
 * allow to smuggle one request inside another (RFC 9112, 6.3 and 11.2).
 */
static bool is_ambiguous(struct MHD_Connection *connection)
{
	struct framing framing = {0};

	MHD_get_connection_values(connection, MHD_HEADER_KIND, look_at_header, &framing);
	return framing.lengths + framing.encodings > 1 || framing.is_strange;
}

/* The library closes a connection on which it answers before it has read the body. */
static struct web_answer unclear(void)
{
	struct web_answer answer = web_answer_problem(
		MHD_HTTP_BAD_REQUEST, "the headers Content-Length and Transfer-Encoding do not say "
				      "clearly where the body ends: send one of them, once");

	if (answer.response)
		MHD_add_response_header(answer.response, MHD_HTTP_HEADER_CONNECTION, "close");
	return answer;
}

static enum MHD_Result begin(struct web *web, struct MHD_Connection *connection, void **context)
{
	struct web_request *request;

	if (is_ambiguous(connection))
		return send_answer(web, connection, unclear());
	if (is_hopeless(connection))
		return send_answer(web, connection, too_large());
	request = calloc(1, sizeof(*request));
	if (!request)
		return send_answer(web, connection, (struct web_answer){.response = NULL});
	request->web = web;
	request->connection = connection;
	buffer_init(&request->body, WEB_BODY_MAX);
	*context = request;
	return MHD_YES;
}

static enum MHD_Result take_body(struct web_request *request, const char *data, size_t *size)
{
	request->body_size += *size;
	if (request->body_size > SWALLOWED_MAX)
		return MHD_NO;
	buffer_append(&request->body, data, *size);
	*size = 0;
	return MHD_YES;
}

static struct web_answer answer(struct web *web, struct web_request *request)
{
	if (request->body_size > WEB_BODY_MAX)
		return too_large();
	if (request->body.failed)
		return web_answer_problem(MHD_HTTP_INTERNAL_SERVER_ERROR,
					  "out of memory while reading the request; this machine "
					  "needs more free memory");
	return web->on_request(web, request);
}

enum MHD_Result web_request_handle(void *arg, struct MHD_Connection *connection, const char *url,
				   const char *method, const char *version, const char *upload,
				   size_t *upload_size, void **context)
{
	struct web_request *request = *context;
	struct web *web = arg;

	(void)version;
	if (!request)
		return begin(web, connection, context);
	if (*upload_size)
		return take_body(request, upload, upload_size);
	if (request->is_answered) {
		request->is_answered = false;
		return send_answer(web, connection, request->answer);
	}
	request->path = url;
	request->method = method;
	return send_answer(web, connection, answer(web, request));
}

void web_request_finish(struct web_request *request)
{
	if (!request)
		return;
	if (request->is_answered && request->answer.response && !request->answer.kept)
		MHD_destroy_response(request->answer.response);
	json_decref(request->json);
	buffer_finish(&request->body);
	free(request);
}
