/*
 * The fields of struct plugin, for the files that implement it: plugin.c (creation, end and the
 * schedule of polls), state.c (its states), restart.c (failures and restarts), candidate.c (a new
 * version beside the old one), pace.c (polls that return much run less often), log_limit.c (its log
 * lines), denial_log.c (denied calls in the log), status.c (its JSON), start.c (starting the
 * guest), call.c (calls of the plugin), host_call.c (calls of the host), imports.c (what a
 * component imports), describe.c (what it declares), deadline.c, memory.c, weight.c (scheduling
 * priority). All functions: loop thread.
 */
#ifndef HARVESTER_PLUGIN_INTERNAL_H
#define HARVESTER_PLUGIN_INTERNAL_H

#include <cbor.h>

#include "base/log.h"
#include "base/token_bucket.h"
#include "capability/capability.h"
#include "plugin/deaths.h"
#include "plugin/plugin.h"
#include "plugin/process/processor.h"
#include "plugin/turns.h"

struct artifact_request;
struct guest;
struct poll_job;
struct script_job;

/* Each state and its name in the API; plugin/plugin.h has the diagram. */
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

#define POLL_TIMES 256 /* how many of the latest durations are kept, for the median */

/* Limits the plugin's log lines (see log_limit.c). */
struct log_limit {
	struct token_bucket lines; /* zeroed until the first line */
	uint64_t dropped;	   /* since the log last reported dropped lines */
	uint64_t reported_ns;	   /* when it did, by the monotonic clock; 0: never */
	uint64_t dropped_total;
};

/* Limits how much the plugin's polls return (see pace.c). */
struct pace {
	struct token_bucket bytes; /* zeroed until the first poll */
	bool is_slowed;		   /* the next poll is delayed for this reason */
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
	char reason[LOG_TEXT_SIZE]; /* of the last failure, or of the backoff or failed state */
	bool has_failed;	    /* the last call failed, for `reason` */
	char reload_error[LOG_TEXT_SIZE];
	bool is_candidate;
	bool is_held;				/* see plugin_hold() */
	struct plugin_result *candidate_result; /* owned: what a candidate's first poll returned */
	struct deaths deaths;
	bool is_hopeless; /* it imports what the host lacks: only a changed file can help */
	unsigned rests;	  /* rests of hours, in a row */
	uint64_t rest_ns; /* when the rest ends, by the monotonic clock; 0: no rest */
	uint64_t rest_unix_ms;
	unsigned refusals; /* loads in a row that the plugin answered with an error */

	struct artifact_request *artifact_request;
	struct script_job *script_job; /* reads its files while its process is forked */
	cbor_item_t *files;	       /* owned: the files that script_job read */
	bool is_forked;
	char *artifact; /* owned: path of the compiled component, which the guest maps */
	struct guest *guest;
	bool has_function[FUNCTIONS];

	json_t *fields;	      /* owned: what describe() returned; NULL: nothing */
	char *describe_error; /* owned: why it failed; NULL: it did not */

	uint64_t call_id;
	enum plugin_function calling;
	uint64_t call_started_ns;
	struct capability_call *host_call; /* the host call that waits for a bus */
	uint64_t host_call_id;
	bool is_host_call_out;
	struct poll_job *poll_job; /* converts what the last poll returned; NULL: no longer */
	cbor_item_t *held_call;	   /* owned: host call that waits for the end of a hold, or NULL */
	uint64_t held_from_ns;	   /* by uv_hrtime(), as deadline_from_ns */
	uint64_t deadline_from_ns;
	uint64_t held_ns;	   /* how long finished holds have lasted since deadline_from_ns */
	uint64_t waited_before_ns; /* client.waited_ns at deadline_from_ns */
	bool is_due[FUNCTIONS];
	char *offered; /* owned: the newest state, for update() and render() */

	uv_timer_t schedule, deadline, backoff;
	unsigned open_handles;
	plugin_closed *on_closed;
	void *closed_arg;

	bool uses_much;	      /* its last call, or its loading, used much processor time */
	struct turn turn;     /* with uses_much the next call needs a turn */
	bool is_runnable;     /* whether the process was computing at the last check */
	int nice;	      /* priority of the process, as in nice(2) */
	uint64_t cpu_from_ns; /* processor time of the process when the call began */

	struct pace pace;
	struct log_limit log_limit;
	uint64_t denial_logged_ns[CAPABILITY_KINDS]; /* 0: never */
	unsigned host_calls;			     /* during the call under way */
	uint64_t memory_bytes;	    /* anonymous and shared memory of the process, by its status */
	uint64_t status_cpu_ns;	    /* processor time of the process when its status was read */
	struct processor processor; /* processor time of the process while it is idle */
	uint64_t polls, errors, late_polls, restarts, kills;
	uint32_t poll_times_us[POLL_TIMES];
};

/* plugin.c: poll at the interval from now on; call update() and render() if there is a state. */
void plugin_begin_schedule(struct plugin *plugin);

/* state.c: the state's name in the API. */
const char *plugin_state_name(enum plugin_state state);

/* state.c: move to another state. A move that the diagram in plugin/plugin.h does not show is a
 * bug: it is logged, and ends a debug build. */
void plugin_set_state(struct plugin *plugin, enum plugin_state state);

/* Why a plugin cannot go on: decides how long it waits for its restart. */
enum plugin_end {
	END_REFUSAL, /* it answered its load with an error, or could not be loaded */
	END_FOREIGN, /* its process died or could not be started, not by its own fault */
	END_OWN,     /* its process died by its own fault */
};

/*
 * restart.c: a call or the plugin has failed. Keeps `text` (one or more lines) as the reason, logs
 * it unless it repeats the last one, and calls on_failed() of the events. `ends_readings`: the
 * plugin's readings become null (false for update() and render()).
 */
void plugin_fail(struct plugin *plugin, const char *text, bool ends_readings);

/* restart.c: end the guest and restart the plugin later; the more often it has failed, the later.
 * The caller has reported the reason. */
void plugin_rest(struct plugin *plugin, enum plugin_end end);

/* restart.c: plugin_fail(), then plugin_rest(). */
void plugin_give_up(struct plugin *plugin, const char *text, enum plugin_end end);

/* start.c: start the process and load the plugin. Failures lead to plugin_give_up(). */
void plugin_prepare(struct plugin *plugin);

/* start.c: kill the process if there is one, and forget everything that belongs to it. */
void plugin_close_guest(struct plugin *plugin);

/* call.c: the function's name for the guest: "poll", or the one that is called instead. */
const char *plugin_function_name(const struct plugin *plugin, enum plugin_function function);

/* call.c: begin the next call that is due, if the plugin is idle, not held, and has a turn. */
void plugin_call_due(struct plugin *plugin);

/* call.c, host_call.c, imports.c: handle a frame from the guest: an answer to a call, a host call,
 * a list of imports. */
void plugin_take_answer(struct plugin *plugin, const cbor_item_t *frame);
void plugin_take_host_call(struct plugin *plugin, const cbor_item_t *frame);
void plugin_take_imports(struct plugin *plugin, const cbor_item_t *frame);

/*
 * host_call.c: "demo:plugin/i2c@0.2.0" -> "i2c". ERROR_NOT_FOUND if this broker does not offer the
 * package or its version.
 */
#define PLUGIN_INTERFACE_SIZE 64 /* of a name, with its end */
int plugin_parse_interface(const char *import, size_t size,
			   char ret_interface[PLUGIN_INTERFACE_SIZE]);

/* describe.c: keep what describe() returned: item 3 of a ready frame, or NULL if there is none. */
void plugin_take_description(struct plugin *plugin, const cbor_item_t *item);

/* describe.c: report what is kept to the events. */
void plugin_tell_description(const struct plugin *plugin);

/* describe.c: forget what is kept. */
void plugin_forget_description(struct plugin *plugin);

/* call.c: abandon the call and the host call under way, and stop the deadline. */
void plugin_forget_calls(struct plugin *plugin);

/* host_call.c: the hold has ended; begin the host call that waits for it, if there is one. */
void plugin_release_host_call(struct plugin *plugin);

/*
 * deadline.c: how long the call has waited for buses that others use, or for the plugin's other
 * version, in ms: meaningful until the next call begins.
 */
uint64_t plugin_waited_ms(const struct plugin *plugin);

/*
 * deadline.c: start the deadline of a call or of loading; uv_timer_stop() on `deadline` stops it.
 * Time that the plugin waits for others (a busy bus, the other version) does not count, up to a
 * limit.
 */
void plugin_deadline_start(struct plugin *plugin);

/*
 * weight.c: whether the plugin's next call may begin now. If not, plugin_call_due() is called when
 * the plugin gets its turn.
 */
bool plugin_take_turn(struct plugin *plugin);

/* weight.c: give the plugin's turn back, or stop waiting for one. */
void plugin_end_turn(struct plugin *plugin);

/* weight.c: the process has started; a call begins, after plugin_idle_ends(); a call was answered.
 */
void plugin_weight_begin(struct plugin *plugin);
void plugin_weight_call(struct plugin *plugin);
void plugin_weight_end(struct plugin *plugin);

/*
 * pace.c: charge the plugin for a poll that returned so many bytes, by poll_weight_cost(). If the
 * plugin has used up its share, its next poll begins later than its interval says.
 */
void plugin_pace(struct plugin *plugin, size_t bytes);

/* pace.c: the process is gone; the others share what this plugin used. */
void plugin_pace_end(struct plugin *plugin);

/* pace.c: ["…"]: a text that says that polls are slowed down and why; [] if they are not. The
 * caller owns it. */
json_t *plugin_pace_words(const struct plugin *plugin);

/* weight.c: the call missed its deadline. If it used processor time, note that it uses much. */
void plugin_weight_late(struct plugin *plugin);

/*
 * memory.c: the limits for the guest: [bytes of linear memory, bytes of the process]. The caller
 * owns it; NULL if out of memory.
 */
cbor_item_t *plugin_limits(const struct plugin *plugin);

/*
 * memory.c: the plugin becomes idle, or stops being idle. Processor time used in between is limited
 * (process/processor.h); plugin_idle_ends() kills the process if it used more.
 */
void plugin_idle_begins(struct plugin *plugin);
void plugin_idle_ends(struct plugin *plugin);

/* memory.c: guest_contain() with the limits of this plugin. */
int plugin_contain(struct plugin *plugin, struct error *err);

/* log_limit.c: handle a frame with a log line from the guest. */
void plugin_take_log(struct plugin *plugin, const cbor_item_t *frame);

/*
 * log_limit.c: a call ended; log how many lines were dropped, unless that was logged a moment ago.
 * `is_last`: the process ends, so log it in any case.
 */
void plugin_log_limit_end(struct plugin *plugin, bool is_last);

/* log_limit.c: whether the plugin may log one line now. Charges the line, or counts it as dropped.
 */
bool plugin_may_print(struct plugin *plugin);

/*
 * log_limit.c: log `text`, of one or more lines, as errors, charged to the plugin's limit of log
 * lines. If the limit leaves no room for the whole text, only its last line is logged, or nothing.
 */
void plugin_report(struct plugin *plugin, const char *text);

/* log_limit.c: a pointer into `text`, to the start of its last line that is not empty. */
const char *plugin_last_line(const char *text);

/*
 * denial_log.c: a call ended; log the plugin's denied calls, unless that was done within the last
 * minute. `is_last`: the plugin ends, so log them in any case.
 */
void plugin_denial_log_end(struct plugin *plugin, bool is_last);

#endif
