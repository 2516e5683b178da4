/*
 * What a reading may be at most. Each part that takes, keeps, sends or shows readings uses these
 * numbers and no others: what a node has taken fits into its table, its history, the link, and any
 * hub.
 */
#ifndef HARVESTER_READING_LIMITS_H
#define HARVESTER_READING_LIMITS_H

#include <stdint.h>

#define READING_NAME_MAX 64 /* bytes of a node's, sensor's or field's name */
#define READING_FIELDS_MAX                                                                         \
	64 /* of one reading; "error" and "last_good_ms" may be there beside them */
#define READING_SIZE_MAX                                                                           \
	16384 /* bytes of its data as JSON text (base/json_text.h), as a plugin gave it */
#define READING_FAILURE_SIZE                                                                       \
	2048 /* further bytes: room for the "error" and "last_good_ms" that a node adds */
/* of the text that a node puts into "error", with its terminator */
#define READING_ERROR_SIZE 512
/* of objects and arrays in one another, in the value of one field */
#define READING_DEPTH_MAX 16
#define READINGS_PER_POLL_MAX 256
#define READING_TIME_MS_MAX ((UINT64_C(1) << 43) - 1) /* Unix time; the year 2248 */

/* A plugin's timestamps, by its node's clock; see docs/decisions/0034-one-acceptable-reading.md. */
#define READING_BEHIND_MS UINT64_C(86400000)
#define READING_AHEAD_MS UINT64_C(60000)

#endif
