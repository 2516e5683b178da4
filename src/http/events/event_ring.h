/*
 * A ring buffer that keeps the newest bytes of an endless text for many readers of different speed.
 * Each reader keeps its own offset, counted from the beginning of the text; bytes older than the
 * ring's size are overwritten. Loop thread.
 */
#ifndef HARVESTER_HTTP_EVENTS_EVENT_RING_H
#define HARVESTER_HTTP_EVENTS_EVENT_RING_H

#include <stddef.h>
#include <stdint.h>

struct event_ring {
	char *data; /* owned */
	size_t size;
	uint64_t end; /* offset of the next byte to be appended */
};

/* `size` in bytes. 0 or ERROR_NO_MEMORY. */
int event_ring_init(struct event_ring *ring, size_t size);
void event_ring_finish(struct event_ring *ring);

/* Append a copy of `text`. ERROR_TOO_LARGE if it is larger than the ring. */
int event_ring_append(struct event_ring *ring, const char *text, size_t size);

/* Offset of the oldest byte that the ring still holds. */
uint64_t event_ring_start(const struct event_ring *ring);

/*
 * Copy up to `size` bytes, beginning at `offset`, and return how many. `offset` must lie between
 * event_ring_start() and ring->end.
 */
size_t event_ring_read(const struct event_ring *ring, uint64_t offset, char *ret_text, size_t size);

#endif
