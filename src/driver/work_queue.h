/*
 * Blocking work of one bus, on a thread of its own: first in, first out, one job at a time. So the
 * transactions of a bus are serial, the loop never waits for one, and no other bus, nor the disk, nor
 * a password that is being checked holds them up (docs/decisions/0015-a-thread-for-each-bus.md).
 *
 * All functions run on the loop thread.
 */
#ifndef HARVESTER_DRIVER_WORK_QUEUE_H
#define HARVESTER_DRIVER_WORK_QUEUE_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct error;
struct work_queue;

/* On the queue's thread. */
typedef void work_function(void *arg);

/* On the loop thread. status: 0, or ERROR_CLOSED when the queue was closed before the job began. */
typedef void work_done(void *arg, int status);

typedef void work_queue_closed(void *arg);

/* limit: jobs held at most, the running one included; 1 or more. ERROR_INVALID, ERROR_NO_MEMORY. */
int work_queue_create(uv_loop_t *loop, size_t limit, struct work_queue **ret_queue,
		      struct error *err);

/*
 * 0, then done follows exactly once, never from within this call. ERROR_BUSY when the queue is full
 * (counted) and ERROR_CLOSED after work_queue_close(): no done then. arg is the caller's until
 * done.
 */
int work_queue_submit(struct work_queue *queue, work_function *work, work_done *done, void *arg);

size_t work_queue_length(const struct work_queue *queue);
uint64_t work_queue_refused(const struct work_queue *queue);

/*
 * The running job ends, those that wait are handed back with ERROR_CLOSED, then closed(arg) is
 * called, in a later turn of the loop, and the memory ends. closed may be NULL, and so may the
 * queue (closed is not called then).
 */
void work_queue_close(struct work_queue *queue, work_queue_closed *closed, void *arg);

#endif
