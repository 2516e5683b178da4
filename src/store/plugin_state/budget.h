/*
 * Limits how often each plugin may write its state to the disk: each write is a flush, and flushes
 * wear out an SD card. Each plugin has one token bucket, found by the plugin's name, so that a
 * restart does not refill it. Any thread, one at a time, except where a function says otherwise.
 */
#ifndef HARVESTER_STORE_PLUGIN_STATE_BUDGET_H
#define HARVESTER_STORE_PLUGIN_STATE_BUDGET_H

#include <stdint.h>

#define STATE_WRITES_AT_ONCE 120
#define STATE_WRITES_A_SECOND 1
#define STATE_BUDGET_PLUGINS_MAX 1024 /* plugins that have a bucket at the same time */

struct clock;
struct error;
struct state_budget;

/* `clock` is borrowed until destroy. NULL without memory. */
struct state_budget *state_budget_create(struct clock *clock);
void state_budget_destroy(struct state_budget *budget); /* NULL is allowed */

/*
 * Check whether the plugin may write now; does not use up anything. ERROR_BUSY if the plugin has
 * written too often; the text is for the plugin's author and says when the next write is possible.
 * ERROR_NO_MEMORY.
 */
int state_budget_check(struct state_budget *budget, const char *plugin, struct error *err);

/* Count one write against the plugin's budget. */
void state_budget_charge(struct state_budget *budget, const char *plugin);

/* Number of refused writes since state_budget_create(). Any thread, at any time. */
uint64_t state_budget_refused(const struct state_budget *budget);

#endif
