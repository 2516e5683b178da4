/*
 * The protocol between broker and guest: the format of its frames, and their encoding and decoding.
 *
 * A frame is a 32-bit little-endian length and that many bytes of CBOR (RFC 8949): an array
 * [type, id, …]. An answer has the id of its question. The socket is a stream socketpair.
 *
 * Frames from broker to guest:
 *
 * - load [1, id, name, [[path, source], …], limits]: the files of a .py plugin, its main module
 *   first.
 * - call [2, id, function, argument]: call "poll" (argument null), "render" or "update".
 * - result [3, id, value]: the answer to `host`; the answer to `imports` is the limits.
 * - fork [4, id]: fork a child, whose socket comes with this frame as SCM_RIGHTS.
 *
 * Frames from guest to broker:
 *
 * - ready [16, id, [function, …]]: the functions of poll, render and update that the plugin has. If
 *   it has describe() too, ready [16, id, [function, …], [outcome, value or error text]]: what that
 *   returned, as in `answer`.
 * - answer [17, id, outcome, value or error text]: the answer to `call`; enum frame_outcome says
 *   which.
 * - host [18, id, interface, function, [argument, …]]: the plugin calls a host function.
 * - forked [19, id]: the child has sent its hello byte, see plugin/process/hello.h.
 * - log [20, level, bytes]: a line that the plugin has printed.
 * - imports [21, 0, [[interface, function, signature], …]]: what a component imports.
 *
 * The start of a guest: a component's guest sends `imports`, waits for `result` (the broker kills
 * the guest if it cannot provide them), instantiates the component and sends `ready`. A child of
 * the Python template sends `ready` in answer to `load`; the template itself sends it with id 0. A
 * guest that fails to start sends `answer` in place of `ready`. The broker trusts no frame from a
 * guest: it kills a guest that sends an invalid one.
 */
#ifndef HARVESTER_WIRE_FRAME_H
#define HARVESTER_WIRE_FRAME_H

#include <cbor.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct error;

enum frame_type {
	FRAME_LOAD = 1,
	FRAME_CALL = 2,
	FRAME_RESULT = 3,
	FRAME_FORK = 4,
	FRAME_READY = 16,
	FRAME_ANSWER = 17,
	FRAME_HOST = 18,
	FRAME_FORKED = 19,
	FRAME_LOG = 20,
	FRAME_IMPORTS = 21,
};

/* How a call of the plugin, or its loading, ended. */
enum frame_outcome {
	OUTCOME_OK = 0,
	OUTCOME_FAILED = 1,  /* an error, such as an exception; the guest can be called again */
	OUTCOME_TRAPPED = 2, /* the engine ended the plugin; the guest exits with GUEST_EXIT_TRAP */
};

#define FRAME_HEADER_SIZE 4
/* Bytes after the header; the sources of a plugin must fit. */
#define FRAME_SIZE_MAX (4u << 20)
/* The same, of a frame from a guest */
#define FRAME_FROM_GUEST_MAX (1u << 20)
#define FRAME_DEPTH_MAX 32 /* levels of arrays and maps */
/* CBOR items of a frame. Each takes about 100 bytes of the reader's memory, but may take the sender
 * only one. */
#define FRAME_ITEMS_MAX 65536

/*
 * Append the frame [type, id, items…] to `buffer`. Takes ownership of the `count` items (of type
 * cbor_item_t *), also on failure. ERROR_NO_MEMORY, also if an item is NULL; ERROR_TOO_LARGE beyond
 * FRAME_SIZE_MAX. On failure nothing is appended.
 */
int frame_append(struct buffer *buffer, enum frame_type type, uint64_t id, size_t count, ...);

/*
 * Remove the next frame from the front of `buffer`. Returns 1 with *ret_frame, which the caller
 * frees with cbor_decref(): an array whose first two items are unsigned, type and id. Returns 0 if
 * the frame is incomplete. ERROR_TOO_LARGE if it has more than `limit` bytes, or too many items or
 * levels; ERROR_MALFORMED; ERROR_NO_MEMORY. Sizes and depth are checked before memory is allocated;
 * tags and items of indefinite length are malformed.
 */
int frame_next(struct buffer *buffer, size_t limit, cbor_item_t **ret_frame, struct error *err);

uint64_t frame_type(const cbor_item_t *frame);
uint64_t frame_id(const cbor_item_t *frame);

/* Read the outcome of an answer. ERROR_MALFORMED if `frame` has not four items, or an outcome that
 * enum frame_outcome does not list. */
int frame_get_outcome(const cbor_item_t *frame, enum frame_outcome *ret_outcome);

/* Bytes that describe() may return, as text or CBOR. */
#define FRAME_DESCRIPTION_MAX 65536

#endif
