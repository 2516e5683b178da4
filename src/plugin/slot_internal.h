/*
 * The fields of struct slot, for the files that implement it: slot.c (creation, and what changes of
 * files and decisions lead to), slot_versions.c (the running version and its candidate),
 * slot_json.c. All functions: loop thread.
 */
#ifndef HARVESTER_PLUGIN_SLOT_INTERNAL_H
#define HARVESTER_PLUGIN_SLOT_INTERNAL_H

#include "base/error.h"
#include "plugin/discovery/snapshot.h"
#include "plugin/slot.h"

struct config_plugin;

struct slot {
	const struct slot_services *services;
	struct snapshot_mark mark;
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
