/*
 * Ingest: adds the result of a plugin's poll to the reading table. The result is first converted to
 * a batch of readings (reading_batch_init(), on any thread). Then each sensor must belong to the
 * plugin (owners.h), and the owner's filters are applied (filter/filters.h). A warning tells the
 * plugin's author what was changed or refused.
 *
 * Call the functions on the loop thread, except reading_batch_init().
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
struct reading_filters;
struct reading_intake;
struct reading_owners;
struct reading_table;

#define READING_INGEST_TEXT_SIZE 512

/* What ingest works with. Filled by the caller; all pointers are borrowed. */
struct reading_ingest {
	const struct config *config; /* names this node */
	struct clock *clock;
	struct reading_table *table;
	struct reading_intake *intake;
	struct reading_owners *owners;
	struct reading_filters *filters; /* NULL: readings are not filtered */
	/* A warning for the plugin's author: what was ignored, and what to change in the plugin. */
	void (*on_warning)(void *arg, const char *plugin, const char *text);
	void *arg;
};

/* What a poll returned, as readings. */
struct reading_batch {
	struct reading **readings; /* owned, with a reference to each reading; NULL: none */
	size_t count;
	uint64_t now_ms;	    /* Unix time of the answer */
	struct reading_notes notes; /* what was replaced */
	struct error err;	    /* why the value cannot become readings; code 0: no error */
};

/*
 * Convert the value of a poll. Takes long for a large value; any thread. `source->notes` is
 * ignored. batch->err is an error of readings_from_json(). End the batch with
 * reading_batch_finish().
 */
void reading_batch_init(struct reading_batch *batch, const json_t *value,
			const struct reading_source *source);

/* Loop thread. */
void reading_batch_finish(struct reading_batch *batch);

/*
 * Add the readings of a batch to the table. If the batch has an error, the error is counted and
 * returned. The caller still owns the batch.
 */
int reading_ingest_batch(const struct reading_ingest *ingest, const char *plugin,
			 const struct reading_batch *batch, struct error *err);

/* Record a failed poll: the plugin's readings become null, with `text` as their error. */
void reading_ingest_failure(const struct reading_ingest *ingest, const char *plugin,
			    const char *text, bool simulated);

/* Set the fields to null whose timeout (a filter) is over. Call it about once a second. */
void reading_ingest_expire(const struct reading_ingest *ingest);

/*
 * Record that the plugin was stopped or removed, for the reason `why`. Its readings become null,
 * and its sensors are free after OWNERS_KEEP_MS.
 */
void reading_ingest_removal(const struct reading_ingest *ingest, const char *plugin,
			    const char *why);

#endif
