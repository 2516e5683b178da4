/*
 * Adds the result of a plugin's poll to the reading table: converts it to readings, checks that
 * each sensor belongs to the plugin (owners.h), and warns the plugin's author about what was
 * changed or refused. Loop thread.
 */
#ifndef HARVESTER_READING_INGEST_H
#define HARVESTER_READING_INGEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "reading/reading.h"

struct clock;
struct config;
struct reading_intake;
struct reading_owners;
struct reading_table;

#define READING_INGEST_TEXT_SIZE 512

/* Filled by the caller; everything is borrowed. */
struct reading_ingest {
	const struct config *config; /* names this node */
	struct clock *clock;
	struct reading_table *table;
	struct reading_intake *intake;
	struct reading_owners *owners;
	/* A warning for the plugin's author: what was ignored, and what to change. */
	void (*on_warning)(void *arg, const char *plugin, const char *text);
	void *arg;
};

/* What a poll returned, as readings. */
struct reading_batch {
	struct reading **readings; /* owned, as the reference in each; NULL: none, or an error */
	size_t count;
	uint64_t now_ms;	    /* Unix time of the answer */
	struct reading_notes notes; /* what was replaced */
	struct error err;	    /* why the value cannot become readings; code 0: it can */
};

/*
 * Convert a poll's value: the long part of the work. `source->notes` is ignored. The errors in
 * batch->err are those of readings_from_json(). Any thread; the caller ends it with
 * reading_batch_finish().
 */
void reading_batch_init(struct reading_batch *batch, const json_t *value,
			const struct reading_source *source);

/* Loop thread. */
void reading_batch_finish(struct reading_batch *batch);

/*
 * Add the readings of a batch to the table. A batch with an error is counted, its error is copied
 * to *err and returned. The caller still owns the batch.
 */
int reading_ingest_batch(const struct reading_ingest *ingest, const char *plugin,
			 const struct reading_batch *batch, struct error *err);

/* Record a failed poll: the plugin's readings become null, with this text as their error. */
void reading_ingest_failure(const struct reading_ingest *ingest, const char *plugin,
			    const char *text, bool simulated);

/*
 * Record that the plugin was stopped or removed; `why` is the reason. The plugin's readings become
 * null, and its sensors are free after OWNERS_KEEP_MS.
 */
void reading_ingest_removal(const struct reading_ingest *ingest, const char *plugin,
			    const char *why);

#endif
