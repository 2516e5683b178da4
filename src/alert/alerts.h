/*
 * The alerts of a node: judges every reading, the nodes and roll-outs of a hub, the plugins and the
 * disk by the rules of the configuration and of the API, switches outputs, and tells people. Its
 * parts are the engine, which decides what fires, the journal, which writes that to the disk, and
 * the sender, which tells people. docs/ALERTS.md says how it behaves. Loop thread.
 */
#ifndef HARVESTER_ALERT_ALERTS_H
#define HARVESTER_ALERT_ALERTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "alert/held.h"
#include "base/log.h"
#include "config/alert.h"

struct alerts;
struct clock;
struct error;
struct reading_catalogue;
struct reading_table;

#define ALERTS_ADDED_MAX 128 /* rules that were added over the API */

/* The outputs of this node. A node that lacks one ignores its function. */
struct alert_outputs {
	/* Sound the buzzer. `alert` is the name of the rule that demands it, `why` a text for
	 * people. */
	void (*sound)(void *arg, enum config_alert_sound sound, const char *alert, const char *why);
	/* Show a colour (0xrrggbb) on an LED in place of what plugins set; `alert` NULL: show again
	 * what plugins set.
	 */
	void (*light)(void *arg, unsigned led, uint32_t color, const char *alert, const char *why);
	/* true: run the fan, whatever its thresholds and the plugins say; false: no alert demands
	 * that any more. */
	void (*fan)(void *arg, bool on);
};

/* is_failed: the plugin's state is "failed". */
typedef void alerts_plugin_found(void *context, const char *name, bool is_failed);

struct alerts_config {
	uv_loop_t *loop; /* all borrowed until on_closed() */
	struct clock *clock;
	const struct config_alerting *alerting; /* adopts new values before alerts_reload() */
	const char *data_folder;
	const char *node;
	bool is_hub;
	struct reading_table *table;
	struct reading_catalogue *catalogue; /* of the sensors: their names, rooms and units */
	struct alert_outputs outputs;
	json_t *(*nodes)(void *arg); /* an array, as for GET /api/v1/nodes; a new reference */
	/* Call found(context, name, is_failed) for each plugin of this node. */
	void (*each_plugin)(void *arg, alerts_plugin_found *found, void *context);
	/* rollout_desk_active(), likewise; NULL if this node is no hub now. NULL: it never is. */
	json_t *(*rollouts)(void *arg);
	/* What this node has to do in its cluster; if it leads, *ret_term is the number that a
	 * notice carries (cluster/lease.h). NULL: it is in none. */
	enum alert_duty (*duty)(void *arg, uint64_t *ret_term);
	/* A line for the log. */
	void (*on_noted)(void *arg, enum log_level level, const char *text);
	void *arg; /* of all callbacks, those of `outputs` too */
};

struct alerts_counters {
	uint64_t changes;	/* alerts that began or ended */
	uint64_t sent, failed;	/* messages accepted; attempts that failed */
	uint64_t given_up;	/* notices that were never delivered */
	uint64_t dropped;	/* notices that found the outbox full */
	uint64_t left;		/* notices that were left to the cluster's leader */
	uint64_t refused;	/* alerts beyond ALERT_SUBJECTS_MAX */
	size_t waiting;		/* notices in the outbox */
	size_t pending, firing; /* now */
};

/*
 * Read what an earlier run has kept on the disk, which blocks, and begin to judge. If the database
 * cannot be opened, a line is logged and nothing is kept over a restart. ERROR_TOO_LARGE if
 * data_folder is too long, ERROR_NO_MEMORY.
 */
int alerts_create(const struct alerts_config *config, struct alerts **ret_alerts,
		  struct error *err);

/* Write what waits to the disk, free the memory, then call on_closed(arg) on a later turn of the
 * loop. NULL is allowed: on_closed() is not called then. */
void alerts_close(struct alerts *alerts, void (*on_closed)(void *arg), void *arg);

/* Use the new values of config->alerting. */
void alerts_reload(struct alerts *alerts);

/* {"alerts": […], "channels": […], "counters": {…}}: see web/openapi.json. The caller owns it; NULL
 * if memory runs out. */
json_t *alerts_to_json(const struct alerts *alerts);

/* One rule's object of the list "alerts" above; NULL if there is no such rule. */
json_t *alerts_show(const struct alerts *alerts, const char *rule);

/*
 * Add a rule with the keys of [[alert]]. ERROR_MALFORMED with what is wrong, ERROR_EXISTS if there
 * is a rule of that name, ERROR_TOO_LARGE if ALERTS_ADDED_MAX were added already, ERROR_NO_MEMORY.
 */
int alerts_add(struct alerts *alerts, const json_t *definition, struct error *err);

/*
 * Change keys of a rule that was added; a key that is null goes back to its default. The name
 * stays. ERROR_NOT_FOUND, ERROR_INVALID if the rule is in the configuration or ready-made,
 * ERROR_MALFORMED, ERROR_NO_MEMORY.
 */
int alerts_change(struct alerts *alerts, const char *rule, const json_t *keys, struct error *err);

/* Remove a rule that was added; its alerts end. The errors of alerts_change(). */
int alerts_remove(struct alerts *alerts, const char *rule, struct error *err);

/* See alert_engine_acknowledge() and alert_engine_snooze(); `seconds` 0 ends the snooze. */
int alerts_acknowledge(struct alerts *alerts, const char *rule, struct error *err);
int alerts_snooze(struct alerts *alerts, const char *rule, uint64_t seconds, struct error *err);

/* Send a notice of this rule to its channels, and sound its buzzer. ERROR_NOT_FOUND if there is no
 * such rule, ERROR_INVALID if it notifies nobody and has no buzzer. */
int alerts_test(struct alerts *alerts, const char *rule, struct error *err);

struct alerts_counters alerts_counters(const struct alerts *alerts);

#endif
