/*
 * The part of JetStream's API that a cluster uses, over engine.h: streams, messages in them, and
 * keys. It is the API that nats-server publishes (its ADRs 1, 8 and 31) and every client library
 * uses: a request is a JSON text to a subject under $JS.API, and what is to be stored is a message
 * to a subject of a stream. The client library's own functions for this block their caller, so a
 * loop cannot call them (docs/decisions/0040-cluster-on-nats.md).
 *
 * A key-value bucket is a stream too: the key K of bucket B is the last message to $KV.B.K, and its
 * revision is the message's sequence.
 *
 * Loop thread.
 */
#ifndef HARVESTER_CLUSTER_JETSTREAM_H
#define HARVESTER_CLUSTER_JETSTREAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cluster/engine.h"

#define JETSTREAM_TIMEOUT_MS 5000
#define JETSTREAM_BATCH_MAX 64		   /* messages of one jetstream_read() */
#define JETSTREAM_BATCH_BYTES (512u << 10) /* about how many bytes of them */
/* The error code of a write that named another revision than the newest. */
#define JETSTREAM_WRONG_REVISION 10071

struct error;

/* Whether an answer is an error of the engine; then fill *err and *ret_code (JetStream's own). */
bool jetstream_is_error(const json_t *answer, int *ret_code, struct error *err);

/*
 * Called once with the engine's answer to an API request. `status` 0: `answer` is its JSON
 * (borrowed). ERROR_NOT_FOUND: the stream, or the key, does not exist. ERROR_MALFORMED: the answer
 * is no JSON. ERROR_SYSTEM: the engine refused; `code` is its own number. Otherwise the errors of
 * engine_answered.
 */
typedef void jetstream_answered(void *arg, int status, const json_t *answer, int code,
				const struct error *err);

/*
 * Send `body` (borrowed; NULL: none) to $JS.API.`path`. Errors of engine_request(): on_answered()
 * is not called then.
 */
int jetstream_call(struct engine *engine, const char *path, const json_t *body,
		   jetstream_answered *on_answered, void *arg);

/*
 * Store a message. `message->headers` go with it. The answer's JSON is {"stream", "seq",
 * "duplicate"}; it is sent when a majority of the servers has the message on its disk.
 */
int jetstream_publish(struct engine *engine, const struct engine_message *message,
		      uint64_t timeout_ms, jetstream_answered *on_answered, void *arg);

/*
 * Copy a header of the message in the answer to STREAM.MSG.GET, which the stream's leader gives.
 * False if there is none of that name, or it does not fit.
 */
bool jetstream_stored_header(const json_t *answer, const char *name, char *ret_value, size_t size);

/* One stored message. Borrowed for the call. */
struct jetstream_item {
	uint64_t sequence;   /* in the stream; of a key: its revision */
	uint64_t pending;    /* how many follow it in the stream */
	const char *subject; /* that it was stored under */
	struct engine_message message;
};

/*
 * Called for each message of a read, in order, then once with `item` NULL. At that last call
 * `status` is 0 if the read ended as it should (ERROR_NOT_FOUND: there was no such message), else
 * an error of engine_answered.
 */
typedef void jetstream_read_item(void *arg, int status, const struct jetstream_item *item,
				 const struct error *err);

/*
 * Read at most `count` messages of a stream from `sequence` on. Any server that has the stream may
 * answer, so the newest messages may be missing from the answer.
 */
int jetstream_read(struct engine *engine, const char *stream, uint64_t sequence, unsigned count,
		   jetstream_read_item *on_item, void *arg);

/* Read the last message to `subject` in a stream, such as the value of a key. */
int jetstream_read_last(struct engine *engine, const char *stream, const char *subject,
			jetstream_read_item *on_item, void *arg);

/* Read the last message to each subject that fits `subjects`, which may end in ">"; at most
 * `count`.
 */
int jetstream_read_keys(struct engine *engine, const char *stream, const char *subjects,
			unsigned count, jetstream_read_item *on_item, void *arg);

#endif
