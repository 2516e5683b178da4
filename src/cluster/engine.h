/*
 * The engine of a cluster, as the rest of src/cluster/ sees it: messages to subjects, and answers
 * to them. nats_engine.h implements it with a connection to a nats-server; the unit tests implement
 * it in memory. Everything that the cluster stores goes through jetstream.h, which speaks the
 * engine's published API (JSON over such messages).
 *
 * Loop thread. No function blocks, and no callback is called from within a call.
 */
#ifndef HARVESTER_CLUSTER_ENGINE_H
#define HARVESTER_CLUSTER_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define ENGINE_SUBJECT_SIZE 160 /* bytes of a subject, with its terminator */
#define ENGINE_HEADERS_MAX 16	/* further ones of a received message are dropped */
/* Bytes of one message. What is stored has at most SPOKE_LINK_BODY_MAX; answers in JSON are larger.
 */
#define ENGINE_MESSAGE_MAX (1u << 20)
#define ENGINE_REQUESTS_MAX 64 /* that wait for an answer; further ones fail with ERROR_BUSY */

struct engine_header {
	const char *name, *value;
};

/* A message. Everything is borrowed for the call that it is passed to. */
struct engine_message {
	const char *subject;
	const char *reply; /* where an answer is expected; NULL: nowhere */
	const void *data;  /* NULL if size is 0 */
	size_t size;
	const struct engine_header *headers;
	size_t headers_count;
};

/*
 * Called for each answer to a request. status 0: `answer` is one, and the function returns whether
 * it waits for another to the same request. Otherwise it is the last call, `answer` is NULL and
 * *err says why: ERROR_TIMEOUT (no answer in time), ERROR_NOT_FOUND (nobody listens on this
 * subject), ERROR_CLOSED (the connection was lost, or the engine is being closed). After
 * ERROR_TIMEOUT and ERROR_CLOSED it is not known whether the request was carried out.
 */
typedef bool engine_answered(void *arg, int status, const struct engine_message *answer,
			     const struct error *err);

typedef void engine_received(void *arg, const struct engine_message *message);

struct engine;

struct engine_ops {
	/*
	 * Send a message and wait for its answer, at most `timeout_ms` for each. ERROR_CLOSED if
	 * there is no connection now, ERROR_BUSY, ERROR_TOO_LARGE, ERROR_NO_MEMORY; on_answered()
	 * is not called then. `message->reply` is ignored.
	 */
	int (*request)(struct engine *engine, const struct engine_message *message,
		       uint64_t timeout_ms, engine_answered *on_answered, void *arg);
	/* Send a message that nobody answers. Errors as above. */
	int (*publish)(struct engine *engine, const struct engine_message *message);
	/*
	 * Call on_received(arg) for each message to this subject, over reconnections too, until the
	 * engine is closed. ERROR_TOO_LARGE, ERROR_NO_MEMORY.
	 */
	int (*subscribe)(struct engine *engine, const char *subject, engine_received *on_received,
			 void *arg);
};

struct engine {
	const struct engine_ops *ops;
};

/* The value of a header, borrowed from the message; NULL if it has none of that name. */
const char *engine_header(const struct engine_message *message, const char *name);

static inline int engine_request(struct engine *engine, const struct engine_message *message,
				 uint64_t timeout_ms, engine_answered *on_answered, void *arg)
{
	return engine->ops->request(engine, message, timeout_ms, on_answered, arg);
}

static inline int engine_publish(struct engine *engine, const struct engine_message *message)
{
	return engine->ops->publish(engine, message);
}

static inline int engine_subscribe(struct engine *engine, const char *subject,
				   engine_received *on_received, void *arg)
{
	return engine->ops->subscribe(engine, subject, on_received, arg);
}

#endif
