/*
 * Frames between broker and guest: the only protocol between them.
 *
 * A frame is a 32-bit little-endian length and that many bytes of CBOR (RFC 8949): an array
 * [type, id, …]. The id pairs an answer with its request. The socket is a stream socketpair.
 *
 *   broker to guest
 *     load     [1, id, name, [[path, source], …], limits]  a .py plugin's files, the main module
 * first call     [2, id, function, argument]           "poll" (argument null), "render", "update"
 *     result   [3, id, value]                        the answer to `host`; to `imports`: limits
 *     fork     [4, id]                               with the child's socket as SCM_RIGHTS
 *   guest to broker
 *     ready    [16, id, [function, …]]               which of poll, render, update there are
 *     answer   [17, id, ok, value or error text]
 *     host     [18, id, interface, function, [argument, …]]
 *     forked   [19, id]                              its child has said hello, see
 * plugin/process/hello.h log      [20, level, bytes]                    a line of the plugin's
 * output imports  [21, 0, [[interface, function, signature], …]]
 *
 * A component's guest sends `imports`, waits for `result` (the broker ends it if they are not to be
 * had), instantiates, and sends `ready`; a child of the Python template sends `ready` in answer to
 * `load`, and so does the template itself, with id 0. `answer` may stand for `ready` when that
 * failed. The broker believes nothing that a guest sends; a frame that does not fit ends the guest.
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

#define FRAME_HEADER_SIZE 4
/* bytes behind the header; a plugin's sources have to fit */
#define FRAME_SIZE_MAX (4u << 20)
#define FRAME_FROM_GUEST_MAX (1u << 20)
#define FRAME_DEPTH_MAX 32 /* levels of arrays and maps */
#define FRAME_ITEMS_MAX                                                                            \
	65536 /* each costs its reader a hundred bytes, whatever it costs the sender */

/*
 * Append the frame [type, id, items…] to `buffer`; the `count` items are taken (NULL: no memory).
 * 0, ERROR_NO_MEMORY or ERROR_TOO_LARGE (over FRAME_SIZE_MAX); then nothing was appended.
 */
int frame_append(struct buffer *buffer, enum frame_type type, uint64_t id, size_t count, ...);

/*
 * Take the next frame off the front of `buffer`. 1 and *ret_frame (owned by the caller: an array of
 * at least two items, type and id, that are unsigned), 0 when it is not all there, or
 * ERROR_TOO_LARGE, ERROR_MALFORMED. Checked before memory is spent on it: sizes claimed against
 * bytes there, depth, no tags, nothing of indefinite length.
 */
int frame_next(struct buffer *buffer, size_t limit, cbor_item_t **ret_frame, struct error *err);

uint64_t frame_type(const cbor_item_t *frame);
uint64_t frame_id(const cbor_item_t *frame);

#endif
