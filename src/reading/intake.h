/*
 * What each plugin gave that is no acceptable reading (check.h): counted by plugin, and when to
 * tell it so. A plugin is told once in INTAKE_TELL_MS, whatever the others do. Loop thread.
 */
#ifndef HARVESTER_READING_INTAKE_H
#define HARVESTER_READING_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reading/limits.h"

struct reading_intake;
struct reading_notes;

/* counted at once: the one that was quiet for longest gives way */
#define INTAKE_PLUGINS_MAX 256
#define INTAKE_TELL_MS 60000

struct reading_intake_counts {
	char plugin[READING_NAME_MAX + 1];
	uint64_t refused;  /* polls whose result was not taken */
	uint64_t left_out; /* values that became null */
	uint64_t moved;	   /* timestamps that became the time of arrival */
};

struct reading_intake *reading_intake_create(void); /* NULL without memory */
void reading_intake_destroy(struct reading_intake *intake);

/* A poll's result was refused. */
void reading_intake_refuse(struct reading_intake *intake, const char *plugin);

/*
 * Count what was changed of a poll's result. True: notes->text is to be told to the plugin now.
 * now_ms: monotonic, from any start.
 */
bool reading_intake_note(struct reading_intake *intake, const char *plugin,
			 const struct reading_notes *notes, uint64_t now_ms);

/* By index, from 0, each plugin that gave something unacceptable; NULL behind the last. */
const struct reading_intake_counts *reading_intake_at(const struct reading_intake *intake,
						      size_t index);

#endif
