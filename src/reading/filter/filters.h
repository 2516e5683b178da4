/*
 * Applies the owner's filters to the readings of this node: calibration, averages, limits. Readings
 * pass here once, after the plugin and before everything else (reading/ingest.h). Readings of other
 * nodes were filtered there. Loop thread. Times are monotonic, in ms.
 */
#ifndef HARVESTER_READING_FILTER_FILTERS_H
#define HARVESTER_READING_FILTER_FILTERS_H

#include <stddef.h>
#include <stdint.h>

struct config;
struct reading;
struct reading_filters;

/* Added to a field's name for its unfiltered value (keep_raw) */
#define FILTERS_RAW_SUFFIX "_raw"

struct reading_filters *reading_filters_create(void);	       /* NULL if memory runs out */
void reading_filters_destroy(struct reading_filters *filters); /* NULL is allowed */

/* The configuration has changed: what a field's filters remember is kept if they are the same as
 * before, and forgotten otherwise. */
void reading_filters_configure(struct reading_filters *filters, const struct config *config);

/*
 * Pass a reading through the filters of its fields. Returns a new reference: to `reading` itself if
 * no filter concerns it, else to a copy, in which a field that was rejected is null, with the
 * reason in "error". *ret_rejected grows by the number of such fields. NULL if memory runs out.
 */
struct reading *reading_filters_apply(struct reading_filters *filters, const struct config *config,
				      struct reading *reading, uint64_t now_ms,
				      unsigned *ret_rejected);

/*
 * Call on_expired(arg, sensor, field, seconds) for each field whose timeout is over since the last
 * call. The callback must not call back into the filters.
 */
typedef void reading_filters_expired(void *arg, const char *sensor, const char *field,
				     double seconds);
void reading_filters_expire(struct reading_filters *filters, uint64_t now_ms,
			    reading_filters_expired *on_expired, void *arg);

#endif
