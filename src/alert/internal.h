/* The structs and functions that the files of the engine share. */
#ifndef HARVESTER_ALERT_INTERNAL_H
#define HARVESTER_ALERT_INTERNAL_H

#include "alert/engine.h"

#define ALERT_BUCKETS 4096 /* a power of two */

TAILQ_HEAD(alert_list, alert);
LIST_HEAD(alert_bucket, alert);

struct alert_engine {
	struct alert_engine_events events;
	char own_node[READING_NAME_MAX + 1];
	bool is_hub;
	struct alert_rule **rules; /* owned, with its elements */
	size_t rules_count;
	struct alert_list alerts; /* owned; the oldest first */
	size_t count;
	struct alert_owners owners; /* of the alerts */
	struct alert_bucket buckets[ALERT_BUCKETS];
	uint64_t sweep;
	uint64_t refused;
};

/* engine.c */
struct alert *alert_find(struct alert_engine *engine, const struct alert_rule *rule,
			 const char *subject);

/* Add an alert in state ALERT_OK; NULL if it was refused or memory ran out. */
struct alert *alert_add(struct alert_engine *engine, struct alert_rule *rule, const char *subject,
			const char *owner, const struct alert_time *now);

/* End the alert, tell that if people know of it, and free it. */
void alert_remove(struct alert_engine *engine, struct alert *alert, const struct alert_time *now);

struct alert_rule *alert_find_rule(const struct alert_engine *engine, const char *name);

#endif
