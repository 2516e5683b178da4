/*
 * The thread that calls cnats. Connecting, closing and sending block for as long as a server is
 * silent, up to NATS_CONNECT_MS, so neither the loop nor libuv's pool, which the loop's end waits
 * for, may make these calls. All functions: loop thread.
 */
#ifndef HARVESTER_CLUSTER_NATS_THREAD_H
#define HARVESTER_CLUSTER_NATS_THREAD_H

#include <stddef.h>
#include <stdint.h>

#include "cluster/mailbox.h"
#include "cluster/nats_engine.h"

#define NATS_JOBS_MAX 256 /* that wait; the last 16 places are not for messages */
#define NATS_CLOSE_MS 900 /* the whole node has to stop within 2 s */

struct error;
struct nats_thread;

/*
 * Check the addresses and files of `config`, which is borrowed for the call, and start the thread;
 * it does not connect yet. The connection's mail goes to `mailbox`, which the thread holds. Answers
 * come to subjects that begin with `inbox_subject`. The caller ends *ret_thread with
 * nats_thread_close(). Errors of nats_engine_create().
 */
int nats_thread_create(const struct nats_engine_config *config, const char *inbox_subject,
		       struct mailbox *mailbox, struct nats_thread **ret_thread, struct error *err);

/* Close the connection if there is one, and begin to connect. ERROR_NO_MEMORY, ERROR_BUSY. */
int nats_thread_open(struct nats_thread *thread);

/* Subscribe in this connection and all later ones. `subject` is copied; `index` is less than
 * NATS_SUBJECTS_MAX. ERROR_NO_MEMORY, ERROR_BUSY. */
int nats_thread_subscribe(struct nats_thread *thread, size_t index, const char *subject);

/*
 * Send a message; takes ownership of `mail`, which may be NULL: ERROR_NO_MEMORY. `number` goes into
 * the subject of the answer; 0: no answer is expected. ERROR_BUSY if too many jobs wait.
 */
int nats_thread_send(struct nats_thread *thread, struct mail *mail, uint64_t number);

/*
 * Do the jobs that wait, close the connection and end the thread; on_closed(arg) follows on a later
 * turn of the loop, NATS_CLOSE_MS later at the latest: a thread that still waits for a server is
 * then left to itself, and frees what it has.
 */
void nats_thread_close(struct nats_thread *thread, void (*on_closed)(void *arg), void *arg);

#endif
