/*
 * Takes what a plugin's poll returned into the table of readings: makes readings of it, checks
 * whose each sensor is (owners.h), and says what a plugin's author has to know. Loop thread.
 */
#ifndef HARVESTER_READING_INGEST_H
#define HARVESTER_READING_INGEST_H

#include <jansson.h>
#include <stdbool.h>

struct clock;
struct config;
struct error;
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

/*
 * Take a poll's result. `absent` says why the broker returned NaN to the plugin (NULL: it did not).
 * If the result is malformed, its readings are not taken and it is counted; the errors are those of
 * readings_from_json().
 */
int reading_ingest_result(const struct reading_ingest *ingest, const char *plugin,
			  const json_t *value, bool simulated, const char *absent,
			  struct error *err);

/* A poll failed: the plugin's readings become null, with this text as their error. */
void reading_ingest_failure(const struct reading_ingest *ingest, const char *plugin,
			    const char *text, bool simulated);

/* The plugin was stopped or removed, and `why` says for what reason: its readings become null, and
 * its sensors are free after OWNERS_KEEP_MS. */
void reading_ingest_removal(const struct reading_ingest *ingest, const char *plugin,
			    const char *why);

#endif
