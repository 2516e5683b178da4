/*
 * Collects this node's log lines for the hub. They are stored in the history under
 * SPOKE_LINK_LOG_SENSOR, a name that no plugin can have, so they get the same guarantees as
 * readings: on the disk, in order, sent once, within the same limits. In a batch they are a list
 * of their own (link/batch.h). To spare the SD card, the lines of one period are stored as one
 * entry.
 *
 * Lines that show a reading are not sent: the hub receives the reading itself.
 */
#ifndef HARVESTER_LINK_SPOKE_LOG_OUTBOX_H
#define HARVESTER_LINK_SPOKE_LOG_OUTBOX_H

#include <stdint.h>
#include <uv.h>

#include "base/log.h"
#include "link/batch.h"

/* Lines of one period; further ones are dropped and counted. */
#define LOG_OUTBOX_LINES SPOKE_LINK_LINES_MAX
#define LOG_OUTBOX_BYTES 12288 /* text of one period */

struct clock;
struct history;
struct log_outbox;

/*
 * Create an outbox that adds an entry to `history` every `period_ms` milliseconds if there are new
 * lines. `clock`, `history` and `node` are borrowed until closed. Loop thread. ERROR_NO_MEMORY.
 */
int log_outbox_create(uv_loop_t *loop, struct clock *clock, struct history *history,
		      const char *node, uint64_t period_ms, struct log_outbox **ret_outbox);

/* The sink to pass to log_add_sink(). Lines below "info" are not sent. Any thread. */
void log_outbox_write(void *outbox, const struct log_record *record);

/*
 * Add the waiting lines to the history, free the outbox, then call on_closed(arg). Remove the sink
 * from the log first. Loop thread. NULL is allowed.
 */
void log_outbox_close(struct log_outbox *outbox, void (*on_closed)(void *arg), void *arg);

#endif
