#include "cluster/jetstream.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"

#define HEADERS_SIZE 1024

/* Calls of the API */

struct call {
	jetstream_answered *on_answered;
	void *arg;
};

bool jetstream_is_error(const json_t *answer, int *ret_code, struct error *err)
{
	const json_t *error = json_object_get(answer, "error");
	const char *text = json_string_value(json_object_get(error, "description"));

	if (!error)
		return false;
	*ret_code = (int)json_integer_value(json_object_get(error, "err_code"));
	error_set(err,
		  json_integer_value(json_object_get(error, "code")) == 404 ? ERROR_NOT_FOUND
									    : ERROR_SYSTEM,
		  "the cluster's server refused a request: %.200s (error %d; its log says more)",
		  text ? text : "no reason given", *ret_code);
	return true;
}

static void give_answer(struct call *call, const struct engine_message *answer)
{
	json_t *root = json_loadb(answer->data ? answer->data : "", answer->size, 0, NULL);
	struct error err = {0};
	int code = 0;

	if (!root)
		error_set(&err, ERROR_MALFORMED,
			  "the answer of the cluster's server is not JSON: check that `urls` under "
			  "[cluster] names a nats-server with JetStream");
	else
		jetstream_is_error(root, &code, &err);
	call->on_answered(call->arg, err.code, root, code, &err);
	json_decref(root);
}

static bool call_answered(void *arg, int status, const struct engine_message *answer,
			  const struct error *err)
{
	struct call *call = arg;

	if (status)
		call->on_answered(call->arg, status, NULL, 0, err);
	else
		give_answer(call, answer);
	free(call);
	return false;
}

static int send_call(struct engine *engine, const struct engine_message *message,
		     uint64_t timeout_ms, jetstream_answered *on_answered, void *arg)
{
	struct call *call = malloc(sizeof(*call));
	int ret;

	if (!call)
		return ERROR_NO_MEMORY;
	*call = (struct call){on_answered, arg};
	ret = engine_request(engine, message, timeout_ms, call_answered, call);
	if (ret)
		free(call);
	return ret;
}

int jetstream_call(struct engine *engine, const char *path, const json_t *body,
		   jetstream_answered *on_answered, void *arg)
{
	char subject[ENGINE_SUBJECT_SIZE];
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	struct engine_message message = {
		.subject = subject, .data = text, .size = text ? strlen(text) : 0};
	int ret = body && !text ? ERROR_NO_MEMORY : 0;

	if (snprintf(subject, sizeof(subject), "$JS.API.%s", path) >= (int)sizeof(subject))
		ret = ERROR_TOO_LARGE;
	if (!ret)
		ret = send_call(engine, &message, JETSTREAM_TIMEOUT_MS, on_answered, arg);
	free(text);
	return ret;
}

int jetstream_publish(struct engine *engine, const struct engine_message *message,
		      uint64_t timeout_ms, jetstream_answered *on_answered, void *arg)
{
	return send_call(engine, message, timeout_ms, on_answered, arg);
}

/* The headers are a text as on the wire, "NATS/1.0\r\nName: value\r\n…", in base64. */
bool jetstream_stored_header(const json_t *answer, const char *name, char *ret_value, size_t size)
{
	const json_t *message = json_object_get(answer, "message");
	const char *coded = json_string_value(json_object_get(message, "hdrs"));
	char headers[HEADERS_SIZE], line[HEADERS_SIZE], *rest = headers, *at;
	size_t length;

	if (!coded ||
	    sodium_base642bin((unsigned char *)headers, sizeof(headers) - 1, coded, strlen(coded),
			      NULL, &length, NULL, sodium_base64_VARIANT_ORIGINAL))
		return false;
	headers[length] = '\0';
	while ((at = strsep(&rest, "\r\n"))) {
		snprintf(line, sizeof(line), "%s", at);
		at = strchr(line, ':');
		if (!at)
			continue;
		*at++ = '\0';
		at += strspn(at, " ");
		if (!strcasecmp(line, name) && strlen(at) < size) {
			memcpy(ret_value, at, strlen(at) + 1);
			return true;
		}
	}
	return false;
}

/* Reading messages */

struct read {
	jetstream_read_item *on_item;
	void *arg;
	bool is_single;
};

static void end_read(struct read *read, int status, const struct error *err)
{
	read->on_item(read->arg, status, NULL, err);
	free(read);
}

static bool read_number(const struct engine_message *message, const char *name, uint64_t *ret)
{
	const char *text = engine_header(message, name);
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return !errno && !*end;
}

/* A message without a body, whose header says how the read ended: 204, or 404, or an error. */
static void end_with_status(struct read *read, const char *text, const struct engine_message *end)
{
	const char *reason = engine_header(end, "Description");
	struct error err = {0};

	if (strcmp(text, "404") == 0)
		error_set(&err, ERROR_NOT_FOUND,
			  "the cluster's log has no such message: ask for a later one");
	else if (strcmp(text, "204") != 0)
		error_set(&err, ERROR_SYSTEM,
			  "the cluster's server refused to read its log: %.100s (status %.10s; its "
			  "log says more)",
			  reason ? reason : "no reason given", text);
	end_read(read, err.code, &err);
}

static void refuse_answer(struct read *read, const struct engine_message *answer)
{
	json_t *root = json_loadb(answer->data ? answer->data : "", answer->size, 0, NULL);
	struct error err = {0};
	int code;

	if (!jetstream_is_error(root, &code, &err))
		error_set(&err, ERROR_MALFORMED,
			  "the cluster's server answered a read with something that is not a "
			  "stored message: use nats-server 2.11 or newer");
	json_decref(root);
	end_read(read, err.code, &err);
}

static bool item_read(void *arg, int status, const struct engine_message *answer,
		      const struct error *err)
{
	struct read *read = arg;
	struct jetstream_item item = {0};
	const char *ended = status ? NULL : engine_header(answer, "Status");

	if (status) {
		end_read(read, status, err);
		return false;
	}
	if (ended) {
		end_with_status(read, ended, answer);
		return false;
	}
	item.subject = engine_header(answer, "Nats-Subject");
	if (!item.subject || !read_number(answer, "Nats-Sequence", &item.sequence)) {
		refuse_answer(read, answer);
		return false;
	}
	if (!read_number(answer, "Nats-Num-Pending", &item.pending))
		item.pending = 0;
	item.message = *answer;
	read->on_item(read->arg, 0, &item, NULL);
	if (read->is_single) {
		end_read(read, 0, NULL);
		return false;
	}
	return true;
}

static int start_read(struct engine *engine, const char *stream, json_t *body, bool is_single,
		      jetstream_read_item *on_item, void *arg)
{
	char subject[ENGINE_SUBJECT_SIZE];
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	struct engine_message message = {
		.subject = subject, .data = text, .size = text ? strlen(text) : 0};
	struct read *read = text ? malloc(sizeof(*read)) : NULL;
	int ret = read ? 0 : ERROR_NO_MEMORY;

	snprintf(subject, sizeof(subject), "$JS.API.DIRECT.GET.%.64s", stream);
	if (!ret) {
		*read = (struct read){on_item, arg, is_single};
		ret = engine_request(engine, &message, JETSTREAM_TIMEOUT_MS, item_read, read);
	}
	if (ret)
		free(read);
	free(text);
	json_decref(body);
	return ret;
}

int jetstream_read(struct engine *engine, const char *stream, uint64_t sequence, unsigned count,
		   jetstream_read_item *on_item, void *arg)
{
	return start_read(engine, stream,
			  json_pack("{s:I, s:s, s:i, s:i}", "seq", (json_int_t)sequence,
				    "next_by_subj", ">", "batch", (int)count, "max_bytes",
				    (int)JETSTREAM_BATCH_BYTES),
			  false, on_item, arg);
}

int jetstream_read_last(struct engine *engine, const char *stream, const char *subject,
			jetstream_read_item *on_item, void *arg)
{
	return start_read(engine, stream, json_pack("{s:s}", "last_by_subj", subject), true,
			  on_item, arg);
}

int jetstream_read_keys(struct engine *engine, const char *stream, const char *subjects,
			unsigned count, jetstream_read_item *on_item, void *arg)
{
	return start_read(engine, stream,
			  json_pack("{s:[s], s:i}", "multi_last", subjects, "batch", (int)count),
			  false, on_item, arg);
}
