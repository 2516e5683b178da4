/*
 * Blocking work of one bus, on a thread of its own, one job at a time. So the transactions of a bus
 * are serial, the loop never waits for one, and no other bus, nor the disk, nor a password that is
 * being checked holds them up (docs/decisions/0012-a-thread-for-each-bus.md). The jobs of one owner
 * run in the order in which they came; of several owners the one that was served least goes first
 * (base/fair_queue.h).
 *
 * All functions run on the loop thread.
 */
#ifndef HARVESTER_BASE_WORK_QUEUE_H
#define HARVESTER_BASE_WORK_QUEUE_H

#include <stdbool.h>
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

/*
 * limit: jobs held at most, the running one included; owner_limit: of one owner. 1 or more.
 * ERROR_INVALID, ERROR_NO_MEMORY.
 */
int work_queue_create(uv_loop_t *loop, size_t limit, struct work_queue **ret_queue,
		      struct error *err);
int work_queue_create_shared(uv_loop_t *loop, size_t limit, size_t owner_limit,
			     struct work_queue **ret_queue, struct error *err);

/*
 * 0, then done follows exactly once, never from within this call. ERROR_BUSY when the queue is
 * full, or holds too many jobs of this owner (both counted), and ERROR_CLOSED after
 * work_queue_close(): no done then. arg is the caller's until done. owner: the plugin's name,
 * copied; without one, the host's own.
 */
int work_queue_submit(struct work_queue *queue, work_function *work, work_done *done, void *arg);
int work_queue_submit_for(struct work_queue *queue, const char *owner, work_function *work,
			  work_done *done, void *arg);

/* The job of this arg, if it has not begun yet, will not run, and no done follows: true. Else
 * false. */
bool work_queue_cancel(struct work_queue *queue, const void *arg);

size_t work_queue_length(const struct work_queue *queue);
uint64_t work_queue_refused(const struct work_queue *queue);

/*
 * The running job ends, those that wait are handed back with ERROR_CLOSED, then closed(arg) is
 * called, in a later turn of the loop, and the memory ends. closed may be NULL, and so may the
 * queue (closed is not called then).
 */
void work_queue_close(struct work_queue *queue, work_queue_closed *closed, void *arg);

#endif
