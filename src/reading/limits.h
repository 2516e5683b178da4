/*
 * The limits of a reading. All code that accepts, stores, sends or shows readings uses them, so a
 * reading that a node has accepted also fits into its table, its history, the link and any hub.
 */
#ifndef HARVESTER_READING_LIMITS_H
#define HARVESTER_READING_LIMITS_H

#include <stdint.h>

#define READING_NAME_MAX 64 /* bytes of a node's, sensor's or field's name */
/* Fields of a reading, "error" and "last_good_ms" not counted */
#define READING_FIELDS_MAX 64
/* Bytes of a reading's data as JSON text (base/json_text.h), as the plugin returned it */
#define READING_SIZE_MAX 16384
/* Additional bytes for the "error" and "last_good_ms" that a node adds */
#define READING_FAILURE_SIZE 2048
/* Bytes of the text that a node writes to "error", with its terminator */
#define READING_ERROR_SIZE 512
/* Levels of objects and arrays in the value of a field */
#define READING_DEPTH_MAX 16
#define READINGS_PER_POLL_MAX 256
#define READING_TIME_MS_MAX ((UINT64_C(1) << 43) - 1) /* Unix time; the year 2248 */

/* How far a plugin's timestamps may be before and after its node's clock; see
 * docs/decisions/0034-one-acceptable-reading.md. */
#define READING_BEHIND_MS UINT64_C(86400000)
#define READING_AHEAD_MS UINT64_C(60000)

#endif
