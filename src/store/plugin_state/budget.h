/*
 * How often plugins may write their state to the disk: each write is a flush, and a card stands
 * only so many. One token bucket a plugin, kept by its name, so that a plugin that restarts does
 * not get a new one. One thread at a time.
 */
#ifndef HARVESTER_STORE_PLUGIN_STATE_BUDGET_H
#define HARVESTER_STORE_PLUGIN_STATE_BUDGET_H

#include <stdint.h>

#define STATE_WRITES_AT_ONCE 120
#define STATE_WRITES_A_SECOND 1
#define STATE_BUDGET_PLUGINS_MAX 1024 /* whose writes are counted at a time */

struct clock;
struct error;
struct state_budget;

/* clock: borrowed. NULL without memory. */
struct state_budget *state_budget_create(struct clock *clock);
void state_budget_destroy(struct state_budget *budget); /* NULL is allowed */

/*
 * May the plugin write now? ERROR_BUSY if it has written too often, with a text for the plugin that
 * says when it may write again; ERROR_NO_MEMORY. Takes nothing.
 */
int state_budget_check(struct state_budget *budget, const char *plugin, struct error *err);

/* It has written. */
void state_budget_charge(struct state_budget *budget, const char *plugin);

/* Writes that were refused since the budget was made. Any thread, at any time. */
uint64_t state_budget_refused(const struct state_budget *budget);

#endif
