#include "base/fair_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

TAILQ_HEAD(fair_jobs, fair_job);

struct fair_account {
	TAILQ_ENTRY(fair_account) link;
	struct fair_jobs jobs; /* borrowed: the waiting jobs, in order of arrival */
	size_t count;	       /* jobs, the running one included */
	uint64_t start_ns;     /* start tag of its next job, or of the running one */
	uint64_t finish_ns;    /* finish tag of its last job */
	uint64_t longest_ns;   /* longest duration of its jobs; older jobs count less */
	char owner[FAIR_QUEUE_OWNER_SIZE];
};

static uint64_t later(uint64_t left, uint64_t right)
{
	return left > right ? left : right;
}

void fair_queue_init(struct fair_queue *queue, size_t owner_limit)
{
	/* Virtual time does not start at 0, so that the credit can be subtracted from it. */
	*queue = (struct fair_queue){
		.owner_limit = owner_limit,
		.virtual_ns = FAIR_QUEUE_CREDIT_NS,
	};
	TAILQ_INIT(&queue->accounts);
}

static void drop(struct fair_queue *queue, struct fair_account *account)
{
	if (queue->last == account)
		queue->last = NULL;
	TAILQ_REMOVE(&queue->accounts, account, link);
	free(account);
}

void fair_queue_finish(struct fair_queue *queue)
{
	struct fair_account *account;

	while ((account = TAILQ_FIRST(&queue->accounts)))
		drop(queue, account);
}

static struct fair_account *find(struct fair_queue *queue, const char *owner)
{
	struct fair_account *account;

	TAILQ_FOREACH(account, &queue->accounts, link)
	{
		if (!strncmp(account->owner, owner, sizeof(account->owner) - 1))
			return account;
	}
	return NULL;
}

static bool is_empty(const struct fair_queue *queue)
{
	const struct fair_account *account;

	if (queue->running)
		return false;
	TAILQ_FOREACH(account, &queue->accounts, link)
	{
		if (account->count)
			return false;
	}
	return true;
}

/* True if a new account would not be better for the plugin, so that this one can be freed. */
static bool is_even(const struct fair_queue *queue, const struct fair_account *account)
{
	return !account->count && account->finish_ns + FAIR_QUEUE_NEW_NS <= queue->virtual_ns;
}

/* Keep the accounts that were used last: their plugins have earned credit. */
static void forget_even(struct fair_queue *queue)
{
	struct fair_account *account, *next;
	size_t kept = 0;

	TAILQ_FOREACH(account, &queue->accounts, link)
	kept += is_even(queue, account);
	for (account = TAILQ_FIRST(&queue->accounts); kept > FAIR_QUEUE_IDLE_MAX; account = next) {
		next = TAILQ_NEXT(account, link);
		if (!is_even(queue, account))
			continue;
		drop(queue, account);
		kept--;
	}
}

/* Advance the virtual time while the bus is idle, until all accounts are even. */
static void pass_idle_time(struct fair_queue *queue, uint64_t now_ns)
{
	uint64_t even_ns = later(queue->latest_finish_ns + FAIR_QUEUE_CREDIT_NS, queue->virtual_ns);
	uint64_t idle_ns = now_ns - queue->idle_from_ns;

	if (!is_empty(queue))
		return;
	queue->idle_from_ns = now_ns;
	queue->virtual_ns =
		idle_ns < even_ns - queue->virtual_ns ? queue->virtual_ns + idle_ns : even_ns;
}

static struct fair_account *create(struct fair_queue *queue, const char *owner)
{
	struct fair_account *account = calloc(1, sizeof(*account));

	if (!account)
		return NULL;
	forget_even(queue);
	snprintf(account->owner, sizeof(account->owner), "%s", owner);
	account->finish_ns = queue->virtual_ns - FAIR_QUEUE_NEW_NS;
	TAILQ_INIT(&account->jobs);
	TAILQ_INSERT_TAIL(&queue->accounts, account, link);
	return account;
}

static void charge(struct fair_queue *queue, struct fair_account *account, uint64_t used_ns)
{
	account->finish_ns += used_ns;
	queue->latest_finish_ns = later(queue->latest_finish_ns, account->finish_ns);
}

/* Charge the idle time to the account that the bus was idle for, whether its job came or not. */
static void end_patience(struct fair_queue *queue, uint64_t now_ns)
{
	if (queue->is_patient && queue->last)
		charge(queue, queue->last, now_ns - queue->ended_ns);
	queue->is_patient = false;
}

int fair_queue_push(struct fair_queue *queue, struct fair_job *job, const char *owner,
		    uint64_t now_ns)
{
	struct fair_account *account;

	pass_idle_time(queue, now_ns);
	account = find(queue, owner);
	if (account && account->count >= queue->owner_limit)
		return ERROR_BUSY;
	if (!account)
		account = create(queue, owner);
	if (!account)
		return ERROR_NO_MEMORY;
	if (account == queue->last)
		end_patience(queue, now_ns);
	TAILQ_REMOVE(&queue->accounts, account, link);
	TAILQ_INSERT_TAIL(&queue->accounts, account, link);
	if (!account->count++)
		account->start_ns =
			later(account->finish_ns, queue->virtual_ns - FAIR_QUEUE_CREDIT_NS);
	job->account = account;
	job->number = queue->arrived++;
	TAILQ_INSERT_TAIL(&account->jobs, job, link);
	return 0;
}

static bool goes_before(const struct fair_account *left, const struct fair_account *right)
{
	if (left->start_ns != right->start_ns)
		return left->start_ns < right->start_ns;
	return TAILQ_FIRST(&left->jobs)->number < TAILQ_FIRST(&right->jobs)->number;
}

static struct fair_account *find_best(const struct fair_queue *queue)
{
	struct fair_account *best = NULL, *account;

	TAILQ_FOREACH(account, &queue->accounts, link)
	{
		if (!TAILQ_EMPTY(&account->jobs) && (!best || goes_before(account, best)))
			best = account;
	}
	return best;
}

/* How much longer `best` must wait for a job of the account that ran last. */
static uint64_t patience_left(const struct fair_queue *queue, const struct fair_account *best,
			      uint64_t now_ns)
{
	const struct fair_account *last = queue->last;
	uint64_t idle_ns = now_ns - queue->ended_ns;

	if (!last || last->count || last->finish_ns >= best->start_ns ||
	    best->longest_ns < FAIR_QUEUE_LONG_NS || idle_ns >= FAIR_QUEUE_PATIENCE_NS)
		return 0;
	return FAIR_QUEUE_PATIENCE_NS - idle_ns;
}

struct fair_job *fair_queue_next(struct fair_queue *queue, uint64_t now_ns, uint64_t *ret_wait_ns)
{
	struct fair_account *best = find_best(queue);

	*ret_wait_ns = best ? patience_left(queue, best, now_ns) : 0;
	queue->is_patient |= *ret_wait_ns > 0;
	if (!best || *ret_wait_ns)
		return NULL;
	end_patience(queue, now_ns);
	queue->running = TAILQ_FIRST(&best->jobs);
	TAILQ_REMOVE(&best->jobs, queue->running, link);
	queue->began_ns = now_ns;
	queue->virtual_ns = later(queue->virtual_ns, best->start_ns);
	return queue->running;
}

void fair_queue_end(struct fair_queue *queue, uint64_t now_ns)
{
	struct fair_account *account = queue->running->account;
	uint64_t took_ns = now_ns - queue->began_ns;

	account->finish_ns = account->start_ns;
	charge(queue, account, took_ns);
	account->start_ns = account->finish_ns;
	account->longest_ns = later(took_ns, account->longest_ns - account->longest_ns / 8);
	account->count--;
	queue->running = NULL;
	queue->last = account;
	queue->ended_ns = queue->idle_from_ns = now_ns;
}

void fair_queue_remove(struct fair_queue *queue, struct fair_job *job)
{
	(void)queue;
	TAILQ_REMOVE(&job->account->jobs, job, link);
	job->account->count--;
}

struct fair_job *fair_queue_take(struct fair_queue *queue)
{
	struct fair_account *account = find_best(queue);
	struct fair_job *job = account ? TAILQ_FIRST(&account->jobs) : NULL;

	if (job)
		fair_queue_remove(queue, job);
	return job;
}

size_t fair_queue_accounts(const struct fair_queue *queue)
{
	const struct fair_account *account;
	size_t count = 0;

	TAILQ_FOREACH(account, &queue->accounts, link)
	count++;
	return count;
}
