/*
 * The inside of struct plugin, shared by plugin.c (life), call.c (calls both ways), deadline.c,
 * pace.c (how much its polls give), log_limit.c (its output in the log) and status.c (what people
 * see).
 */
#ifndef HARVESTER_PLUGIN_INTERNAL_H
#define HARVESTER_PLUGIN_INTERNAL_H

#include <cbor.h>

#include "base/log.h"
#include "capability/capability.h"
#include "plugin/deaths.h"
#include "plugin/plugin.h"
#include "plugin/process/processor.h"
#include "plugin/turns.h"

struct artifact_request;
struct guest;
struct script_job;

/* state, and those it may follow on: see the diagram in plugin/plugin.h. */
#define PLUGIN_STATES(X)                                                                           \
	X(STOPPED, "stopped")                                                                      \
	X(PREPARING, "preparing")                                                                  \
	X(STARTING, "starting")                                                                    \
	X(IDLE, "idle")                                                                            \
	X(CALLING, "calling")                                                                      \
	X(BACKOFF, "backoff")                                                                      \
	X(FAILED, "failed")

enum plugin_state {
#define X(name, text) PLUGIN_##name,
	PLUGIN_STATES(X)
#undef X
};

enum plugin_function { FUNCTION_POLL, FUNCTION_UPDATE, FUNCTION_RENDER, FUNCTIONS };

#define POLL_TIMES 256 /* the newest durations kept, for the median */

/* A bucket that fills with time: so many at once, so many a second. */
struct speech {
	uint64_t refilled_ms;
	unsigned left;
	uint64_t dropped; /* since the last line that said so */
	uint64_t said_ms; /* when that line was written, by the monotonic clock; 0: never */
	uint64_t dropped_total;
};

/* How much its polls gave lately: bytes that it may still give, filled with time; below 0: it gave
 * more. */
struct pace {
	double left;
	uint64_t refilled_ns; /* 0: never, it is full */
	bool is_slowed;	      /* its next poll begins later for that */
	uint64_t slowed_total;
};

struct plugin {
	struct plugin_services services;
	struct plugin_source source;  /* owned */
	struct permission permission; /* the grant */
	struct permission request;
	struct plugin_options options;
	struct capability_client client;

	enum plugin_state state;
	char reason[LOG_TEXT_SIZE]; /* why it is in backoff or failed; the last failure otherwise */
	bool has_failed;	    /* the last call did; `reason` says why */
	char reload_error[LOG_TEXT_SIZE];
	bool is_candidate;
	bool is_held;	     /* see plugin_hold() */
	json_t *trial_value; /* owned: of a candidate's poll */
	struct deaths deaths;
	bool is_hopeless; /* only another file can be better */
	unsigned rests;	  /* long ones, in a row */
	uint64_t rest_ns; /* when the rest under way ends, by the monotonic clock; 0: there is none
			   */
	uint64_t rest_unix_ms;
	unsigned refusals; /* loads in a row that the plugin answered with an error */

	struct artifact_request *artifact_request;
	struct script_job *script_job; /* reads its files while its process is forked */
	cbor_item_t *files;	       /* owned: what it read */
	bool is_forked;
	char *artifact; /* owned: what the guest maps */
	struct guest *guest;
	bool has_function[FUNCTIONS];

	uint64_t call_id;
	enum plugin_function calling;
	uint64_t call_started_ns;
	struct capability_call *host_call; /* waits for a bus */
	uint64_t host_call_id;
	bool is_host_call_out;
	cbor_item_t *held_call; /* owned: a host call of a candidate that has to wait; NULL: none */
	uint64_t held_from_ns;	/* of uv_hrtime(), as the next one */
	uint64_t deadline_from_ns;
	uint64_t held_ns;	   /* since then, for held calls that have begun */
	uint64_t waited_before_ns; /* the client's waited_ns then */
	bool is_due[FUNCTIONS];
	char *offered; /* owned: the newest state, for update() and render() */

	uv_timer_t schedule, deadline, backoff;
	unsigned open_handles;
	plugin_closed *closed;
	void *closed_arg;

	bool uses_much;	      /* of the processor, in its last call or while loading */
	struct turn turn;     /* then it needs one for the next */
	bool is_runnable;     /* its process, when it was last looked at */
	int nice;	      /* of its process, as of nice(2) */
	uint64_t cpu_from_ns; /* what its process had used when the call began */

	struct pace pace;
	struct speech speech;
	uint64_t denials_said_ns[CAPABILITY_KINDS]; /* 0: never */
	unsigned host_calls;			    /* in the call under way */
	uint64_t
		memory_bytes; /* of its process, anonymous and shared, when it was last looked at */
	struct processor processor; /* of its process, while it is idle */
	uint64_t polls, errors, late_polls, restarts, kills;
	uint32_t poll_times_us[POLL_TIMES];
};

const char *plugin_state_name(enum plugin_state state);

/*
 * plugin.c: log a failure once, keep it as the reason, tell the events. Newlines separate lines.
 * ends_readings: the plugin's readings are none any more (not for update() and render()).
 */
void plugin_fail(struct plugin *plugin, const char *text, bool ends_readings);
void plugin_set_state(struct plugin *plugin, enum plugin_state state);

/* call.c */
/* As the guest knows it: "poll", or what is called in its place. */
const char *plugin_function_name(const struct plugin *plugin, enum plugin_function function);
void plugin_call_due(struct plugin *plugin);
void plugin_take_answer(struct plugin *plugin, const cbor_item_t *frame);
void plugin_take_host_call(struct plugin *plugin, const cbor_item_t *frame);
void plugin_take_imports(struct plugin *plugin, const cbor_item_t *frame);
void plugin_forget_calls(struct plugin *plugin);

/* call.c: begin the host call that was held back, if there is one. */
void plugin_release_host_call(struct plugin *plugin);

/*
 * deadline.c: begin the time of a call, or of loading; uv_timer_stop() on `deadline` ends it. Time
 * in which it waits for others does not count, within a limit.
 */
void plugin_deadline_start(struct plugin *plugin);

/* weight.c: whether its next call may begin now; if not, plugin_call_due() is called when it may.
 */
bool plugin_take_turn(struct plugin *plugin);

/* weight.c: no call of it is under way, or due. */
void plugin_end_turn(struct plugin *plugin);

/* weight.c: its process is there; a call begins; a call was answered. */
void plugin_weight_begin(struct plugin *plugin);
void plugin_weight_call(struct plugin *plugin);
void plugin_weight_end(struct plugin *plugin);

/* pace.c: what reading this value costs the broker, in bytes. */
size_t plugin_pace_cost(const json_t *value);

/*
 * pace.c: a poll gave so much. Where that is more than its share of the broker's time, the next
 * poll begins later than its interval says.
 */
void plugin_pace(struct plugin *plugin, size_t bytes);

/* pace.c: ["…"]: that it is slowed, in words; empty if not. New. */
json_t *plugin_pace_words(const struct plugin *plugin);

/* weight.c: its deadline has passed. If it computed, it used all that it could get. */
void plugin_weight_late(struct plugin *plugin);

/* memory.c: [bytes of linear memory, bytes of the process] for the guest; NULL without memory. */
cbor_item_t *plugin_limits(const struct plugin *plugin);

/* memory.c: it becomes idle, or ceases to be: what its process uses between counts. */
void plugin_idle_begins(struct plugin *plugin);
void plugin_idle_ends(struct plugin *plugin);

/* memory.c: guest_contain() */
int plugin_contain(struct plugin *plugin, struct error *err);

/* log_limit.c */
void plugin_take_log(struct plugin *plugin, const cbor_item_t *frame);

/*
 * A call ended: log how many lines were dropped, unless that was logged a moment ago. is_last: its
 * process ends, so log it in any case.
 */
void plugin_speech_end(struct plugin *plugin, bool is_last);
bool plugin_may_speak(struct plugin *plugin); /* it logs one line; counted either way */

/*
 * Log a text of several lines as errors, charged to the plugin's limit of lines: only the last line
 * if the limit leaves no room for all of them, and nothing without room for one.
 */
void plugin_report(struct plugin *plugin, const char *text);

/* Inside `text`: where its last line begins that is not empty. */
const char *plugin_last_line(const char *text);

/* denial_log.c: a call ended, or all of it: say what was refused, unless that was said a moment
 * ago.
 */
void plugin_denials_end(struct plugin *plugin, bool is_last);

#endif
