/*
 * Decides what is wrong: takes observations and the time, and says which alerts begin and end. It
 * has no clock, disk or network of its own, so a test can run years in a moment. It hands out, as
 * records, what has to be remembered over a restart, and takes the records back after it.
 *
 * An alert is a rule and the subject that the rule concerns:
 *
 *	          condition holds                  for `for_seconds`
 *	   ok ───────────────────────▶ pending ───────────────────────▶ firing
 *	   ▲ ◀──────────────────────────────┘                              │
 *	   │   it does not hold any more, or is not known                   │
 *	   └───────────────────────────────────────────────────────────────┘
 *	      it does not hold, by the hysteresis; an unknown value changes nothing
 *
 * People are told when an alert begins to fire and when it ends, each once; `told` says whether
 * they know that it fires. Quiet hours, a snooze and an acknowledgement delay or prevent the
 * telling. Durations are measured by the monotonic clock, so setting the wall clock neither starts
 * nor ends an alert. Loop thread.
 */
#ifndef HARVESTER_ALERT_ENGINE_H
#define HARVESTER_ALERT_ENGINE_H

#include <stdint.h>
#include <sys/queue.h>

#include "alert/owners.h"
#include "alert/rule.h"

struct alert_engine;

/*
 * How many alerts the engine remembers at once. If one more comes, its owner is the plugin or other
 * node whose data caused it: if another owner has more alerts, the owner with the most loses one;
 * otherwise the new alert is refused and counted.
 */
#define ALERT_SUBJECTS_MAX 4096
#define ALERT_RULES_MAX (CONFIG_ALERTS_MAX + 128 + ALERT_READY_MADE_COUNT)
#define ALERT_SNOOZE_MS_MAX (7 * 86400000ull)

struct alert_time {
	uint64_t monotonic_ms; /* never goes back while the process runs */
	uint64_t unix_ms;      /* may jump */
	int minute;	       /* of the day, local time: 0..1439 */
};

enum alert_state { ALERT_OK, ALERT_PENDING, ALERT_FIRING };

struct alert_rule {
	struct config_alert config; /* owned */
	enum alert_origin origin;
	uint64_t snoozed_until_ms; /* monotonic; 0: not snoozed */
};

/* One rule and subject. Read it; only the engine writes it. */
struct alert {
	TAILQ_ENTRY(alert) link;
	LIST_ENTRY(alert) bucket;
	struct alert_rule *rule; /* borrowed */
	char subject[ALERT_SUBJECT_SIZE];
	struct alert_owner *owner; /* borrowed from the engine: whose data it is */
	enum alert_state state;
	uint64_t since_ms; /* Unix time at which the state began */
	uint64_t began_ms; /* Unix time at which it began to fire; 0 before */
	double value;	   /* the last one that was judged; NaN: none */
	bool told;	   /* people know that it fires */
	bool acknowledged; /* while it fires */

	bool seen;		    /* judged since the start of this process */
	enum alert_verdict verdict; /* the last one; ALERT_UNKNOWN at first */
	uint64_t pending_from_ms;   /* monotonic; may be below 0, wrapped, after a restart */
	uint64_t seen_ms;	    /* monotonic: of the last reading without an error */
	uint64_t saved_ms;	    /* monotonic: when the record was handed out last */
	uint64_t sweep;		    /* of the last observation; 0: none since the start */
};

/* Callbacks of the engine; they may not call it. Pointers are borrowed for the call. */
struct alert_engine_events {
	/* The alert began to fire (state ALERT_FIRING), or it ended, whether people are told or
	 * not. NULL is allowed. */
	void (*on_turned)(void *arg, const struct alert *alert);
	/* Tell people that the alert fires (state ALERT_FIRING) or that it ended (another state).
	 */
	void (*on_told)(void *arg, const struct alert *alert);
	/* The alert's record has changed: write alert_engine_record() to the disk. Called after
	 * on_told(). */
	void (*on_changed)(void *arg, const struct alert *alert);
	/* The alert is over: delete its record. */
	void (*on_forgotten)(void *arg, const struct alert *alert);
	/* The rule was snoozed, or its snooze ended (left_ms 0). */
	void (*on_snoozed)(void *arg, const char *rule, uint64_t left_ms);
	void *arg;
};

/* `own_node` is copied. NULL if memory runs out. */
struct alert_engine *alert_engine_create(const char *own_node, bool is_hub,
					 const struct alert_engine_events *events);
void alert_engine_destroy(struct alert_engine *engine); /* NULL is allowed */

/*
 * Replace the rules. Takes ownership of the elements, also on failure, and not of the array. An
 * alert goes on if the rule of its name still concerns it and has the same condition and field;
 * otherwise it ends. Two rules of one name: the later one counts. ERROR_TOO_LARGE above
 * ALERT_RULES_MAX, ERROR_NO_MEMORY; the old rules stay then.
 */
int alert_engine_set_rules(struct alert_engine *engine, struct alert_rule *rules, size_t count,
			   const struct alert_time *now);

/* Take an observation. */
void alert_engine_observe(struct alert_engine *engine, const struct alert_observation *seen,
			  const struct alert_time *now);

/*
 * A sensor is now in the room that `seen` names: its alerts by rules for other rooms end, and rules
 * about staleness in this room begin to watch it. `seen` has no data.
 */
void alert_engine_place(struct alert_engine *engine, const struct alert_observation *seen,
			const struct alert_time *now);

/*
 * End the alerts about nodes or plugins that no longer exist. The caller, which has a full list of
 * them, calls begin, observes each one on the list, and calls end; alerts about subjects of the
 * kind `watch` that were not observed in between then end.
 */
void alert_engine_sweep_begin(struct alert_engine *engine);
void alert_engine_sweep_end(struct alert_engine *engine, enum config_watch watch,
			    const struct alert_time *now);

/* A sensor was removed: alerts about it end. */
void alert_engine_forget(struct alert_engine *engine, const char *subject,
			 const struct alert_time *now);

/* Call every second: timers, staleness, ends of quiet hours and snoozes. */
void alert_engine_tick(struct alert_engine *engine, const struct alert_time *now);

/*
 * Acknowledge what fires by this rule: nobody is told about it any more until it fires again.
 * ERROR_NOT_FOUND if there is no such rule, ERROR_INVALID if nothing fires by it.
 */
int alert_engine_acknowledge(struct alert_engine *engine, const char *rule,
			     const struct alert_time *now);

/*
 * Do not tell people that alerts of this rule fire for `duration_ms`, at most ALERT_SNOOZE_MS_MAX;
 * 0 ends the snooze. ERROR_NOT_FOUND if there is no such rule.
 */
int alert_engine_snooze(struct alert_engine *engine, const char *rule, uint64_t duration_ms,
			const struct alert_time *now);

/* What is to be kept of an alert, as an object. The caller owns it; NULL if memory runs out. */
json_t *alert_engine_record(const struct alert *alert, const struct alert_time *now);

/*
 * Take a record back after a restart, before the first observation. ERROR_NOT_FOUND if no rule
 * concerns it any more, ERROR_MALFORMED, ERROR_TOO_LARGE, ERROR_NO_MEMORY.
 */
int alert_engine_restore(struct alert_engine *engine, const json_t *record,
			 const struct alert_time *now);

/*
 * Watch for staleness those sensors that rules name exactly, though they have given no reading yet.
 * Call after alert_engine_set_rules(), at the start after the records were restored.
 */
void alert_engine_expect_named(struct alert_engine *engine, const struct alert_time *now);

/* For lists. Borrowed until the next call that changes something. */
size_t alert_engine_rules(const struct alert_engine *engine);
const struct alert_rule *alert_engine_rule(const struct alert_engine *engine, size_t index);
const struct alert_rule *alert_engine_find(const struct alert_engine *engine, const char *name);
const struct alert *alert_engine_first(const struct alert_engine *engine);
const struct alert *alert_engine_next(const struct alert *alert);

/* Alerts that were refused, or given up for others, because there were too many. */
uint64_t alert_engine_refused(const struct alert_engine *engine);

/* Whether people may be told now that an alert of this rule fires. */
bool alert_rule_may_tell(const struct alert_rule *rule, const struct alert_time *now);

#endif
