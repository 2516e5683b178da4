/*
 * The guest's end of the socket to the broker: blocking, one thread.
 *
 * A guest whose broker is gone or sends what it should not has nothing left to do: the functions
 * that wait end the process then, without a word.
 */
#ifndef HARVESTER_GUEST_CHANNEL_H
#define HARVESTER_GUEST_CHANNEL_H

#include <cbor.h>
#include <stdint.h>

#include "base/buffer.h"
#include "wire/frame.h"

#define CHANNEL_FD 3 /* where a guest process finds its socket */

struct channel {
	int fd;		   /* owned */
	int passed_fd;	   /* owned: came with the last fork frame, -1 if taken */
	struct buffer in;  /* received, not yet taken */
	struct buffer out; /* scratch for the frame being sent */
};

void channel_init(struct channel *channel, int fd);
void channel_finish(struct channel *channel);

/* Send one frame; the `count` items are taken. A frame too large to send goes as an answer that
 * says so. */
void channel_send(struct channel *channel, enum frame_type type, uint64_t id, size_t count, ...);

/* The next frame from the broker; the caller owns it. */
cbor_item_t *channel_receive(struct channel *channel);

/* Send a line of output with its log level (base/log.h), cut at the log's own limit. */
void channel_log(struct channel *channel, unsigned level, const char *text, size_t size);

/* The socket that came with a frame; the caller owns it. -1 if there is none. */
int channel_take_fd(struct channel *channel);

#endif
