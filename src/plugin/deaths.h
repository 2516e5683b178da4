/*
 * Counts how often a plugin's process has died. plugin.c decides by this count how long to wait
 * before it restarts the plugin.
 *
 * There are two counts:
 * - deaths in a row, without a successful call in between, whatever caused them;
 * - the plugin's own deaths in the last ten minutes, even if calls succeeded in between. A death is
 *   the plugin's own if it crashed, trapped, or was killed for exceeding a limit or its deadline.
 *   Without this count a plugin that answers once and then aborts would restart every second for
 *   ever.
 *
 * A SIGKILL that the broker did not send is not the plugin's own death: an administrator sent it,
 * or the kernel's out-of-memory killer, which may have picked an innocent process. It counts as one
 * in a row only, so a plugin that works is back in a second. Exception: if the kernel killed the
 * plugin at the limit of the plugin's control group, the death is its own.
 *
 * struct deaths is a plain value. Loop thread.
 */
#ifndef HARVESTER_PLUGIN_DEATHS_H
#define HARVESTER_PLUGIN_DEATHS_H

#include <stdbool.h>
#include <stdint.h>

#define DEATHS_MAX 5 /* with this many, the plugin stays off for hours */
#define DEATHS_WINDOW_NS (600 * 1000000000ull)

struct deaths {
	unsigned in_a_row;
	unsigned count;		     /* of its own deaths so far */
	uint64_t own_ns[DEATHS_MAX]; /* a ring: when the latest were, by the monotonic clock */
};

/*
 * Count a death at now_ns (monotonic). Returns the deaths in a row, this one included; if the death
 * is the plugin's own, the larger of the two counts.
 */
unsigned deaths_add(struct deaths *deaths, uint64_t now_ns, bool is_own);

/* A call succeeded: set the count of deaths in a row to 0. */
void deaths_end_row(struct deaths *deaths);

/*
 * The plugin restarts after hours of rest. Fill the ten-minute count, so that a single death of its
 * own in the next ten minutes leads to the next rest.
 */
void deaths_begin_probation(struct deaths *deaths, uint64_t now_ns);

/* Whether the plugin died its own death, or was restarted after a rest, in the last ten minutes. */
bool deaths_are_recent(const struct deaths *deaths, uint64_t now_ns);

#endif
