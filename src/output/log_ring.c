#include "output/log_ring.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define NODE_SIZE 65

struct line {
	enum log_level level;
	uint64_t unix_ms;
	char *source, *text; /* inside words, as is the node's name at its begin */
	char words[];
};

struct log_ring {
	char node[NODE_SIZE];
	uint64_t first; /* the number of the first line */

	pthread_mutex_t lock;
	/* Under the lock. The log's own lock may be held when it is taken, never the reverse. */
	struct line *lines[LOG_RING_KEPT]; /* owned; NULL while unused */
	uint64_t count;			   /* lines that came so far */
	log_ring_wake *wake;
	void *wake_arg;
};

struct log_ring *log_ring_create(const char *node)
{
	struct log_ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return NULL;
	pthread_mutex_init(&ring->lock, NULL);
	snprintf(ring->node, sizeof(ring->node), "%s", node);
	/* A thousand lines a millisecond would be needed for two runs to share a number. */
	ring->first = clock_unix_ms(clock_system()) * 1000;
	return ring;
}

void log_ring_destroy(struct log_ring *ring)
{
	if (!ring)
		return;
	for (size_t i = 0; i < LOG_RING_KEPT; i++)
		free(ring->lines[i]);
	pthread_mutex_destroy(&ring->lock);
	free(ring);
}

static struct line *make_line(const char *node, const struct log_record *record)
{
	size_t node_size = strlen(node) + 1, source_size = strlen(record->source) + 1;
	size_t text_size = strlen(record->text) + 1;
	struct line *line = malloc(sizeof(*line) + node_size + source_size + text_size);

	if (!line)
		return NULL;
	line->level = record->level;
	line->unix_ms = record->unix_ms;
	line->source = line->words + node_size;
	line->text = line->source + source_size;
	memcpy(line->words, node, node_size);
	memcpy(line->source, record->source, source_size);
	memcpy(line->text, record->text, text_size);
	return line;
}

void log_ring_add(struct log_ring *ring, const char *node, const struct log_record *record)
{
	struct line *line = make_line(node, record), **place;

	if (!line)
		return;
	pthread_mutex_lock(&ring->lock);
	place = &ring->lines[ring->count++ % LOG_RING_KEPT];
	free(*place);
	*place = line;
	if (ring->wake)
		ring->wake(ring->wake_arg);
	pthread_mutex_unlock(&ring->lock);
}

void log_ring_write(void *arg, const struct log_record *record)
{
	struct log_ring *ring = arg;

	if (!record->is_reading)
		log_ring_add(ring, ring->node, record);
}

void log_ring_watch(struct log_ring *ring, log_ring_wake *wake, void *arg)
{
	pthread_mutex_lock(&ring->lock);
	ring->wake = wake;
	ring->wake_arg = arg;
	pthread_mutex_unlock(&ring->lock);
}

/* How many of the lines that came are there no more, or are too old to be shown. */
static uint64_t skipped(const struct log_ring *ring, uint64_t shown)
{
	return ring->count > shown ? ring->count - shown : 0;
}

static const struct line *line_at(const struct log_ring *ring, uint64_t index)
{
	return ring->lines[index % LOG_RING_KEPT];
}

static json_t *text_to_json(const char *text)
{
	json_t *json = json_string(text);

	/* Texts were cleaned, but a source may be a file's name, which can be any bytes. */
	return json ? json : json_string("(no UTF-8)");
}

/* A line of another node carries its name: "cellar/bme680". */
static json_t *format(const struct log_ring *ring, const struct line *line)
{
	char source[LOG_SOURCE_SIZE + NODE_SIZE], text[LOG_TEXT_SIZE + 512];
	const struct log_record record = {.level = line->level,
					  .unix_ms = line->unix_ms,
					  .source = source,
					  .text = line->text};
	bool is_own = !strcmp(line->words, ring->node);

	snprintf(source, sizeof(source), "%s%s%s", is_own ? "" : line->words, is_own ? "" : "/",
		 line->source);
	log_format(&record, text, sizeof(text));
	text_make_utf8(text);
	return json_string(text);
}

json_t *log_ring_to_json(struct log_ring *ring)
{
	json_t *lines = json_array();
	int failed = !lines;

	pthread_mutex_lock(&ring->lock);
	for (uint64_t i = skipped(ring, LOG_RING_LINES); i < ring->count && !failed; i++)
		failed = json_array_append_new(lines, format(ring, line_at(ring, i)));
	pthread_mutex_unlock(&ring->lock);
	if (failed) {
		json_decref(lines);
		return NULL;
	}
	return lines;
}

static bool fits(const struct line *line, const struct log_filter *filter)
{
	return line->level >= filter->level &&
	       (!filter->node || !strcmp(filter->node, line->words)) &&
	       (!filter->source || !strcmp(filter->source, line->source)) &&
	       (!filter->search || strcasestr(line->text, filter->search));
}

/* Among the lines from..count, which are at most LOG_RING_KEPT, where to begin. */
static uint64_t find_begin(const struct log_ring *ring, const struct log_filter *filter,
			   uint64_t from)
{
	uint64_t begin = ring->count;
	size_t found = 0;

	while (begin > from && found < filter->limit)
		found += fits(line_at(ring, --begin), filter);
	return begin;
}

static json_t *line_to_json(const struct log_ring *ring, uint64_t index)
{
	const struct line *line = line_at(ring, index);

	return json_pack("{s:I, s:I, s:s, s:o, s:o, s:o}", "sequence",
			 (json_int_t)(ring->first + index), "time_ms", (json_int_t)line->unix_ms,
			 "level", log_level_name(line->level), "node", text_to_json(line->words),
			 "source", text_to_json(line->source), "text", text_to_json(line->text));
}

/* Under the lock. */
static json_t *collect(const struct log_ring *ring, const struct log_filter *filter,
		       uint64_t *ret_next)
{
	uint64_t from = skipped(ring, LOG_RING_KEPT), index;
	json_t *lines = json_array();
	int failed = !lines;

	if (filter->after < ring->first)
		index = filter->after ? from : find_begin(ring, filter, from);
	else
		index = filter->after - ring->first + 1;
	if (index < from)
		index = from;
	for (; index < ring->count && json_array_size(lines) < filter->limit && !failed; index++) {
		if (fits(line_at(ring, index), filter))
			failed = json_array_append_new(lines, line_to_json(ring, index));
	}
	*ret_next = ring->first + (index < ring->count ? index : ring->count) - 1;
	if (failed) {
		json_decref(lines);
		return NULL;
	}
	return lines;
}

json_t *log_ring_find(struct log_ring *ring, const struct log_filter *given)
{
	struct log_filter filter = *given;
	uint64_t next;
	json_t *lines;

	if (!filter.limit)
		filter.limit = LOG_RING_KEPT;
	pthread_mutex_lock(&ring->lock);
	lines = collect(ring, &filter, &next);
	pthread_mutex_unlock(&ring->lock);
	return lines ? json_pack("{s:o, s:I}", "logs", lines, "next", (json_int_t)next) : NULL;
}

uint64_t log_ring_newest(struct log_ring *ring)
{
	uint64_t newest;

	pthread_mutex_lock(&ring->lock);
	newest = ring->first + ring->count - 1;
	pthread_mutex_unlock(&ring->lock);
	return newest;
}
