/*
 * One version of one plugin: starts its guest process, calls its poll(), update() and render() when
 * they are due, and restarts the process after a failure. All functions: loop thread.
 *
 *            start                        ready                  timer
 *   stopped ───────▶ preparing ─▶ starting ─────▶ idle ───────────────────▶ calling
 *      ▲                 │            │             ▲  ◀─────────────────────  │
 *      │ stop            ▼            ▼             │        answer            │ death, deadline
 *      └───(any)      failed ◀──── backoff ◀────────┼──────────────────────────┘
 *                  (1, 6, 24 h)    (1, 2, 4 … 60 s) │
 *                       └───────────────┴───────────┘ preparing again
 *
 * preparing: the component is compiled (or found in the cache), or the template forks a child.
 * starting: the process runs and loads the plugin.
 * backoff: the plugin failed and is restarted after 1, 2, 4 … 60 seconds. A plugin that answers
 * its load with an error (an exception while loading) never leaves this cycle.
 * failed: the process died five times (in a row, or through its own fault within ten minutes: see
 * plugin/deaths.h). It is restarted after an hour; after the next death six hours later, then a day
 * later each time. A component that imports what the host does not offer is not restarted until its
 * file changes.
 */
#ifndef HARVESTER_PLUGIN_PLUGIN_H
#define HARVESTER_PLUGIN_PLUGIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/permission.h"
#include "plugin/discovery/source.h"

struct artifact_cache;
struct capability_host;
struct cgroup_tree;
struct clock;
struct error;
struct plugin;
struct reaper;
struct template;
struct turns;
struct work_queue;

#define PLUGIN_BACKOFF_MAX_MS 60000

/* What a poll returned, and how it came about. Borrowed for the call. */
struct plugin_poll {
	const char *name;    /* the plugin's */
	const json_t *value; /* reading/reading.h says what it may hold */
	bool simulated;	     /* the plugin used a simulated device */
	const char *absent; /* why the host returned NaN to it during this poll, "" if it did not */
	uint64_t now_ms;    /* Unix time of the answer */
};

/* What convert() made of a poll; defined by whoever implements the events. */
struct plugin_result;

struct plugin_events {
	/*
	 * Convert the value that a poll returned to the `result` of on_polled(). This takes long
	 * for a large value, so it may run on any thread beside the loop: it must use only `poll`
	 * and data that never changes. The caller owns the result and passes it to on_polled() or
	 * forget(). If the value cannot become a reading, convert() succeeds and on_polled()
	 * returns the error; NULL only if memory runs out.
	 */
	struct plugin_result *(*convert)(void *arg, const struct plugin_poll *poll);
	/*
	 * Free a result that was not passed to on_polled(). Loop thread, like the functions below.
	 */
	void (*forget)(void *arg, struct plugin_result *result);
	/*
	 * A poll returned. Takes ownership of `result`. Returns 0, or an error code with the reason
	 * in *err if the value cannot become a reading: the poll then counts as failed.
	 */
	int (*on_polled)(void *arg, const char *name, struct plugin_result *result,
			 struct error *err);
	/*
	 * A poll failed, or the plugin cannot run: the plugin's readings become null. `text` is one
	 * line.
	 */
	void (*on_failed)(void *arg, const char *name, const char *text, bool simulated);
	/* A held candidate has something to do and waits for plugin_hold(candidate, false). */
	void (*on_waiting)(void *arg, struct plugin *candidate);
	/*
	 * A candidate has finished its first poll (if it has no poll: its first render, or else its
	 * loading). `failure`: NULL if that succeeded, else why not, in one or more lines. The
	 * callback must not close the candidate.
	 */
	void (*on_candidate_done)(void *arg, struct plugin *candidate, const char *failure);
	/* render() returned a page, borrowed for the call. */
	void (*on_rendered)(void *arg, const char *name, const char *html, size_t size);
};

/* What all plugins share. Every pointer is borrowed and must outlive the plugins. */
struct plugin_services {
	uv_loop_t *loop;
	struct clock *clock;
	struct reaper *reaper;
	struct template *template; /* NULL: this build has no Python runtime */
	struct artifact_cache *artifacts;
	struct cgroup_tree *cgroups; /* NULL: no control groups were delegated */
	struct turns *turns;	     /* NULL: no plugin waits for a processor */
	struct capability_host *host;
	struct work_queue *conversions; /* of large polls; NULL: the loop converts them */
	const char *guest_program;
	bool lockdown_required; /* see struct guest_command */
	const struct plugin_events *events;
	void *events_arg;
};

struct plugin_options {
	uint64_t interval_ms;	 /* from the start of one poll to the start of the next */
	uint64_t deadline_ms;	 /* longest duration of one call */
	uint64_t memory_bytes;	 /* largest linear memory */
	unsigned host_calls_max; /* calls to the host during one call of the plugin */
	const json_t *settings;	 /* an object; the plugin takes its own reference */
	bool renders;		 /* its render() makes the dashboard page */
	bool strict_imports; /* refuse a component that imports an interface it has no grant for */
	bool is_candidate;   /* runs beside the old version: see plugin_take_over() */
	/* Function to call instead of poll(), and its argument (both borrowed). NULL: poll(). */
	const char *poll_function, *poll_argument;
};

/*
 * Create a stopped plugin; plugin_start() runs it. Copies `source`, `request`, `grant` and
 * `options`; borrows what `services` points to. The caller owns *ret_plugin and ends it with
 * plugin_close(). ERROR_NO_MEMORY.
 */
int plugin_create(const struct plugin_services *services, const struct plugin_source *source,
		  const struct permission *request, const struct permission *grant,
		  const struct plugin_options *options, struct plugin **ret_plugin,
		  struct error *err);

/* The options in use, with the times that plugin_set_times() set last. Borrowed. */
const struct plugin_options *plugin_options(const struct plugin *plugin);

/*
 * Change the poll interval and the deadline, and nothing else, to those in `grant` and `options`.
 * They apply from the next call on.
 */
void plugin_set_times(struct plugin *plugin, const struct permission *grant,
		      const struct plugin_options *options);

/*
 * Load the plugin, poll it as soon as it has loaded, then at its interval. Failures are logged, and
 * the plugin is restarted after them.
 */
void plugin_start(struct plugin *plugin);

/*
 * Kill the plugin's process and abandon its calls. Takes ownership of `plugin` and calls
 * on_closed(arg) in a later turn of the loop, when its memory has been freed. `has_successor`: a
 * newer version goes on with its GPIO lines and LEDs, so leave them as they are.
 */
typedef void plugin_closed(void *arg);
void plugin_close(struct plugin *plugin, bool has_successor, plugin_closed *on_closed, void *arg);

/*
 * Turn a candidate that succeeded into the running plugin. Call it while no call of `old` is under
 * way, then close `old` with has_successor. What the candidate's first poll returned becomes its
 * first reading.
 */
void plugin_take_over(struct plugin *candidate, const struct plugin *old);

/*
 * Hold a plugin (is_held true) or release it. While it is held no call of it begins, and a device
 * call that it makes while loading waits, so that only one of two versions uses the devices at a
 * time. On release, calls that have become due meanwhile begin.
 */
void plugin_hold(struct plugin *plugin, bool is_held);

/* Whether the plugin is held and has a call waiting to begin. */
bool plugin_waits(const struct plugin *plugin);

/* Give the candidate the state that `old` was offered last, so that its render() can be tried. */
void plugin_prime(struct plugin *candidate, const struct plugin *old);

/*
 * Add the denied calls of a failed candidate to those of the plugin, and log them as the plugin's.
 * Call it once for each candidate.
 */
void plugin_denial_log_adopt(struct plugin *plugin, const struct plugin *candidate);

/* Set why a newer version did not take over, for the API; "" clears it. */
void plugin_set_reload_error(struct plugin *plugin, const char *text);

/* The request and the grant that the plugin was created with. Borrowed. */
const struct permission *plugin_request(const struct plugin *plugin);
const struct permission *plugin_grant(const struct plugin *plugin);

/* Whether the plugin runs and its last call succeeded. */
bool plugin_works(const struct plugin *plugin);

/* Whether any call of the plugin is under way, or what a poll returned is still being converted. */
bool plugin_is_called(const struct plugin *plugin);

/*
 * Measure the memory, threads and processor time of the plugin's process, and kill it if it is over
 * a limit. The supervisor calls this from a timer, so that it also happens during a long call.
 */
void plugin_check_process(struct plugin *plugin);

/* Bytes that the process used at the last plugin_check_process(); 0 if there is no process. */
uint64_t plugin_memory_bytes(const struct plugin *plugin);

/*
 * Kill the plugin's process because all plugins together use more than total_bytes and this one has
 * the most above its fair share.
 */
void plugin_end_for_memory(struct plugin *plugin, uint64_t total_bytes);

/* Restart a failed plugin whose rest of hours is over. For the supervisor's timer. */
void plugin_check_rest(struct plugin *plugin);

/*
 * Measure the processor time of the call under way; a plugin that uses much gets a lower scheduling
 * priority. For the supervisor's timer.
 */
void plugin_check_weight(struct plugin *plugin);

/* Whether the plugin was computing, in a call or while loading, at the last plugin_check_process().
 */
bool plugin_computes(const struct plugin *plugin);

/*
 * Give the plugin a new state (JSON text, copied). If it has update() or render(), they are called
 * with it as soon as the plugin is idle.
 */
void plugin_offer_state(struct plugin *plugin, const char *state, size_t size);

/* Borrowed. */
const char *plugin_name(const struct plugin *plugin);

/* Whether a poll of the plugin is under way, or what a poll returned is still being converted. */
bool plugin_is_polling(const struct plugin *plugin);

/*
 * Whether the broker may log a line that shows one of the plugin's readings now. Such a line is
 * charged to the plugin's limit of log lines, half of which is reserved for what the plugin prints.
 * If false, drop the line; it is counted in "dropped_lines".
 */
bool plugin_may_show(struct plugin *plugin);

/*
 * Whether the broker may log a line about the plugin now, such as why it refused a reading. Such a
 * line is charged to the plugin's limit of log lines, a part of which is reserved for them. If
 * false, drop the line; it is counted in "dropped_lines".
 */
bool plugin_may_report(struct plugin *plugin);

/*
 * Log `text`, of one or more lines, as errors of plugin `name`, not charged to its limit of log
 * lines. Leaves out the middle of a long text.
 */
void plugin_log_text(const char *name, const char *text);

/* The plugin's state, counters and times, for the API and `plugin list`. The caller owns the
 * result.
 */
json_t *plugin_to_json(const struct plugin *plugin);

#endif
