/*
 * A queue with a thread of its own that runs blocking jobs one at a time. Each bus has such a
 * queue, so the transfers on a bus are serial, the loop never waits for them, and no other bus and
 * no disk delays them (docs/decisions/0012-a-thread-for-each-bus.md). The jobs of one plugin run in
 * the order in which they were submitted; between plugins, the one that has used the least time
 * goes first (base/fair_queue.h).
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

/* The job. Runs on the queue's thread. */
typedef void work_function(void *arg);

/* Called on the loop thread after the job. status: 0, or ERROR_CLOSED if the queue was closed
 * before the job began. */
typedef void work_done(void *arg, int status);

typedef void work_queue_closed(void *arg);

/*
 * Create a queue; work_queue_create_shared() makes one for the jobs of several plugins. `limit`:
 * the largest number of jobs in the queue, the running one included; `owner_limit`: that of one
 * plugin's jobs. ERROR_INVALID if a limit is 0, ERROR_NO_MEMORY. The caller ends the queue with
 * work_queue_close().
 */
int work_queue_create(uv_loop_t *loop, size_t limit, struct work_queue **ret_queue,
		      struct error *err);
int work_queue_create_shared(uv_loop_t *loop, size_t limit, size_t owner_limit,
			     struct work_queue **ret_queue, struct error *err);

/*
 * Add a job. On success on_done(arg) is called exactly once, after this call has returned. On
 * failure on_done() is not called: ERROR_BUSY if the queue is full or holds too many jobs of this
 * plugin (counted as refused), ERROR_CLOSED after work_queue_close(). `arg` is borrowed until
 * on_done(). `owner` is the name of the plugin that the job belongs to (copied);
 * work_queue_submit() is for the broker's own jobs.
 */
int work_queue_submit(struct work_queue *queue, work_function *work, work_done *on_done, void *arg);
int work_queue_submit_for(struct work_queue *queue, const char *owner, work_function *work,
			  work_done *on_done, void *arg);

/* Cancel the job with this `arg`. Returns true if it had not begun: it will not run, and on_done()
 * is not called. Else returns false and changes nothing. */
bool work_queue_cancel(struct work_queue *queue, const void *arg);

/* Jobs in the queue, the running one included. */
size_t work_queue_length(const struct work_queue *queue);

/* Jobs that were refused with ERROR_BUSY so far. */
uint64_t work_queue_refused(const struct work_queue *queue);

/*
 * Close the queue and free it. The running job is finished; the waiting jobs end with ERROR_CLOSED;
 * then on_closed(arg) is called, in a later turn of the loop. `on_closed` may be NULL. `queue` may
 * be NULL; `on_closed` is not called then.
 */
void work_queue_close(struct work_queue *queue, work_queue_closed *on_closed, void *arg);

#endif
