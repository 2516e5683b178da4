/*
 * An engine in memory, for the tests of src/cluster/: streams with JetStream's answers, as far as
 * they are used. Requests wait until fake_engine_run() answers them, so a test decides when; it can
 * also lose them, answer late, or answer from a server that lags behind.
 */
#ifndef HARVESTER_TESTS_FAKE_ENGINE_H
#define HARVESTER_TESTS_FAKE_ENGINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

#include "base/error.h"
#include "cluster/engine.h"
#include "cluster/mailbox.h"

#define FAKE_STREAMS 4
#define FAKE_STORED 512
#define FAKE_WAITING 64

struct fake_stored {
	struct mail *message; /* owned; NULL: this server lost it */
};

struct fake_stream {
	char name[64], prefix[64], created[32];
	json_t *config; /* owned */
	struct fake_stored stored[FAKE_STORED];
	uint64_t first, last; /* sequences; stored[sequence] */
	/* What a server that answers reads has: up to here; 0: everything. */
	uint64_t visible;
};

struct fake_waiting {
	struct mail *message; /* owned */
	engine_answered *on_answered;
	void *arg;
};

struct fake_engine {
	struct engine base;
	struct fake_stream streams[FAKE_STREAMS];
	struct fake_waiting waiting[FAKE_WAITING];
	size_t waiting_count;
	struct {
		char subject[ENGINE_SUBJECT_SIZE];
		engine_received *on_received;
		void *arg;
	} subject;
	unsigned level;	     /* of the API */
	unsigned servers;    /* that there are; 0: enough for everything */
	unsigned made;	     /* streams, so that each has its own time of creation */
	bool loses_answers;  /* what is asked is done, but the answer does not come */
	bool is_unreachable; /* nothing is done */
	char leader[32];
	struct mail *published; /* owned: the last message without an answer */
};

static inline struct fake_stream *fake_stream(struct fake_engine *fake, const char *name)
{
	for (size_t i = 0; i < FAKE_STREAMS; i++)
		if (!strcmp(fake->streams[i].name, name))
			return &fake->streams[i];
	return NULL;
}

static inline void fake_stream_delete(struct fake_stream *stream)
{
	for (size_t i = 0; i < FAKE_STORED; i++)
		free(stream->stored[i].message);
	json_decref(stream->config);
	memset(stream, 0, sizeof(*stream));
}

/* The log as it was up to this sequence: what came later is lost on all servers. */
static inline void fake_stream_roll_back(struct fake_stream *stream, uint64_t last)
{
	for (; stream->last > last; stream->last--) {
		free(stream->stored[stream->last].message);
		stream->stored[stream->last].message = NULL;
	}
}

/* One message is lost on all servers. */
static inline void fake_stream_lose(struct fake_stream *stream, uint64_t sequence)
{
	free(stream->stored[sequence].message);
	stream->stored[sequence].message = NULL;
}

/* Answers */

static inline bool fake_answer(struct fake_waiting *waiting, const void *data, size_t size,
			       const struct engine_header *headers, size_t count)
{
	const struct engine_message answer = {.subject = "_INBOX.1",
					      .data = data,
					      .size = size,
					      .headers = headers,
					      .headers_count = count};

	return waiting->on_answered(waiting->arg, 0, &answer, NULL);
}

static inline void fake_answer_json(struct fake_waiting *waiting, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	fake_answer(waiting, text, strlen(text), NULL, 0);
	free(text);
	json_decref(json);
}

static inline void fake_answer_error(struct fake_waiting *waiting, int code, int err_code)
{
	fake_answer_json(waiting, json_pack("{s:{s:i, s:i, s:s}}", "error", "code", code,
					    "err_code", err_code, "description", "no"));
}

static inline void fake_answer_status(struct fake_waiting *waiting, const char *status)
{
	const struct engine_header header = {"Status", status};

	fake_answer(waiting, NULL, 0, &header, 1);
}

static inline json_t *fake_describe(const struct fake_engine *fake,
				    const struct fake_stream *stream)
{
	return json_pack("{s:O, s:s, s:{s:I, s:I}, s:{s:s, s:[{s:s, s:b, s:I}]}}", "config",
			 stream->config, "created", stream->created, "state", "first_seq",
			 (json_int_t)stream->first, "last_seq", (json_int_t)stream->last, "cluster",
			 "leader", fake->leader, "replicas", "name", "b", "current", 1, "lag",
			 (json_int_t)2);
}

static inline void fake_create(struct fake_engine *fake, struct fake_waiting *waiting,
			       const char *name, json_t *config)
{
	struct fake_stream *stream = fake_stream(fake, "");
	const char *subject =
		json_string_value(json_array_get(json_object_get(config, "subjects"), 0));

	assert_non_null(stream);
	if (!stream)
		return;
	snprintf(stream->name, sizeof(stream->name), "%s", name);
	snprintf(stream->prefix, sizeof(stream->prefix), "%.*s", (int)strlen(subject) - 1, subject);
	snprintf(stream->created, sizeof(stream->created), "2026-01-01T00:00:%02uZ", fake->made++);
	stream->config = config;
	stream->first = 1;
	fake_answer_json(waiting, fake_describe(fake, stream));
}

static inline void fake_update(struct fake_engine *fake, struct fake_waiting *waiting,
			       struct fake_stream *stream, json_t *config)
{
	json_int_t replicas = json_integer_value(json_object_get(config, "num_replicas"));

	if (fake->servers && replicas > (json_int_t)fake->servers) {
		fake_answer_error(waiting, 400, 10074);
		return;
	}
	json_decref(stream->config);
	stream->config = json_incref(config);
	fake_answer_json(waiting, fake_describe(fake, stream));
}

static inline void fake_give(struct fake_waiting *waiting, const struct fake_stream *stream,
			     uint64_t sequence, bool *ret_goes_on)
{
	const struct engine_message *stored = &stream->stored[sequence].message->message;
	struct engine_header headers[ENGINE_HEADERS_MAX] = {{"Nats-Subject", stored->subject}};
	char number[24], pending[24];
	size_t count = 3;

	snprintf(number, sizeof(number), "%ju", (uintmax_t)sequence);
	snprintf(pending, sizeof(pending), "%ju", (uintmax_t)(stream->last - sequence));
	headers[1] = (struct engine_header){"Nats-Sequence", number};
	headers[2] = (struct engine_header){"Nats-Num-Pending", pending};
	for (size_t i = 0; i < stored->headers_count; i++)
		headers[count++] = stored->headers[i];
	*ret_goes_on = fake_answer(waiting, stored->data, stored->size, headers, count);
}

static inline void fake_read(struct fake_waiting *waiting, const struct fake_stream *stream,
			     const json_t *body)
{
	const char *last = json_string_value(json_object_get(body, "last_by_subj"));
	const char *all = json_string_value(json_array_get(json_object_get(body, "multi_last"), 0));
	uint64_t end =
		stream->visible && stream->visible < stream->last ? stream->visible : stream->last;
	json_int_t left = json_integer_value(json_object_get(body, "batch"));
	bool goes_on = true, has_any = false;

	if (last || all) {
		for (uint64_t at = end; at >= stream->first && at; at--) {
			const struct mail *mail = stream->stored[at].message;

			if (!mail || (last && strcmp(mail->message.subject, last) != 0))
				continue;
			has_any = true;
			fake_give(waiting, stream, at, &goes_on);
			if (last)
				return;
		}
	} else {
		for (uint64_t at = (uint64_t)json_integer_value(json_object_get(body, "seq"));
		     at <= end && left; at++) {
			if (!stream->stored[at].message)
				continue;
			has_any = true;
			left--;
			fake_give(waiting, stream, at, &goes_on);
		}
	}
	fake_answer_status(waiting, has_any ? "204" : "404");
}

static inline uint64_t fake_last_to(const struct fake_stream *stream, const char *subject)
{
	for (uint64_t at = stream->last; at >= stream->first && at; at--) {
		const struct mail *mail = stream->stored[at].message;

		if (mail && !strcmp(mail->message.subject, subject))
			return at;
	}
	return 0;
}

static inline bool fake_is_double(const struct fake_stream *stream,
				  const struct engine_message *message, uint64_t *ret_sequence)
{
	const char *id = engine_header(message, "Nats-Msg-Id");

	for (uint64_t at = stream->first; id && at <= stream->last; at++) {
		const struct mail *mail = stream->stored[at].message;
		const char *other = mail ? engine_header(&mail->message, "Nats-Msg-Id") : NULL;

		*ret_sequence = at;
		if (other && !strcmp(other, id))
			return true;
	}
	return false;
}

/* Returns whether it was stored. */
static inline bool fake_store(struct fake_stream *stream, struct fake_waiting *waiting,
			      bool must_answer)
{
	const char *expected =
		engine_header(&waiting->message->message, "Nats-Expected-Last-Subject-Sequence");
	uint64_t sequence;

	if (expected && strtoull(expected, NULL, 10) !=
				fake_last_to(stream, waiting->message->message.subject)) {
		if (must_answer)
			fake_answer_error(waiting, 400, 10071);
		return false;
	}
	if (fake_is_double(stream, &waiting->message->message, &sequence)) {
		if (must_answer)
			fake_answer_json(waiting,
					 json_pack("{s:s, s:I, s:b}", "stream", stream->name, "seq",
						   (json_int_t)sequence, "duplicate", 1));
		return false;
	}
	assert_true(stream->last + 1 < FAKE_STORED);
	stream->stored[++stream->last].message = mail_create(&waiting->message->message);
	if (must_answer)
		fake_answer_json(waiting, json_pack("{s:s, s:I}", "stream", stream->name, "seq",
						    (json_int_t)stream->last));
	return true;
}

static inline bool fake_begins(const char *text, const char *begin, const char **ret_rest)
{
	if (strncmp(text, begin, strlen(begin)) != 0)
		return false;
	*ret_rest = text + strlen(begin);
	return true;
}

/* A message's headers as STREAM.MSG.GET gives them. */
static inline json_t *fake_headers(const struct fake_stream *stream, uint64_t sequence)
{
	const struct engine_message *message = &stream->stored[sequence].message->message;
	char text[512] = "NATS/1.0\r\n", coded[1024];

	for (size_t i = 0; i < message->headers_count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s: %s\r\n",
			 message->headers[i].name, message->headers[i].value);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "\r\n");
	sodium_bin2base64(coded, sizeof(coded), (const unsigned char *)text, strlen(text),
			  sodium_base64_VARIANT_ORIGINAL);
	return json_string(coded);
}

static inline void fake_call_stream(struct fake_engine *fake, struct fake_waiting *waiting,
				    const char *name, json_t *body)
{
	struct fake_stream *stream = fake_stream(fake, name);
	const char *rest;

	if (fake_begins(waiting->message->message.subject, "$JS.API.STREAM.CREATE.", &rest))
		fake_create(fake, waiting, name, json_incref(body));
	else if (!stream)
		fake_answer_error(waiting, 404, 10059);
	else if (fake_begins(waiting->message->message.subject, "$JS.API.STREAM.UPDATE.", &rest))
		fake_update(fake, waiting, stream, body);
	else if (fake_begins(waiting->message->message.subject, "$JS.API.STREAM.MSG.GET.", &rest)) {
		uint64_t sequence = (uint64_t)json_integer_value(json_object_get(body, "seq"));

		const char *last = json_string_value(json_object_get(body, "last_by_subj"));

		if (last)
			sequence = fake_last_to(stream, last);
		if (sequence && sequence <= stream->last && stream->stored[sequence].message)
			fake_answer_json(waiting, json_pack("{s:{s:I, s:o}}", "message", "seq",
							    (json_int_t)sequence, "hdrs",
							    fake_headers(stream, sequence)));
		else
			fake_answer_error(waiting, 404, 10037);
	} else if (fake_begins(waiting->message->message.subject, "$JS.API.DIRECT.GET.", &rest))
		fake_read(waiting, stream, body);
	else
		fake_answer_json(waiting, fake_describe(fake, stream));
}

static inline void fake_fail(struct fake_waiting *waiting, int status)
{
	struct error err = {0};

	error_set(&err, status, "%s", "no answer came in time");
	waiting->on_answered(waiting->arg, status, NULL, &err);
}

static inline void fake_carry_out(struct fake_engine *fake, struct fake_waiting *waiting)
{
	const struct engine_message *message = &waiting->message->message;
	static const char *const calls[] = {"$JS.API.STREAM.CREATE.", "$JS.API.STREAM.INFO.",
					    "$JS.API.STREAM.UPDATE.", "$JS.API.STREAM.MSG.GET.",
					    "$JS.API.DIRECT.GET."};
	json_t *body = json_loadb(message->data ? message->data : "", message->size, 0, NULL);
	bool is_stored = false;
	const char *name;

	if (!strcmp(message->subject, "$JS.API.INFO"))
		fake_answer_json(waiting, json_pack("{s:{s:i}}", "api", "level", (int)fake->level));
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (fake_begins(message->subject, calls[i], &name))
			fake_call_stream(fake, waiting, name, body);
	for (size_t i = 0; i < FAKE_STREAMS; i++) {
		if (!*fake->streams[i].prefix ||
		    !fake_begins(message->subject, fake->streams[i].prefix, &name))
			continue;
		fake_store(&fake->streams[i], waiting, true);
		is_stored = true;
	}
	/* Nobody listens on the subject of a bucket that does not exist. */
	if (!is_stored && fake_begins(message->subject, "$KV.", &name))
		fake_fail(waiting, ERROR_NOT_FOUND);
	json_decref(body);
}

static inline struct fake_waiting fake_take(struct fake_engine *fake)
{
	struct fake_waiting waiting = fake->waiting[0];

	memmove(fake->waiting, fake->waiting + 1, --fake->waiting_count * sizeof(*fake->waiting));
	return waiting;
}

static inline bool fake_ignored(void *arg, int status, const struct engine_message *answer,
				const struct error *err)
{
	(void)arg, (void)status, (void)answer, (void)err;
	return true;
}

/* Answer the oldest request. False if there is none. */
static inline bool fake_engine_answer(struct fake_engine *fake)
{
	struct fake_waiting waiting, silent;

	if (!fake->waiting_count)
		return false;
	waiting = fake_take(fake);
	silent = waiting;
	silent.on_answered = fake_ignored;
	if (fake->loses_answers)
		fake_carry_out(fake, &silent);
	if (fake->loses_answers || fake->is_unreachable)
		fake_fail(&waiting, ERROR_TIMEOUT);
	else
		fake_carry_out(fake, &waiting);
	free(waiting.message);
	return true;
}

/* Answer all that wait, and what they cause. */
static inline void fake_engine_run(struct fake_engine *fake)
{
	while (fake_engine_answer(fake))
		;
}

/* The operations */

static inline int fake_request(struct engine *base, const struct engine_message *message,
			       uint64_t timeout_ms, engine_answered *on_answered, void *arg)
{
	struct fake_engine *fake = (struct fake_engine *)base;

	(void)timeout_ms;
	assert_true(fake->waiting_count < FAKE_WAITING);
	fake->waiting[fake->waiting_count++] =
		(struct fake_waiting){mail_create(message), on_answered, arg};
	return 0;
}

static inline int fake_publish(struct engine *base, const struct engine_message *message)
{
	struct fake_engine *fake = (struct fake_engine *)base;

	free(fake->published);
	fake->published = mail_create(message);
	return 0;
}

static inline int fake_subscribe(struct engine *base, const char *subject,
				 engine_received *on_received, void *arg)
{
	struct fake_engine *fake = (struct fake_engine *)base;

	snprintf(fake->subject.subject, sizeof(fake->subject.subject), "%s", subject);
	fake->subject.on_received = on_received;
	fake->subject.arg = arg;
	return 0;
}

static inline void fake_engine_init(struct fake_engine *fake)
{
	static const struct engine_ops ops = {fake_request, fake_publish, fake_subscribe};

	memset(fake, 0, sizeof(*fake));
	fake->base.ops = &ops;
	fake->level = 4;
	snprintf(fake->leader, sizeof(fake->leader), "a");
}

/* All that wait end with ERROR_CLOSED, as when the connection is lost. */
static inline void fake_engine_break(struct fake_engine *fake)
{
	while (fake->waiting_count) {
		struct fake_waiting waiting = fake_take(fake);

		fake_fail(&waiting, ERROR_CLOSED);
		free(waiting.message);
	}
}

static inline void fake_engine_finish(struct fake_engine *fake)
{
	fake_engine_break(fake);
	free(fake->published);
	for (size_t i = 0; i < FAKE_STREAMS; i++)
		fake_stream_delete(&fake->streams[i]);
}

/* Make a stream as streams.c would. */
static inline struct fake_stream *fake_engine_add(struct fake_engine *fake, const char *name,
						  const char *subjects)
{
	struct fake_waiting nobody = {.on_answered = fake_ignored};

	fake_create(fake, &nobody, name, json_pack("{s:[s]}", "subjects", subjects));
	return fake_stream(fake, name);
}

#endif
