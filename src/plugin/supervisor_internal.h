/*
 * The fields of struct supervisor, for the files that implement it: supervisor.c (creation and
 * end), supervisor_events.c (what plugins and slots report), supervisor_folder.c (slots follow the
 * plugins folder), supervisor_cycle.c (cycles), supervisor_check.c (memory and processor time),
 * supervisor_decisions.c (what the owner decides). All functions: loop thread.
 */
#ifndef HARVESTER_PLUGIN_SUPERVISOR_INTERNAL_H
#define HARVESTER_PLUGIN_SUPERVISOR_INTERNAL_H

#include "base/error.h"
#include "plugin/policy/decision_store.h"
#include "plugin/slot.h"
#include "plugin/supervisor.h"
#include "plugin/turns.h"

struct approvals;
struct claims;
struct disabled_plugins;
struct folder_watch;
struct plugin_skipped;
struct schedule;
struct work_queue;

struct supervisor {
	struct supervisor_config config;
	struct plugin_services services;
	struct slot_services slot_services;
	struct turns turns;	     /* of the plugins that use much processor time */
	unsigned slowed;	     /* plugins whose polls return more than their share */
	struct approvals *approvals; /* owned, as the next five */
	struct disabled_plugins *disabled;
	struct claims *claims;
	struct work_queue *queue;
	struct decision_store decisions;
	struct folder_watch *watch;
	struct schedule *schedule;
	struct plugin_skipped *skipped; /* owned, with their content: from the last snapshot */
	size_t skipped_count;
	struct slot **slots; /* owned, with their content; sorted by name */
	size_t count;
	uv_timer_t judging, checking;
	unsigned open_parts; /* not closed yet; 1 while the supervisor is open */
	json_t *no_settings; /* {} */
	int first_result;    /* result of the first snapshot, for supervisor_start() */
	struct error first_error;
	bool is_started; /* the first snapshot has been taken */
	supervisor_closed *on_closed;
	void *closed_arg;
};

/* supervisor.c: a part that has to close before the supervisor's memory is freed begins to close,
 * or has closed. `arg`: the supervisor. */
void supervisor_on_part_closing(void *arg);
void supervisor_on_part_closed(void *arg);

/* supervisor_events.c: the events of plugins and of slots; their argument is the supervisor. */
extern const struct plugin_events supervisor_plugin_events;
extern const struct slot_events supervisor_slot_events;

/* supervisor_folder.c: the events of `watch`; their argument is the supervisor. */
extern const struct folder_watch_events supervisor_folder_events;

/* supervisor_cycle.c: the events of `schedule`; their argument is the supervisor. */
extern const struct schedule_events supervisor_cycle_events;

/* supervisor_check.c: the callback of the timer `checking`, twice a second. */
void supervisor_on_check(uv_timer_t *timer);

/* supervisor_decisions.c: decision_store's on_written(). */
void supervisor_on_decision_written(void *arg, const char *name, const struct error *err);

#endif
