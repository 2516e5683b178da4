/* What the files alerts*.c share. */
#ifndef HARVESTER_ALERT_ALERTS_INTERNAL_H
#define HARVESTER_ALERT_ALERTS_INTERNAL_H

#include "alert/alerts.h"
#include "alert/engine.h"
#include "alert/journal.h"
#include "alert/outbox.h"
#include "alert/sender.h"

struct alerts {
	struct alerts_config config;
	struct alert_engine *engine; /* owned, like the next four */
	struct alert_outbox *outbox;
	struct alert_journal *journal;
	struct alert_sender *sender;
	json_t *added;	  /* {name: definition}: rules of the API */
	uv_timer_t timer; /* every second */
	uv_fs_t disk;	  /* asks how full the disk is */
	bool asks_disk;
	bool is_closing;
	uint64_t ticks;
	uint64_t changes, dropped;
	unsigned lines; /* written to the log since the last tick */
	struct {
		bool is_lit;
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
/* Switch LEDs and fan as the alerts that fire demand. */
void alerts_switch_outputs(struct alerts *alerts);
/* Write what has changed. */
void alerts_settle(struct alerts *alerts);

/* alerts_watch.c: the nodes, plugins and disk, every few seconds. */
void alerts_watch(struct alerts *alerts);

#endif
