#include "base/work_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/error.h"

#define JOBS 64

struct fixture;

struct job {
	struct fixture *fixture;
	unsigned number;
	bool waits; /* at the gate */
	int status;
	unsigned done;
};

struct fixture {
	uv_loop_t loop;
	uv_thread_t loop_thread;
	struct work_queue *queue;
	struct job jobs[JOBS];
	atomic_uint running, worked;
	unsigned order[JOBS], done_count;
	uv_sem_t gate, begun;
	unsigned closed;
	void (*in_done)(struct job *job);
};

static void work(void *arg)
{
	struct job *job = arg;
	uv_thread_t self = uv_thread_self();

	assert_int_equal(atomic_fetch_add(&job->fixture->running, 1), 0);
	assert_false(uv_thread_equal(&self, &job->fixture->loop_thread));
	if (job->waits) {
		uv_sem_post(&job->fixture->begun);
		uv_sem_wait(&job->fixture->gate);
	}
	atomic_fetch_add(&job->fixture->worked, 1);
	atomic_fetch_sub(&job->fixture->running, 1);
}

static void done(void *arg, int status)
{
	struct job *job = arg;
	struct fixture *f = job->fixture;
	uv_thread_t self = uv_thread_self();

	assert_true(uv_thread_equal(&self, &f->loop_thread));
	job->status = status;
	job->done++;
	f->order[f->done_count++] = job->number;
	if (f->in_done)
		f->in_done(job);
}

static void on_closed(void *arg)
{
	(*(unsigned *)arg)++;
}

static int submit(struct fixture *f, unsigned number)
{
	f->jobs[number].fixture = f;
	f->jobs[number].number = number;
	return work_queue_submit(f->queue, work, done, &f->jobs[number]);
}

static void start(struct fixture *f, size_t limit)
{
	*f = (struct fixture){.loop_thread = uv_thread_self()};
	assert_int_equal(uv_loop_init(&f->loop), 0);
	assert_int_equal(uv_sem_init(&f->gate, 0), 0);
	assert_int_equal(uv_sem_init(&f->begun, 0), 0);
	assert_int_equal(work_queue_create(&f->loop, limit, &f->queue, NULL), 0);
}

static void run(struct fixture *f)
{
	uv_run(&f->loop, UV_RUN_DEFAULT);
}

static void finish(struct fixture *f)
{
	if (f->queue)
		work_queue_close(f->queue, on_closed, &f->closed);
	assert_int_equal(f->closed, 0);
	run(f);
	assert_int_equal(f->closed, 1);
	uv_sem_destroy(&f->gate);
	uv_sem_destroy(&f->begun);
	assert_int_equal(uv_loop_close(&f->loop), 0);
}

static void test_order(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, JOBS);
	for (unsigned i = 0; i < JOBS; i++)
		assert_int_equal(submit(&f, i), 0);
	assert_int_equal(work_queue_length(f.queue), JOBS);
	assert_int_equal(f.done_count, 0);
	run(&f);
	assert_int_equal(f.done_count, JOBS);
	assert_int_equal(atomic_load(&f.worked), JOBS);
	for (unsigned i = 0; i < JOBS; i++) {
		assert_int_equal(f.order[i], i);
		assert_int_equal(f.jobs[i].done, 1);
		assert_int_equal(f.jobs[i].status, 0);
	}
	assert_int_equal(work_queue_length(f.queue), 0);
	finish(&f);
}

static void test_limit(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 2);
	assert_int_equal(submit(&f, 0), 0);
	assert_int_equal(submit(&f, 1), 0);
	assert_int_equal(submit(&f, 2), ERROR_BUSY);
	assert_int_equal(work_queue_refused(f.queue), 1);
	run(&f);
	assert_int_equal(f.jobs[2].done, 0);
	/* There is room again, and the ring goes round. */
	for (unsigned i = 3; i < 8; i++) {
		assert_int_equal(submit(&f, i), 0);
		run(&f);
		assert_int_equal(f.jobs[i].done, 1);
	}
	assert_int_equal(work_queue_refused(f.queue), 1);
	finish(&f);
}

static void submit_once_more(struct job *job)
{
	if (job->number == 0)
		assert_int_equal(submit(job->fixture, 2), 0);
}

static void test_submit_in_done(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 4);
	f.in_done = submit_once_more;
	assert_int_equal(submit(&f, 0), 0);
	assert_int_equal(submit(&f, 1), 0);
	run(&f);
	assert_int_equal(f.done_count, 3);
	assert_int_equal(f.order[1], 1);
	assert_int_equal(f.order[2], 2);
	finish(&f);
}

static void test_close(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 8);
	f.jobs[0].waits = true;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(submit(&f, i), 0);
	uv_sem_wait(&f.begun);
	work_queue_close(f.queue, on_closed, &f.closed);
	assert_int_equal(submit(&f, 3), ERROR_CLOSED);
	assert_int_equal(f.done_count, 0);
	uv_sem_post(&f.gate);
	run(&f);
	/* What ran is done, what waited is handed back, once each, before the end. */
	assert_int_equal(f.closed, 1);
	assert_int_equal(f.done_count, 3);
	assert_int_equal(f.jobs[0].status, 0);
	assert_int_equal(f.jobs[1].status, ERROR_CLOSED);
	assert_int_equal(f.jobs[2].status, ERROR_CLOSED);
	assert_int_equal(atomic_load(&f.worked), 1);
	uv_sem_destroy(&f.gate);
	uv_sem_destroy(&f.begun);
	assert_int_equal(uv_loop_close(&f.loop), 0);
}

static void close_queue(struct job *job)
{
	struct fixture *f = job->fixture;

	if (job->number == 0) {
		work_queue_close(f->queue, on_closed, &f->closed);
		f->queue = NULL;
	}
}

static void test_close_in_done(void **state)
{
	struct fixture f;

	(void)state;
	for (unsigned jobs = 1; jobs <= 3; jobs++) {
		start(&f, 8);
		f.in_done = close_queue;
		for (unsigned i = 0; i < jobs; i++)
			assert_int_equal(submit(&f, i), 0);
		run(&f);
		assert_int_equal(f.closed, 1);
		assert_int_equal(f.done_count, jobs);
		for (unsigned i = 0; i < jobs; i++)
			assert_int_equal(f.jobs[i].done, 1);
		uv_sem_destroy(&f.gate);
		uv_sem_destroy(&f.begun);
		assert_int_equal(uv_loop_close(&f.loop), 0);
	}
}

static void test_create_without_room(void **state)
{
	struct work_queue *queue = NULL;

	(void)state;
	assert_int_equal(work_queue_create(NULL, 0, &queue, NULL), ERROR_INVALID);
	assert_null(queue);
	work_queue_close(NULL, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),	       cmocka_unit_test(test_limit),
		cmocka_unit_test(test_submit_in_done), cmocka_unit_test(test_close),
		cmocka_unit_test(test_close_in_done),  cmocka_unit_test(test_create_without_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
