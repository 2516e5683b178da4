/*
 * The fields of struct supervisor and struct slot, for the files that implement them. The
 * supervisor: supervisor.c (creation and end), events.c (what plugins and slots report), folder.c
 * (slots follow the plugins folder), cycle.c (cycles), check.c (memory and processor time),
 * decisions.c (what the owner decides). A slot: slot.c (creation, and what changes of files and
 * decisions lead to), slot_versions.c (the running version and its candidate), slot_json.c. All
 * functions: loop thread.
 */
#ifndef HARVESTER_PLUGIN_SUPERVISOR_INTERNAL_H
#define HARVESTER_PLUGIN_SUPERVISOR_INTERNAL_H

#include "base/error.h"
#include "plugin/policy/decision_store.h"
#include "plugin/supervisor/folder_snapshot.h"
#include "plugin/supervisor/slot.h"
#include "plugin/supervisor/supervisor.h"
#include "plugin/turns.h"

struct approvals;
struct claims;
struct config_plugin;
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
	size_t checked, check_parts; /* check.c: plugins checked in this round; parts of a round */
	unsigned open_parts;	     /* not closed yet; 1 while the supervisor is open */
	json_t *no_settings;	     /* {} */
	int first_result;	     /* result of the first snapshot, for supervisor_start() */
	struct error first_error;
	bool is_started;     /* the first snapshot has been taken */
	bool has_candidates; /* events.c: when the slots were judged last, one had a candidate */
	bool must_trim;	     /* plugins were removed, and their memory is not given back yet */
	supervisor_closed *on_closed;
	void *closed_arg;
};

/* supervisor.c: a part that has to close before the supervisor's memory is freed begins to close,
 * or has closed. `arg`: the supervisor. */
void supervisor_on_part_closing(void *arg);
void supervisor_on_part_closed(void *arg);

/* events.c: the events of plugins and of slots; their argument is the supervisor. */
extern const struct plugin_events supervisor_plugin_events;
extern const struct slot_events supervisor_slot_events;

/* folder.c: the events of `watch`; their argument is the supervisor. */
extern const struct folder_watch_events supervisor_folder_events;

/* cycle.c: the events of `schedule`; their argument is the supervisor. */
extern const struct schedule_events supervisor_cycle_events;

/* check.c: from now on check every plugin's processes twice a second, as long as there are slots.
 */
void supervisor_begin_checks(struct supervisor *supervisor);

/* check.c: give the memory of removed plugins back to the system once they have closed. */
void supervisor_trim_later(struct supervisor *supervisor);

/* decisions.c: decision_store's on_written(). */
void supervisor_on_decision_written(void *arg, const char *name, const struct error *err);

struct slot {
	const struct slot_services *services;
	struct folder_snapshot_mark mark;
	struct plugin_source source; /* owned: the files on the disk now */
	struct plugin_rules *rules;  /* owned; NULL before the first slot_take() */
	bool is_settling;	     /* a new plugin, which may not be completely written yet */
	uint64_t changed_ms;	     /* when its files last changed, by the loop's time */

	struct plugin *plugin; /* the running version; NULL: disabled or refused */
	int refusal_code;
	char refusal[ERROR_TEXT_SIZE]; /* why the files on the disk may not run; "" if they may */

	struct plugin *candidate; /* or NULL */
	bool is_candidate_done;	  /* the candidate has succeeded, failed, or could not be started */
	char *candidate_failure;  /* owned: why it failed; NULL if it succeeded */
};

/* slot.c: the plugin's section of the configuration, borrowed; NULL: it has none. */
const struct config_plugin *slot_config(const struct slot *slot);

/* slot.c: whether the configuration disables the plugin; whether that or the owner does. */
bool slot_is_off_by_configuration(const struct slot *slot);
bool slot_is_off(const struct slot *slot);

/* slot.c: the time of the loop, in ms. */
uint64_t slot_now_ms(const struct slot *slot);

/* slot_versions.c: the options of a version that runs with `grant`. They borrow from the slot and
 * the configuration. */
struct plugin_options slot_make_options(const struct slot *slot, const struct permission *grant,
					bool is_candidate);

/*
 * slot_versions.c: start the version whose files are on the disk: as a candidate if the running
 * version works, otherwise in its place. If it may not run, `refusal` says why.
 */
void slot_start(struct slot *slot);

#endif
