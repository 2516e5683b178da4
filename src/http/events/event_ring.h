/*
 * The newest bytes of one endless text, for many readers that are not equally fast: each holds an
 * offset from the text's begin, and what is older than the ring's size is gone. Loop thread.
 */
#ifndef HARVESTER_HTTP_EVENTS_EVENT_RING_H
#define HARVESTER_HTTP_EVENTS_EVENT_RING_H

#include <stddef.h>
#include <stdint.h>

struct event_ring {
	char *data; /* owned */
	size_t size;
	uint64_t end; /* offset of the byte that comes next */
};

/* ERROR_NO_MEMORY. */
int event_ring_init(struct event_ring *ring, size_t size);
void event_ring_finish(struct event_ring *ring);

/* At most the ring's size at once; ERROR_TOO_LARGE above. */
int event_ring_append(struct event_ring *ring, const char *text, size_t size);

/* The oldest byte that is still there. */
uint64_t event_ring_start(const struct event_ring *ring);

/* Copy up to `size` bytes from `offset` on, which is start..end, and return how many. */
size_t event_ring_read(const struct event_ring *ring, uint64_t offset, char *ret_text, size_t size);

#endif
