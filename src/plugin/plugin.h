/*
 * One version of one plugin: starts its guest (the process that runs the plugin), calls the
 * plugin's poll(), update() and render() when they are due, and starts the guest again after a
 * failure. A slot (plugin/supervisor/slot.h) holds the versions of a plugin. Two versions exist for
 * a moment when the plugin's files have changed: the running one, and the candidate, which is tried
 * beside it.
 *
 *            start                        ready                  timer
 *   stopped ───────▶ preparing ─▶ starting ─────▶ idle ───────────────────▶ calling
 *      ▲                 │            │             ▲  ◀─────────────────────  │
 *      │ stop            ▼            ▼             │        answer            │ death, deadline
 *      └───(any)      failed ◀──── backoff ◀────────┼──────────────────────────┘
 *                  (1, 6, 24 h)    (1, 2, 4 … 60 s) │
 *                       └───────────────┴───────────┘ preparing again
 *
 * - preparing: the component is compiled, or found in the cache, or the template forks a child for
 *   a Python plugin.
 * - starting: the guest runs and loads the plugin.
 * - backoff: the plugin has failed and waits 1, 2, 4 … 60 seconds. A plugin whose loading raises an
 *   exception goes on in this way for ever.
 * - failed: the guest has died five times, and rests for an hour, then for 6 hours, then for a day
 *   each time. plugin/deaths.h says which deaths count. A component that imports an unknown
 *   function waits until its file changes.
 *
 * Call all functions on the loop thread.
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

/* The result of a poll. Borrowed for the call. */
struct plugin_poll {
	const char *name;    /* the plugin's */
	const json_t *value; /* reading/reading.h says what it may hold */
	bool simulated;	     /* the plugin used a simulated device */
	const char
		*absent; /* why the broker returned NaN to the plugin during the poll; "": no NaN */
	uint64_t now_ms; /* Unix time of the answer */
};

/*
 * What convert() has made of a poll. Only the functions of struct plugin_events know its members.
 */
struct plugin_result;

struct plugin_events {
	/*
	 * Convert the value of a poll to the `result` of on_polled(). Runs on any thread, since a
	 * large value takes long; it may use only `poll` and data that never changes. The caller
	 * owns the result, and passes it to on_polled() or forget(). For a value that cannot become
	 * a reading, convert() succeeds and on_polled() fails. NULL: out of memory.
	 */
	struct plugin_result *(*convert)(void *arg, const struct plugin_poll *poll);
	/* Free a result that was not passed to on_polled(). Loop thread, like all below. */
	void (*forget)(void *arg, struct plugin_result *result);
	/*
	 * A poll has returned. on_polled() takes over `result`. Returns 0, or an error with the
	 * reason in *err if the value cannot become a reading; the poll then counts as failed.
	 */
	int (*on_polled)(void *arg, const char *name, struct plugin_result *result,
			 struct error *err);
	/*
	 * A poll has failed, or the plugin cannot run; the receiver sets the plugin's readings to
	 * null. `text` is one line.
	 */
	void (*on_failed)(void *arg, const char *name, const char *text, bool simulated);
	/* The plugin has died, or cannot be started; on_failed() was called just before. `text` as
	 * there. Not called for a candidate. The member may be NULL. */
	void (*on_died)(void *arg, const char *name, const char *text);
	/* A held candidate has a call to begin, and waits for plugin_hold(candidate, false). */
	void (*on_waiting)(void *arg, struct plugin *candidate);
	/*
	 * A candidate has finished its first poll, or its first render() if it has no poll(), or
	 * else its loading. `failure` is NULL after a success, and else the reason in one or more
	 * lines. on_candidate_done() must not close the candidate.
	 */
	void (*on_candidate_done)(void *arg, struct plugin *candidate, const char *failure);
	/*
	 * The plugin has started, or has taken over from an old version. `fields` is what its
	 * describe() returned, borrowed; NULL if it has none or if it failed. `failure` is the
	 * reason of the failure in one or more lines, or NULL. The member may be NULL.
	 */
	void (*on_described)(void *arg, const char *name, const json_t *fields,
			     const char *failure);
	/* render() has returned a page. Borrowed for the call. */
	void (*on_rendered)(void *arg, const char *name, const char *html, size_t size);
};

/* What all plugins share. Every pointer is borrowed and must outlive the plugins. */
struct plugin_services {
	uv_loop_t *loop;
	struct clock *clock;
	struct reaper *reaper;
	struct template *template; /* NULL: this build has no Python runtime */
	struct artifact_cache *artifacts;
	struct cgroup_tree *cgroups; /* NULL: no control groups */
	struct turns *turns;	     /* NULL: no plugin waits for a processor */
	unsigned *slowed; /* how many plugins return too many bytes (pace.c); NULL: not counted */
	struct capability_host *host;
	struct work_queue *conversions; /* converts large polls; NULL: the loop converts them */
	const char *guest_program;
	bool lockdown_required; /* see struct guest_command, as for `target` */
	const char *target;
	const struct plugin_events *events;
	void *events_arg;
};

struct plugin_options {
	uint64_t interval_ms;	 /* from the start of one poll to the start of the next */
	uint64_t deadline_ms;	 /* longest duration of one call */
	uint64_t memory_bytes;	 /* largest linear memory */
	unsigned host_calls_max; /* device calls and others during one call of the plugin */
	const json_t *settings;	 /* an object; the plugin takes its own reference */
	bool renders;		 /* its render() makes the page */
	bool strict_imports; /* refuse a component that imports an interface it has no grant for */
	bool is_candidate;   /* tried beside the running version; see plugin_take_over() */
	/* A function to call instead of poll(), and its argument. Borrowed. NULL: poll(). */
	const char *poll_function, *poll_argument;
};

/*
 * Create a version that does not run yet; plugin_start() starts it. Copies `source`, `request`,
 * `grant` and `options`, and borrows what `services` points to. The caller owns *ret_plugin and
 * ends it with plugin_close(). ERROR_NO_MEMORY.
 */
int plugin_create(const struct plugin_services *services, const struct plugin_source *source,
		  const struct permission *request, const struct permission *grant,
		  const struct plugin_options *options, struct plugin **ret_plugin,
		  struct error *err);

/* The options in use, with the times of the last plugin_set_times(). Borrowed. */
const struct plugin_options *plugin_options(const struct plugin *plugin);

/*
 * Set the poll interval and the deadline to those of `grant` and `options`, from the next call on.
 * All else stays.
 */
void plugin_set_times(struct plugin *plugin, const struct permission *grant,
		      const struct plugin_options *options);

/*
 * Load the plugin, poll it at once, then at its interval. A failure is logged, and the plugin
 * starts again.
 */
void plugin_start(struct plugin *plugin);

/*
 * Kill the guest, abandon its calls and free the plugin, then call on_closed(arg) on a later turn
 * of the loop. `has_successor`: a newer version has taken over, so leave the gpio lines and LEDs as
 * they are.
 */
typedef void plugin_closed(void *arg);
void plugin_close(struct plugin *plugin, bool has_successor, plugin_closed *on_closed, void *arg);

/*
 * Make a candidate that has succeeded the running version. No call of `old` may be under way.
 * Afterwards close `old` with has_successor. What the candidate's first poll returned becomes its
 * first reading.
 */
void plugin_take_over(struct plugin *candidate, const struct plugin *old);

/*
 * Hold a version (is_held true) or release it. No call of a held version begins, and the device
 * calls that it makes while loading wait. In this way only one of two versions uses the devices at
 * a time. After the release, calls that are due begin.
 */
void plugin_hold(struct plugin *plugin, bool is_held);

/* Whether the version is held and has a call to begin. */
bool plugin_waits(const struct plugin *plugin);

/* Give the candidate the last state that `old` was given, for its first render(). */
void plugin_prime(struct plugin *candidate, const struct plugin *old);

/*
 * Add the denied calls of a failed candidate to those of the running version, and log them. Call
 * once for each candidate.
 */
void plugin_denial_log_adopt(struct plugin *plugin, const struct plugin *candidate);

/* Set why a newer version did not take over, for the API. "": clear the text. */
void plugin_set_reload_error(struct plugin *plugin, const char *text);

/* The request and the grant of plugin_create(). Borrowed. */
const struct permission *plugin_request(const struct plugin *plugin);
const struct permission *plugin_grant(const struct plugin *plugin);

/* Whether the plugin runs and is loaded, though its last call may have failed. */
bool plugin_is_loaded(const struct plugin *plugin);

/* Whether the plugin runs and its last call succeeded. */
bool plugin_works(const struct plugin *plugin);

/* Whether a call of the plugin is under way, or the result of a poll is being converted. */
bool plugin_is_called(const struct plugin *plugin);

/*
 * Measure the memory, threads and processor time of the guest, and kill a guest that is over a
 * limit. The supervisor's timer calls this, also during a long call of the plugin.
 */
void plugin_check_process(struct plugin *plugin);

/* Bytes of memory that the guest used at the last plugin_check_process(); 0: no guest. */
uint64_t plugin_memory_bytes(const struct plugin *plugin);

/*
 * Kill the guest because all plugins together use total_bytes, which is too much, and this one is
 * the furthest above its share.
 */
void plugin_end_for_memory(struct plugin *plugin, uint64_t total_bytes);

/*
 * Start a plugin again that is in the state "failed" and whose rest is over. The supervisor's timer
 * calls this.
 */
void plugin_check_rest(struct plugin *plugin);

/*
 * Measure the processor time of the call under way. A plugin that uses much gets a lower priority.
 * The supervisor's timer calls this.
 */
void plugin_check_weight(struct plugin *plugin);

/*
 * Whether the plugin was computing at the last plugin_check_process(), in a call or while loading.
 */
bool plugin_computes(const struct plugin *plugin);

/* Whether the plugin has update() or render(), which take the state. */
bool plugin_takes_state(const struct plugin *plugin);

/*
 * Give the plugin a new state, a JSON text, which is copied. The plugin's update() and render() are
 * called with it as soon as the plugin is idle.
 */
void plugin_offer_state(struct plugin *plugin, const char *state, size_t size);

/* Borrowed. */
const char *plugin_name(const struct plugin *plugin);

/* Whether a poll of the plugin is under way, or its result is being converted. */
bool plugin_is_polling(const struct plugin *plugin);

/* Whether the plugin's state is "failed". */
bool plugin_is_failed(const struct plugin *plugin);

/*
 * Whether the broker may log a line that shows a reading of the plugin now. If true, the line
 * counts against the plugin's limit of log lines, half of which is reserved for what the plugin
 * prints. If false, drop the line; "dropped_lines" counts it.
 */
bool plugin_may_show(struct plugin *plugin);

/*
 * Whether the broker may log a line about the plugin now, such as why a reading was refused. If
 * true, the line counts against the plugin's limit of log lines, a part of which is reserved for
 * such lines. If false, drop the line; "dropped_lines" counts it.
 */
bool plugin_may_report(struct plugin *plugin);

/*
 * Log `text`, one or more lines, as errors of plugin `name`. The lines do not count against the
 * plugin's limit. The middle of a long text is left out.
 */
void plugin_log_text(const char *name, const char *text);

/*
 * The plugin's state, counters and times, for the API and `harvester plugin list`. The caller owns
 * the result.
 */
json_t *plugin_to_json(const struct plugin *plugin);

#endif
