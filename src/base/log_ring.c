#include "base/log_ring.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define NODE_SIZE 65

struct line {
	uint64_t sequence;
	enum log_level level;
	uint64_t unix_ms;
	char *source, *text; /* point into `words`, which begins with the node's name */
	char words[];
};

/* Most lines fit into their place in the ring. Were each a block of its own, a thousand blocks in
 * use all over the heap would keep the system from getting its free pages back. */
#define SHORT_LINE_SIZE 160

struct place {
	struct line *line; /* NULL while unused; points to `room`, or to a longer block (owned) */
	_Alignas(struct line) char room[SHORT_LINE_SIZE];
};

struct ring {
	struct place places[LOG_RING_KEPT];
	uint64_t count; /* lines added so far */
};

struct log_ring {
	char node[NODE_SIZE];
	uint64_t first; /* sequence number of the first line */

	pthread_mutex_t lock;
	/* Under the lock. The log's own lock may be held when it is taken, never the reverse. */
	struct ring own, others; /* separate, so that other nodes cannot push out own lines */
	log_ring_added *on_added;
	void *added_arg;
};

struct log_ring *log_ring_create(const char *node, uint64_t now_ms)
{
	struct log_ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return NULL;
	pthread_mutex_init(&ring->lock, NULL);
	snprintf(ring->node, sizeof(ring->node), "%s", node);
	/* Numbers of two runs could only overlap after 1000 lines in every millisecond. */
	ring->first = now_ms * 1000;
	return ring;
}

static void clear(struct place *place)
{
	if (place->line != (void *)place->room)
		free(place->line);
	place->line = NULL;
}

void log_ring_destroy(struct log_ring *ring)
{
	if (!ring)
		return;
	for (size_t i = 0; i < LOG_RING_KEPT; i++) {
		clear(&ring->own.places[i]);
		clear(&ring->others.places[i]);
	}
	pthread_mutex_destroy(&ring->lock);
	free(ring);
}

/* Replace the line in this place; false if memory runs out, and then the old line stays. */
static bool fill(struct place *place, const char *node, const struct log_record *record)
{
	size_t node_size = strlen(node) + 1, source_size = strlen(record->source) + 1;
	size_t text_size = strlen(record->text) + 1;
	size_t size = sizeof(struct line) + node_size + source_size + text_size;
	struct line *line = size <= SHORT_LINE_SIZE ? (void *)place->room : malloc(size);

	if (!line)
		return false;
	clear(place);
	line->level = record->level;
	line->unix_ms = record->unix_ms;
	line->source = line->words + node_size;
	line->text = line->source + source_size;
	memcpy(line->words, node, node_size);
	memcpy(line->source, record->source, source_size);
	memcpy(line->text, record->text, text_size);
	place->line = line;
	return true;
}

void log_ring_add(struct log_ring *ring, const char *node, const struct log_record *record)
{
	struct ring *part = strcmp(node, ring->node) != 0 ? &ring->others : &ring->own;
	struct place *place;

	pthread_mutex_lock(&ring->lock);
	place = &part->places[part->count % LOG_RING_KEPT];
	if (fill(place, node, record)) {
		place->line->sequence = ring->first + ring->own.count + ring->others.count;
		part->count++;
		if (ring->on_added)
			ring->on_added(ring->added_arg);
	}
	pthread_mutex_unlock(&ring->lock);
}

void log_ring_write(void *arg, const struct log_record *record)
{
	struct log_ring *ring = arg;

	if (!record->is_reading)
		log_ring_add(ring, ring->node, record);
}

void log_ring_watch(struct log_ring *ring, log_ring_added *on_added, void *arg)
{
	pthread_mutex_lock(&ring->lock);
	ring->on_added = on_added;
	ring->added_arg = arg;
	pthread_mutex_unlock(&ring->lock);
}

/* All stored lines, oldest first; borrowed, so valid while the lock is held. */
struct view {
	const struct line *lines[2 * LOG_RING_KEPT];
	size_t count;
};

static const struct line *line_at(const struct ring *part, uint64_t index)
{
	return index < part->count ? part->places[index % LOG_RING_KEPT].line : NULL;
}

static uint64_t oldest(const struct ring *part)
{
	return part->count > LOG_RING_KEPT ? part->count - LOG_RING_KEPT : 0;
}

/* The caller holds the lock. */
static void merge(const struct log_ring *ring, struct view *ret_view)
{
	uint64_t own = oldest(&ring->own), other = oldest(&ring->others);

	ret_view->count = 0;
	while (own < ring->own.count || other < ring->others.count) {
		const struct line *a = line_at(&ring->own, own);
		const struct line *b = line_at(&ring->others, other);
		bool is_own = !b || (a && a->sequence < b->sequence);

		ret_view->lines[ret_view->count++] = is_own ? a : b;
		own += is_own;
		other += !is_own;
	}
}

static json_t *text_to_json(const char *text)
{
	json_t *json = json_string(text);

	/* The text was cleaned, but the source may be a file's name, with any bytes. */
	return json ? json : json_string("(not UTF-8)");
}

/* The line as text. The source of another node's line begins with its node: "cellar/bme680". */
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
	struct view view;

	pthread_mutex_lock(&ring->lock);
	merge(ring, &view);
	for (size_t i = view.count > LOG_RING_LINES ? view.count - LOG_RING_LINES : 0;
	     i < view.count && !failed; i++)
		failed = json_array_append_new(lines, format(ring, view.lines[i]));
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

/* The index of the line where the last `limit` matching lines begin. */
static size_t find_begin(const struct view *view, const struct log_filter *filter)
{
	size_t begin = view->count, found = 0;

	while (begin && found < filter->limit)
		found += fits(view->lines[--begin], filter);
	return begin;
}

static size_t find_after(const struct view *view, uint64_t after)
{
	size_t index = 0;

	while (index < view->count && view->lines[index]->sequence <= after)
		index++;
	return index;
}

static json_t *line_to_json(const struct line *line)
{
	return json_pack("{s:I, s:I, s:s, s:o, s:o, s:o}", "sequence", (json_int_t)line->sequence,
			 "time_ms", (json_int_t)line->unix_ms, "level", log_level_name(line->level),
			 "node", text_to_json(line->words), "source", text_to_json(line->source),
			 "text", text_to_json(line->text));
}

static uint64_t newest(const struct log_ring *ring)
{
	return ring->first + ring->own.count + ring->others.count - 1;
}

/* The caller holds the lock. */
static json_t *collect(const struct log_ring *ring, const struct log_filter *filter,
		       uint64_t *ret_next)
{
	json_t *lines = json_array();
	int failed = !lines;
	struct view view;
	size_t index;

	merge(ring, &view);
	index = filter->after ? find_after(&view, filter->after) : find_begin(&view, filter);
	for (; index < view.count && json_array_size(lines) < filter->limit && !failed; index++) {
		if (fits(view.lines[index], filter))
			failed = json_array_append_new(lines, line_to_json(view.lines[index]));
	}
	*ret_next = index && index < view.count ? view.lines[index - 1]->sequence : newest(ring);
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
	uint64_t number;

	pthread_mutex_lock(&ring->lock);
	number = newest(ring);
	pthread_mutex_unlock(&ring->lock);
	return number;
}
