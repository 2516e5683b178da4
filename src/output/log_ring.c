#include "output/log_ring.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct log_ring {
	pthread_mutex_t lock;
	/* Under the lock. The log's own lock may be held when it is taken, never the reverse. */
	char *lines[LOG_RING_LINES]; /* owned; NULL while unused */
	size_t next;		     /* where the next line goes: the oldest one's place */
};

struct log_ring *log_ring_create(void)
{
	struct log_ring *ring = calloc(1, sizeof(*ring));

	if (ring)
		pthread_mutex_init(&ring->lock, NULL);
	return ring;
}

void log_ring_destroy(struct log_ring *ring)
{
	if (!ring)
		return;
	for (size_t i = 0; i < LOG_RING_LINES; i++)
		free(ring->lines[i]);
	pthread_mutex_destroy(&ring->lock);
	free(ring);
}

void log_ring_write(void *arg, const struct log_record *record)
{
	struct log_ring *ring = arg;
	char line[LOG_TEXT_SIZE + 256], *copy;

	log_format(record, line, sizeof(line));
	copy = strdup(line);
	if (!copy)
		return;
	pthread_mutex_lock(&ring->lock);
	free(ring->lines[ring->next]);
	ring->lines[ring->next] = copy;
	ring->next = (ring->next + 1) % LOG_RING_LINES;
	pthread_mutex_unlock(&ring->lock);
}

static json_t *line_to_json(const char *line)
{
	json_t *text = json_string(line);

	/* The text was cleaned, but the source may be a file's name, which can be any bytes. */
	return text ? text : json_string("(a line that is no UTF-8)");
}

json_t *log_ring_to_json(struct log_ring *ring)
{
	json_t *lines = json_array();
	int failed = 0;

	if (!lines)
		return NULL;
	pthread_mutex_lock(&ring->lock);
	for (size_t i = 0; i < LOG_RING_LINES && !failed; i++) {
		const char *line = ring->lines[(ring->next + i) % LOG_RING_LINES];

		if (line)
			failed = json_array_append_new(lines, line_to_json(line));
	}
	pthread_mutex_unlock(&ring->lock);
	if (failed) {
		json_decref(lines);
		return NULL;
	}
	return lines;
}
