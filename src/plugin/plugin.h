/*
 * One plugin: its process, its schedule, its calls. Loop thread.
 *
 *            start                        ready                  timer
 *   stopped ───────▶ preparing ─▶ starting ─────▶ idle ───────────────────▶ calling
 *      ▲                 │            │             ▲  ◀─────────────────────  │
 *      │ stop            ▼            ▼             │        answer            │ death, deadline
 *      └───(any)      failed ◀──── backoff ◀────────┼──────────────────────────┘
 *                  (1, 6, 24 h)    (1, 2, 4 … 60 s) │
 *                       └───────────────┴───────────┘ preparing again
 *
 * preparing: a component is compiled or its artifact checked, or a child is asked of the template.
 * starting: the process is there and loads the plugin. A plugin whose process died five times
 * (plugin/deaths.h: in a row, or by itself in ten minutes) rests for an hour, after the next death
 * for six, then for a day each time; one that imports what the host does not have is left alone
 * until its file changes. One that only said no (an exception while loading) is tried again every
 * minute.
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

#define PLUGIN_BACKOFF_MAX_MS 60000

struct plugin_events {
	/*
	 * A poll gave this value (borrowed): see reading/reading.h for what may stand in it.
	 * `absent`: why the host gave NaN for a value in this poll, "" if it did not. Not 0 for a
	 * value that cannot be a reading; *err says why, and the poll counts as failed.
	 */
	int (*polled)(void *arg, const char *name, const json_t *value, bool simulated,
		      const char *absent, struct error *err);
	/* A poll, or the plugin itself, failed: its readings are none any more. One line of text.
	 */
	void (*failed)(void *arg, const char *name, const char *text, bool simulated);
	/* A candidate waits to be let go: see plugin_hold(). */
	void (*waits)(void *arg, struct plugin *candidate);
	/*
	 * A candidate's first poll (or its loading, where it has no poll) went well (failure NULL),
	 * or not: the text may have several lines. It may not be closed from within.
	 */
	void (*tried)(void *arg, struct plugin *candidate, const char *failure);
	/* render() gave a page. */
	void (*rendered)(void *arg, const char *name, const char *html, size_t size);
};

/* What all plugins share; everything is borrowed and outlives them. */
struct plugin_services {
	uv_loop_t *loop;
	struct clock *clock;
	struct reaper *reaper;
	struct template *template; /* NULL: this build has no Python runtime */
	struct artifact_cache *artifacts;
	struct cgroup_tree *cgroups; /* NULL: none were delegated to us */
	struct turns *turns;	     /* NULL: nobody waits for a processor */
	struct capability_host *host;
	const char *guest_program;
	bool lockdown_required; /* see struct guest_command */
	const struct plugin_events *events;
	void *events_arg;
};

struct plugin_options {
	uint64_t interval_ms;	 /* between polls */
	uint64_t deadline_ms;	 /* of one call */
	uint64_t memory_bytes;	 /* of a component's linear memory */
	unsigned host_calls_max; /* in one call */
	const json_t *settings;	 /* an object; the plugin has a reference of its own */
	bool renders;		 /* its render() makes the page */
	bool strict_imports;	 /* a component that imports what it has no grant for is refused */
	bool is_candidate;	 /* on trial beside the old version: see plugin_take_over() */
	/* Called in place of poll(), with this argument (both borrowed); NULL: poll() itself. */
	const char *poll_function, *poll_argument;
};

/* `source`, `request` and `grant` are copied. */
int plugin_create(const struct plugin_services *services, const struct plugin_source *source,
		  const struct permission *request, const struct permission *grant,
		  const struct plugin_options *options, struct plugin **ret_plugin,
		  struct error *err);

/* As it was created, or what plugin_set_times() gave. Borrowed. */
const struct plugin_options *plugin_options(const struct plugin *plugin);

/* Another interval and another deadline, of both arguments; the next call that begins has them. */
void plugin_set_times(struct plugin *plugin, const struct permission *grant,
		      const struct plugin_options *options);

/* Load it and poll it at once, then by its interval. Failures are logged and retried from here on.
 */
void plugin_start(struct plugin *plugin);

/* Kill its process, forget what is out; `closed` is called when the memory has ended. */
typedef void plugin_closed(void *arg);
void plugin_close(struct plugin *plugin, bool has_successor, plugin_closed *closed, void *arg);

/*
 * A candidate that was tried well becomes the plugin, between two polls of the old version (which
 * the caller then closes, with has_successor). The value of its trial poll is its first reading.
 */
void plugin_take_over(struct plugin *candidate, const struct plugin *old);

/*
 * While it is held, no call of it begins, and a call to a device that it makes while it loads
 * waits: of two versions that use devices, one uses them at a time. What is due begins once it is
 * let go.
 */
void plugin_hold(struct plugin *plugin, bool is_held);

/* It is held, and something of it waits for that to end. */
bool plugin_waits(const struct plugin *plugin);

/* Give a candidate the state that the old version was offered, to try its render() on. */
void plugin_prime(struct plugin *candidate, const struct plugin *old);

/*
 * The candidate failed: what the grant refused to it counts as of the plugin, and is logged as
 * that. Once for each candidate.
 */
void plugin_take_denials(struct plugin *plugin, const struct plugin *candidate);

/* Why a newer version of its file did not take over; "" if none. Shown until the next reload. */
void plugin_set_reload_error(struct plugin *plugin, const char *text);

/* What it asked for, and what it may do. Borrowed. */
const struct permission *plugin_request(const struct plugin *plugin);
const struct permission *plugin_grant(const struct plugin *plugin);

/* It runs, and its last call went well. */
bool plugin_works(const struct plugin *plugin);

/* A call is out. */
bool plugin_is_called(const struct plugin *plugin);

/*
 * Look at the process' memory, threads and processor time now; over a limit it is killed. For the
 * supervisor's timer, since a call that takes long answers nothing.
 */
void plugin_check_process(struct plugin *plugin);

/* Bytes that its process used at the last plugin_check_process(); 0 if there is none. */
uint64_t plugin_memory_bytes(const struct plugin *plugin);

/* All plugins use more than total_bytes, and this one the most: end its process. */
void plugin_end_for_memory(struct plugin *plugin, uint64_t total_bytes);

/* Start a plugin again whose long rest is over. For the supervisor's timer. */
void plugin_check_rest(struct plugin *plugin);

/* Look at what its call under way has used of the processor; one that uses much gets a lower
 * weight. */
void plugin_check_weight(struct plugin *plugin);

/* It was computing, in a call or while loading, at the last plugin_check_process(). */
bool plugin_computes(const struct plugin *plugin);

/* The state has changed: call update() and render(), where it has them, as soon as it is idle. */
void plugin_offer_state(struct plugin *plugin, const char *state, size_t size);

const char *plugin_name(const struct plugin *plugin);

/* A poll is under way. */
bool plugin_is_polling(const struct plugin *plugin);

/*
 * A line that shows one of its readings is to be logged: it counts against the plugin's limit of
 * lines, of which half is kept for what it says itself. False: not now (counted in
 * "dropped_lines").
 */
bool plugin_may_show(struct plugin *plugin);

/*
 * The broker is to log a line on the plugin's behalf, such as why a reading of it was refused:
 * charged to the plugin's limit of lines, of which a part is kept for such. False: not now (counted
 * in "dropped_lines").
 */
bool plugin_may_report(struct plugin *plugin);

/* Log a text of several lines as errors of a plugin, beyond its limit of lines. */
void plugin_log_text(const char *name, const char *text);

/* State, counters and times for people and machines. New. */
json_t *plugin_to_json(const struct plugin *plugin);

#endif
