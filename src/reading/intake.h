/*
 * Counts the unacceptable readings (check.h) of each plugin, and decides when to log a warning to
 * its author: at most once in INTAKE_TELL_MS for each plugin. Loop thread.
 */
#ifndef HARVESTER_READING_INTAKE_H
#define HARVESTER_READING_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reading/limits.h"

struct reading_intake;
struct reading_notes;

/* Plugins that have counters; a further plugin replaces the one that was counted least recently. */
#define INTAKE_PLUGINS_MAX 1024
#define INTAKE_TELL_MS 60000 /* between two warnings about one plugin */

struct reading_intake_counts {
	char plugin[READING_NAME_MAX + 1];
	uint64_t refused;      /* polls whose whole result was refused */
	uint64_t left_out;     /* values that were replaced with null */
	uint64_t rejected;     /* values that the owner's filters rejected */
	uint64_t declarations; /* declarations of fields that were refused */
	uint64_t moved;	       /* timestamps that were replaced with the time of arrival */
};

struct reading_intake *reading_intake_create(void); /* NULL if memory runs out */
void reading_intake_destroy(struct reading_intake *intake);

/* Count a poll whose result was refused. */
void reading_intake_refuse(struct reading_intake *intake, const char *plugin);

/* Count values that the owner's filters rejected, or declarations that were refused. */
void reading_intake_reject(struct reading_intake *intake, const char *plugin, unsigned count);
void reading_intake_refuse_declarations(struct reading_intake *intake, const char *plugin,
					unsigned count);

/*
 * Count the values and timestamps that were replaced in a poll's result. Returns true if the caller
 * is to log notes->text for the plugin now. now_ms: monotonic time.
 */
bool reading_intake_note(struct reading_intake *intake, const char *plugin,
			 const struct reading_notes *notes, uint64_t now_ms);

/* The counters of one plugin, by index from 0; NULL after the last. Borrowed until the next call
 * that counts. */
const struct reading_intake_counts *reading_intake_at(const struct reading_intake *intake,
						      size_t index);

#endif
