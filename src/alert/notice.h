/*
 * Makes notices (alert/message.h) of alerts: the text for people, by the rule's template or by one
 * that fits its condition. Loop thread.
 */
#ifndef HARVESTER_ALERT_NOTICE_H
#define HARVESTER_ALERT_NOTICE_H

#include <jansson.h>

#include "alert/engine.h"

#define ALERT_NOTICE_TEXT_MAX 2048 /* bytes of "text" */

/* How a reading's sensor and field are called; "" for what nobody has said. Borrowed. */
struct alert_names {
	const char *name, *room, *unit;
};

/*
 * A notice that the alert fires, or has ended if its state is not ALERT_FIRING. `began_ms` is when
 * it began to fire. `node` is this node's name. The caller owns the object; NULL if memory runs
 * out.
 */
json_t *alert_notice_make(const struct alert *alert, const char *id, const char *node,
			  const struct alert_names *names, uint64_t began_ms,
			  const struct alert_time *now);

/* A notice that tests the channels of a rule: its state is "test". */
json_t *alert_notice_make_test(const struct alert_rule *rule, const char *id, const char *node,
			       const struct alert_time *now);

#endif
