/*
 * Who goes next on a bus that several plugins use: the one that was served least.
 *
 * Start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996). Every owner has an account in
 * virtual time. A job starts at the account's finish tag, or at the virtual time if that is later;
 * the job with the smallest start tag goes next, and the time it took on the bus moves the finish
 * tag of its owner forward. Nobody needs to know beforehand how long a job takes. Two additions:
 *
 * - An owner that has used less than its share may start up to FAIR_QUEUE_CREDIT_NS in the past
 * (compare borrowed virtual time, Duda and Cheriton, SOSP 1999), so that a plugin which reads a
 * sensor now and then does not wait for a round of all the others.
 * - An owner that was just served, and would be next again, is waited for during
 * FAIR_QUEUE_PATIENCE_NS before a long job of another begins, because a plugin sends its next
 * transfer only when it has the answer to the last one (anticipatory scheduling, Iyer and Druschel,
 * SOSP 2001). The bus is idle then; that time is charged like a transfer.
 *
 * Plain data without threads or clock: the caller locks it, and says what time it is (monotonic,
 * ns).
 */
#ifndef HARVESTER_BASE_FAIR_QUEUE_H
#define HARVESTER_BASE_FAIR_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define FAIR_QUEUE_CREDIT_NS 1000000000
#define FAIR_QUEUE_PATIENCE_NS 10000000
#define FAIR_QUEUE_LONG_NS 40000000 /* a job that is worth waiting for others before it */
#define FAIR_QUEUE_OWNER_SIZE 65    /* bytes of an owner's name; a longer one is cut */

struct fair_account;

/* The head of the caller's own struct, which stays where it is while the job waits or runs. */
struct fair_job {
	TAILQ_ENTRY(fair_job) link;
	struct fair_account *account;
	uint64_t number; /* of its arrival */
};

TAILQ_HEAD(fair_accounts, fair_account);

struct fair_queue {
	struct fair_accounts
		accounts; /* owned: of those who have jobs, or are not even with the others */
	size_t owner_limit;
	uint64_t arrived;	   /* jobs, ever */
	uint64_t virtual_ns;	   /* start tag of the job that began last */
	uint64_t latest_finish_ns; /* of all accounts */
	struct fair_job *running;  /* borrowed; NULL: the bus is idle */
	uint64_t began_ns;	   /* `running` */
	uint64_t ended_ns;	   /* the last job */
	uint64_t idle_from_ns;	   /* how much idle time was accounted for */
	struct fair_account *last; /* whose job it was; NULL: none, or forgotten */
	bool is_patient;	   /* the bus is idle for `last` */
};

/* owner_limit: jobs of one owner, the running one included; 1 or more. */
void fair_queue_init(struct fair_queue *queue, size_t owner_limit);

/* No job may be left in it. */
void fair_queue_finish(struct fair_queue *queue);

/* A job joins. ERROR_BUSY at the owner's limit, ERROR_NO_MEMORY. */
int fair_queue_push(struct fair_queue *queue, struct fair_job *job, const char *owner,
		    uint64_t now_ns);

/*
 * The job that begins now; it runs until fair_queue_end(). NULL with *ret_wait_ns 0: none waits.
 * NULL with another *ret_wait_ns: ask again after so long, or after the next push. Not while a job
 * runs.
 */
struct fair_job *fair_queue_next(struct fair_queue *queue, uint64_t now_ns, uint64_t *ret_wait_ns);

/* The running job has ended. */
void fair_queue_end(struct fair_queue *queue, uint64_t now_ns);

/* Take out a job that waits. */
void fair_queue_remove(struct fair_queue *queue, struct fair_job *job);

/* Accounts that are kept now. */
size_t fair_queue_accounts(const struct fair_queue *queue);

/* Take out any job that waits; NULL if none does. */
struct fair_job *fair_queue_take(struct fair_queue *queue);

#endif
