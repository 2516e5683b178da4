/* What the files of the engine share, and what alerts*.c share. */
#ifndef HARVESTER_ALERT_INTERNAL_H
#define HARVESTER_ALERT_INTERNAL_H

#include "alert/alerts.h"
#include "alert/engine.h"
#include "alert/held.h"
#include "alert/journal.h"
#include "alert/outbox.h"
#include "alert/sender.h"

struct reading;

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

/* alerts*.c */

struct alerts {
	struct alerts_config config;
	struct alert_engine *engine; /* owned, like the next four */
	struct alert_outbox *outbox;
	struct alert_journal *journal;
	struct alert_sender *sender;
	struct alert_held held; /* notices of the cluster, while another node leads */
	json_t *added;		/* {name: definition}: rules of the API */
	uv_timer_t timer;	/* every second */
	uv_fs_t disk;		/* asks how full the disk is */
	bool asks_disk;
	bool is_closing;
	uint64_t ticks;
	uint64_t changes, dropped;
	unsigned lines; /* written to the log since the last tick */
	struct {
		char *key; /* owned: of the alert's record; NULL: none is shown */
		uint32_t color;
	} lights[CONFIG_ALERT_LEDS]; /* as they were switched last */
	bool fan_on;
	unsigned open_parts;
	void (*on_closed)(void *arg);
	void *closed_arg;
};

struct alert_time alerts_now(const struct alerts *alerts);

/* alerts.c: one of the things that alerts_close() waits for has ended. */
void alerts_part_closed(void *arg);

/* alerts_rules.c: give the engine the rules of the configuration, the API and the ready-made ones.
 */
int alerts_use_rules(struct alerts *alerts);

/* alerts_events.c: what the engine says. */
extern const struct alert_engine_events alerts_engine_events;
/* A new random identity of a notice. */
void alerts_make_id(char ret_id[ALERT_ID_SIZE]);
/* Put a notice into the outbox for each channel of the rule. */
void alerts_post(struct alerts *alerts, const struct config_alert *rule, const char *id,
		 const char *owner, json_t *notice);
/* Tell, or leave to the cluster's leader, what is held. */
void alerts_settle_held(struct alerts *alerts);
/* Switch LEDs and fan as the alerts that fire demand. */
void alerts_switch_outputs(struct alerts *alerts);
/* Write what has changed. */
void alerts_settle(struct alerts *alerts);

/* alerts_watch.c: the nodes, plugins and disk, every few seconds. */
void alerts_watch(struct alerts *alerts);
/* The room of a reading's sensor, borrowed until the catalogue changes; "" if it has none. */
const char *alerts_room_of(const struct alerts *alerts, const struct reading *reading);
/* What the engine learns from a reading, without its data; borrowed like the reading. */
struct alert_observation alerts_observation(const struct alerts *alerts,
					    const struct reading *reading);

#endif
