/*
 * A rule of the engine: an alert's configuration, and what it says about one observation. Any
 * thread.
 */
#ifndef HARVESTER_ALERT_RULE_H
#define HARVESTER_ALERT_RULE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "config/alert.h"
#include "reading/limits.h"

/* "node:sensor", the name of a node or of a plugin (a roll-out's, too), or "disk" */
#define ALERT_SUBJECT_SIZE (2 * READING_NAME_MAX + 2)

enum alert_origin { ALERT_READY_MADE, ALERT_CONFIGURED, ALERT_ADDED /* over the API */ };

/* What was seen of one subject. Pointers are borrowed for the call. */
struct alert_observation {
	enum config_watch watch;
	const char *node;   /* of WATCH_SENSOR and WATCH_NODE, else "" */
	const char *name;   /* of the sensor, the plugin, or the roll-out's plugin; else "" */
	const char *room;   /* of the sensor: "" if it has none, NULL if that is not known */
	const char *plugin; /* that made the reading; "" if unknown */
	const json_t *data; /* of WATCH_SENSOR: the fields; "error" if the reading failed */
	/* Else: percent of the disk in use; 1 for offline, failed or paused, else 0. */
	double number;
};

enum alert_verdict {
	ALERT_UNKNOWN, /* the observation does not say */
	ALERT_FALSE,   /* the condition does not hold, not even with the hysteresis */
	ALERT_BETWEEN, /* it holds only for an alert that is firing already */
	ALERT_TRUE,
};

/* Whether the rule concerns sensors of certain rooms only. */
bool alert_rule_has_room(const struct config_alert *rule);

/* Whether the rule concerns the subject of this observation. A room that is not known
 * fits. */
bool alert_rule_matches(const struct config_alert *rule, const struct alert_observation *seen);

/*
 * Judge an observation that matches; *ret_value is the value that was compared, NaN if there is
 * none. CONDITION_STALE is judged by the clock (engine.c): here, a reading without an error gives
 * ALERT_FALSE.
 */
enum alert_verdict alert_rule_judge(const struct config_alert *rule,
				    const struct alert_observation *seen, double *ret_value);

/* Write the name of the observation's subject. */
void alert_observation_subject(const struct alert_observation *seen,
			       char ret_subject[ALERT_SUBJECT_SIZE]);

/* Whether a minute of the day is within quiet hours; they may extend over midnight. */
bool alert_is_quiet(const struct config_quiet *quiet, int minute);

#define ALERT_READY_MADE_COUNT 4
/*
 * The ready-made rule `index` (0..3): a node of this hub is offline, the disk is nearly full, a
 * plugin failed, the hub paused a roll-out. The caller frees it with config_alert_finish().
 * ERROR_NO_MEMORY.
 */
int alert_rule_ready_made(size_t index, struct config_alert *ret_rule);

#endif
