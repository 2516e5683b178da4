/*
 * Counts the alerts, or the notices, that each owner's data has caused, so that owners can share a
 * list whose length is limited. An owner is a plugin or another node, "node:plugin". Loop thread.
 */
#ifndef HARVESTER_ALERT_OWNERS_H
#define HARVESTER_ALERT_OWNERS_H

#include <stddef.h>
#include <sys/queue.h>

#include "alert/rule.h"

struct alert_owner {
	LIST_ENTRY(alert_owner) link;
	char name[ALERT_SUBJECT_SIZE];
	size_t count;
};

LIST_HEAD(alert_owners, alert_owner);

/* Count one more for the owner with this name, and return the owner; NULL if memory runs out.
 * Borrowed until alert_owner_drop() was called as often.
 */
struct alert_owner *alert_owner_take(struct alert_owners *owners, const char *name);
void alert_owner_drop(struct alert_owner *owner);

/* Returns the owner with the largest count, borrowed; NULL if there is no owner. */
struct alert_owner *alert_owners_largest(const struct alert_owners *owners);

/* How many this owner has. */
size_t alert_owners_count(const struct alert_owners *owners, const char *name);

#endif
