/*
 * The plugins' state: store/plugin_state/state.h as capability/host.h wants it. Loop thread.
 */
#ifndef HARVESTER_DAEMON_PLUGIN_STATE_H
#define HARVESTER_DAEMON_PLUGIN_STATE_H

#include <stdint.h>

struct capability_state_store;
struct clock;

/*
 * Open DATA/state.db. What is wrong is logged; NULL where no state can be kept: plugins run without
 * it. clock: measures how often plugins write; borrowed until close. NULL: writes are not limited.
 */
struct capability_state_store *plugin_state_open(const char *data_folder, struct clock *clock);

/* Changes that were refused since it was opened, since a plugin made too many. NULL is allowed: 0.
 */
uint64_t plugin_state_writes_refused(struct capability_state_store *state);

/* NULL is allowed. No call may be under way. */
void plugin_state_close(struct capability_state_store *state);

#endif
