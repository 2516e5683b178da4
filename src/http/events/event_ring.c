#include "http/events/event_ring.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

int event_ring_init(struct event_ring *ring, size_t size)
{
	char *data = malloc(size);

	if (!data)
		return ERROR_NO_MEMORY;
	*ring = (struct event_ring){.data = data, .size = size};
	return 0;
}

void event_ring_finish(struct event_ring *ring)
{
	free(ring->data);
	*ring = (struct event_ring){0};
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

int event_ring_append(struct event_ring *ring, const char *text, size_t size)
{
	size_t at = (size_t)(ring->end % ring->size), first = smaller(size, ring->size - at);

	if (size > ring->size)
		return ERROR_TOO_LARGE;
	memcpy(ring->data + at, text, first);
	memcpy(ring->data, text + first, size - first);
	ring->end += size;
	return 0;
}

uint64_t event_ring_start(const struct event_ring *ring)
{
	return ring->end > ring->size ? ring->end - ring->size : 0;
}

size_t event_ring_read(const struct event_ring *ring, uint64_t offset, char *ret_text, size_t size)
{
	size_t at = (size_t)(offset % ring->size), count, first;

	count = ring->end - offset < size ? (size_t)(ring->end - offset) : size;
	first = smaller(count, ring->size - at);
	memcpy(ret_text, ring->data + at, first);
	memcpy(ret_text + first, ring->data, count - first);
	return count;
}
