/*
 * The guest's end of the socket to the broker: sends and receives frames (wire/frame.h). All
 * functions block; one thread.
 *
 * If the broker hangs up or sends something malformed, the guest has nothing left to do: the
 * functions that send or receive then end the process without a message.
 */
#ifndef HARVESTER_GUEST_CHANNEL_H
#define HARVESTER_GUEST_CHANNEL_H

#include <cbor.h>
#include <stdint.h>

#include "base/buffer.h"
#include "wire/frame.h"

#define CHANNEL_FD 3 /* the descriptor on which a guest process starts with its socket */

struct channel {
	int fd;		   /* owned */
	int passed_fd;	   /* owned: came with the last fork frame; -1: none */
	struct buffer in;  /* received bytes that are not yet decoded */
	struct buffer out; /* scratch for the frame being sent */
};

/* Takes ownership of `fd`. */
void channel_init(struct channel *channel, int fd);
void channel_finish(struct channel *channel);

/*
 * Send one frame. Takes ownership of the `count` items. If the frame is too large, an answer that
 * says so is sent instead.
 */
void channel_send(struct channel *channel, enum frame_type type, uint64_t id, size_t count, ...);

/* Wait for the next frame from the broker. The caller releases it. */
cbor_item_t *channel_receive(struct channel *channel);

/* Send a line for the log with its level (base/log.h), cut at the length of a log line. */
void channel_log(struct channel *channel, unsigned level, const char *text, size_t size);

/* The socket that came with the last frame, or -1. The caller owns it. */
int channel_take_fd(struct channel *channel);

#endif
