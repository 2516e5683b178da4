/*
 * The plugins' state: store/state.h as capability/host.h wants it. Loop thread.
 */
#ifndef HARVESTER_DAEMON_PLUGIN_STATE_H
#define HARVESTER_DAEMON_PLUGIN_STATE_H

struct capability_state_store;
struct clock;

/*
 * Open DATA/state.db. What is wrong is logged; NULL where no state can be kept: plugins run without
 * it. clock: measures how often plugins write; borrowed until close. NULL: writes are not limited.
 */
struct capability_state_store *plugin_state_open(const char *data_folder, struct clock *clock);

/* NULL is allowed. No call may be under way. */
void plugin_state_close(struct capability_state_store *state);

#endif
