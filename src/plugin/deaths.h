/*
 * How often a plugin's process has died: its pause and its rests depend on that.
 *
 * There are two counts. Deaths in a row, without a successful call in between, whoever caused them.
 * And the plugin's own deaths in the last ten minutes, whatever succeeded in between: it crashed,
 * trapped, or was killed for passing a limit or its deadline. Without the second count, a plugin
 * that answers once and then aborts would start again every second for ever.
 *
 * A SIGKILL that the broker did not send is no death of the plugin's own: an administrator sent it,
 * or the kernel's out-of-memory killer, which cannot be told apart here and may have picked an
 * innocent one. It counts in a row only, so a plugin that works is back in a second. (If the plugin
 * has a control group and the kernel killed it at that group's limit, the death is its own.) A
 * plain value; the loop thread's.
 */
#ifndef HARVESTER_PLUGIN_DEATHS_H
#define HARVESTER_PLUGIN_DEATHS_H

#include <stdbool.h>
#include <stdint.h>

#define DEATHS_MAX 5 /* then the plugin rests */
#define DEATHS_WINDOW_NS (600 * 1000000000ull)

struct deaths {
	unsigned in_a_row;
	unsigned count;		     /* of own ones so far */
	uint64_t own_ns[DEATHS_MAX]; /* when the last ones were, by the monotonic clock */
};

/*
 * Count a death. Returns how many count together with it: of an own one the larger of the two
 * counts, else those in a row. now_ns: monotonic.
 */
unsigned deaths_add(struct deaths *deaths, uint64_t now_ns, bool is_own);

/* A call succeeded: the row ends. */
void deaths_end_row(struct deaths *deaths);

/* A long rest is over: one more death of its own soon is enough for the next. */
void deaths_begin_probation(struct deaths *deaths, uint64_t now_ns);

/* Whether it died by itself, or came out of a long rest, in the last ten minutes. */
bool deaths_are_recent(const struct deaths *deaths, uint64_t now_ns);

#endif
