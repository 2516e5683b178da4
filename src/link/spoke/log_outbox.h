/*
 * This node's log lines on their way to the hub. They wait in the history, under
 * SPOKE_LINK_LOG_SENSOR, a name that no plugin can have; so they are as safe as readings: on the
 * disk, in order, once, and within the same bounds. They travel apart from them
 * (batch.h). To spare the card they wait for a moment, and many become one entry.
 *
 * Lines that show a reading are not sent: the hub has the reading.
 */
#ifndef HARVESTER_LINK_SPOKE_LOG_OUTBOX_H
#define HARVESTER_LINK_SPOKE_LOG_OUTBOX_H

#include <stdint.h>
#include <uv.h>

#include "base/log.h"
#include "link/batch.h"

/* of one moment; further ones are dropped and counted */
#define LOG_OUTBOX_LINES SPOKE_LINK_LINES_MAX
#define LOG_OUTBOX_BYTES 12288 /* of text in one moment */

struct clock;
struct history;
struct log_outbox;

/* `node` and the others are borrowed. Lines become an entry of the history each period_ms.
 * ERROR_NO_MEMORY. */
int log_outbox_create(uv_loop_t *loop, struct clock *clock, struct history *history,
		      const char *node, uint64_t period_ms, struct log_outbox **ret_outbox);

/* The sink for log_add_sink(): any thread. Lines below "info" are not sent. */
void log_outbox_write(void *outbox, const struct log_record *record);

/* After it was removed from the log's sinks: what waits is taken by the history now. NULL is
 * allowed. */
void log_outbox_close(struct log_outbox *outbox, void (*closed)(void *arg), void *arg);

#endif
