/*
 * Records this node in its history: opens DATA/history.db, and writes every reading of the node's
 * plugins into it, within each plugin's share. Loop thread.
 */
#ifndef HARVESTER_STORE_HISTORY_RECORDER_H
#define HARVESTER_STORE_HISTORY_RECORDER_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct clock;
struct config;
struct error;
struct history;
struct history_intake;
struct reading_table;

struct history_recorder_config {
	uv_loop_t *loop; /* every pointer here is borrowed until closed */
	const struct config *config;
	struct clock *clock;
	const char *data_folder;
	struct reading_table *table;
	/* A text for the log; see history_config.noted. */
	void (*on_note)(void *arg, bool is_failing, const char *text);
	/* The plugin returns more than the history writes for it; see history_intake_events. */
	void (*on_thinned)(void *arg, const char *plugin);
	void *arg;
};

/* Read `history` to ask the history; the other fields are private. */
struct history_recorder {
	char path[PATH_MAX];
	struct history *history;       /* owned; NULL before opening and after closing */
	struct history_intake *intake; /* owned; likewise */
	uv_timer_t releasing; /* writes what the intake delays; initialised with the intake */
	void (*on_thinned)(void *arg, const char *plugin);
	void *arg;
};

/*
 * Open the history and subscribe to the table: from then on every reading of this node is written.
 * The caller calls history_recorder_close() after a failure too. The errors are those of
 * history_create(); ERROR_TOO_LARGE also if the table has too many consumers.
 */
int history_recorder_open(struct history_recorder *recorder,
			  const struct history_recorder_config *config, struct error *err);

/*
 * Add to a plugin's JSON object: "thinned_readings", the number of its readings that a newer one
 * replaced before they were written, and "is_thinned", whether that happens now.
 */
void history_recorder_add_to_json(const struct history_recorder *recorder, const char *plugin,
				  json_t *json);

/* Apply the changed section [history] of `config`. */
void history_recorder_configure(struct history_recorder *recorder, const struct config *config);

/* Write the readings that wait, then close; both finish on a later turn of the loop. */
void history_recorder_close(struct history_recorder *recorder);

/* Number of readings that history_intake_dropped() counts; 0 without a history. */
uint64_t history_recorder_dropped(const struct history_recorder *recorder);

#endif
