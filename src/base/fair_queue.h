/*
 * A queue of jobs for one bus that several plugins use. It decides which plugin's job runs next:
 * the plugin that has used the least bus time goes first. (In this header `owner` is the name of
 * the plugin that a job belongs to.)
 *
 * The algorithm is start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996). Each plugin has
 * an account in virtual time. A job starts at the account's finish tag, or at the virtual time if
 * that is later; the job with the smallest start tag runs next, and the time it takes on the bus
 * moves its plugin's finish tag forward. So the duration of a job need not be known in advance. Two
 * additions:
 *
 * - Credit: a plugin that has used less than its share may start up to FAIR_QUEUE_CREDIT_NS in the
 *   past (compare borrowed virtual time, Duda and Cheriton, SOSP 1999). So a plugin that reads a
 *   sensor now and then waits for the transfer in progress, and not for a round of all the others.
 *   Virtual time moves in steps, one a round, each as long as a transfer; so the credit is longer
 *   than the longest transfer and the plugin's own together. A plugin has to earn it: a new one
 *   starts FAIR_QUEUE_NEW_NS in the past. Or else many that come at once would all be ahead of the
 *   one that was here before.
 * - Patience: a plugin sends its next transfer only after the answer to its last one. So if the
 *   plugin that ran last would also be next, the queue leaves the bus idle for up to
 *   FAIR_QUEUE_PATIENCE_NS before it starts a long job of another plugin (anticipatory scheduling,
 *   Iyer and Druschel, SOSP 2001). That idle time is charged to the plugin like a transfer.
 *
 * Plain data: the caller locks it and passes the time (monotonic, in nanoseconds).
 */
#ifndef HARVESTER_BASE_FAIR_QUEUE_H
#define HARVESTER_BASE_FAIR_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define FAIR_QUEUE_CREDIT_NS 4000000000 /* a capture of edges takes 2 s, the longest transfer */
#define FAIR_QUEUE_NEW_NS 100000000
#define FAIR_QUEUE_IDLE_MAX 256 /* accounts without a job that are kept for their credit */
#define FAIR_QUEUE_PATIENCE_NS 10000000
#define FAIR_QUEUE_LONG_NS 40000000 /* a job of this length is delayed for patience */
#define FAIR_QUEUE_OWNER_SIZE 65    /* bytes of a plugin's name; a longer one is cut */

struct fair_account;

/* The first member of the caller's own struct, which must not move while the job waits or runs. */
struct fair_job {
	TAILQ_ENTRY(fair_job) link;
	struct fair_account *account;
	uint64_t number; /* order of arrival */
};

TAILQ_HEAD(fair_accounts, fair_account);

struct fair_queue {
	/* owned: of plugins that have jobs, or used more or less than others; the one whose last
	 * job came longest ago first */
	struct fair_accounts accounts;
	size_t owner_limit;
	uint64_t arrived;	   /* jobs pushed so far */
	uint64_t virtual_ns;	   /* start tag of the job that began last */
	uint64_t latest_finish_ns; /* the largest finish tag of all accounts */
	struct fair_job *running;  /* borrowed; NULL while the bus is idle */
	uint64_t began_ns;	   /* when `running` began */
	uint64_t ended_ns;	   /* when the last job ended */
	uint64_t idle_from_ns;	   /* idle time before this moment is accounted for */
	struct fair_account *last; /* account of the last job; NULL if none, or if it was freed */
	bool is_patient;	   /* the bus is idle for the sake of `last` */
};

/* owner_limit: jobs that one plugin may have, the running one included; 1 or more. */
void fair_queue_init(struct fair_queue *queue, size_t owner_limit);

/* Free the accounts. No job may be left in the queue. */
void fair_queue_finish(struct fair_queue *queue);

/* Add a job of plugin `owner`. ERROR_BUSY if the plugin has reached its limit, ERROR_NO_MEMORY. */
int fair_queue_push(struct fair_queue *queue, struct fair_job *job, const char *owner,
		    uint64_t now_ns);

/*
 * Return the job that begins now; it runs until fair_queue_end(). Returns NULL with *ret_wait_ns 0
 * if no job waits, or NULL with the time after which to call again (or after the next push, if that
 * is earlier). Do not call while a job runs.
 */
struct fair_job *fair_queue_next(struct fair_queue *queue, uint64_t now_ns, uint64_t *ret_wait_ns);

/* Record that the running job has ended. */
void fair_queue_end(struct fair_queue *queue, uint64_t now_ns);

/* Remove a waiting job. */
void fair_queue_remove(struct fair_queue *queue, struct fair_job *job);

/* The number of accounts that the queue holds. */
size_t fair_queue_accounts(const struct fair_queue *queue);

/* Remove any one waiting job and return it; NULL if none waits. */
struct fair_job *fair_queue_take(struct fair_queue *queue);

#endif
