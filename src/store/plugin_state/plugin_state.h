/*
 * The values that plugins keep on disk (DATA/state.db): connects the interface that plugins call
 * (capability/host.h) to the database (store/plugin_state/state.h). Loop thread.
 */
#ifndef HARVESTER_STORE_PLUGIN_STATE_PLUGIN_STATE_H
#define HARVESTER_STORE_PLUGIN_STATE_PLUGIN_STATE_H

#include <stdint.h>

struct capability_state_store;
struct clock;

/*
 * Open DATA/state.db. Problems are logged. Returns NULL if it cannot be opened: plugins then run,
 * but keep no values. `clock` limits how often each plugin writes, and is borrowed until
 * plugin_state_close(); NULL: no limit.
 */
struct capability_state_store *plugin_state_open(const char *data_folder, struct clock *clock);

/*
 * The number of changes that were refused since the start because a plugin made too many. NULL is
 * allowed: 0.
 */
uint64_t plugin_state_writes_refused(struct capability_state_store *state);

/* Call when no call of a plugin waits for the state any more. NULL is allowed. */
void plugin_state_close(struct capability_state_store *state);

#endif
