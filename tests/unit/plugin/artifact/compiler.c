/* One component is compiled after the other, with a time limit and an end by those who asked. */
#include "fixture.h"

static void test_one_at_a_time(void **state)
{
	struct fixture *fixture = *state;
	struct asked asked[4];

	make_file(fixture->folder, "1.wasm", "1");
	make_file(fixture->folder, "2.wasm", "2");
	make_guest(fixture->folder, GUEST_BEGIN "mkdir busy || echo overlap >> log\n" GUEST_WAIT
						"rmdir busy\n" GUEST_END);
	ask(fixture, "x.wasm", &asked[0]);
	ask(fixture, "y.wasm", &asked[1]);
	ask(fixture, "1.wasm", &asked[2]);
	ask(fixture, "2.wasm", &asked[3]);
	for (int i = 0; i < 4; i++)
		open_gate(fixture);
	for (int i = 0; i < 4; i++)
		run_to_end(fixture, &asked[i]);
	for (int i = 0; i < 4; i++)
		assert_string_equal(asked[i].failure, "");
	assert_runs(fixture, 4);
}

static void test_failure_text(void **state)
{
	struct fixture *fixture = *state;
	struct asked asked;
	char expected[256];

	make_guest(fixture->folder,
		   GUEST_BEGIN "echo noise >&2; echo \"error: $2: bad section\" >&2\nexit 1\n");
	ask(fixture, "x.wasm", &asked);
	run_to_end(fixture, &asked);
	snprintf(expected, sizeof(expected), "error: %s: bad section",
		 at(fixture->folder, "x.wasm"));
	assert_string_equal(asked.failure, expected);
	assert_no_temporaries(fixture);

	make_guest(fixture->folder, GUEST_BEGIN "exit 3\n");
	ask(fixture, "x.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_string_equal(asked.failure, "the compiler ended with status 3");

	make_guest(fixture->folder, GUEST_BEGIN "kill -SEGV $$\n");
	ask(fixture, "x.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_string_equal(asked.failure, "the compiler was killed by signal 11");

	make_guest(fixture->folder, GUEST_BEGIN "exit 0\n");
	ask(fixture, "x.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_string_equal(asked.failure,
			    "the compiler wrote no compiled component (is the disk full?)");

	/* Far more than is kept; the last line counts. */
	make_guest(fixture->folder,
		   GUEST_BEGIN "i=0; while [ $i -lt 5000 ]; do echo 0123456789012345"
			       "67890123456789 >&2; i=$((i+1)); done\n"
			       "echo the end >&2; exit 1\n");
	ask(fixture, "x.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_string_equal(asked.failure, "the end");

	unlink(at(fixture->folder, "guest"));
	ask(fixture, "x.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_non_null(strstr(
		asked.failure,
		"guest: no such file or directory; check that it is installed and executable"));
	assert_no_temporaries(fixture);
	/* A failure is not kept. */
	make_guest(fixture->folder, GUEST_BEGIN GUEST_END);
	get(fixture, "x.wasm", &asked);
}

static void test_no_component(void **state)
{
	struct fixture *fixture = *state;
	struct asked asked;

	ask(fixture, "none.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_non_null(strstr(asked.failure, "none.wasm: cannot open this file (check its mode "
					      "and owner): No such file or directory"));
	make_link(fixture->folder, "l.wasm", "x.wasm");
	ask(fixture, "l.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_non_null(strstr(asked.failure, "l.wasm is a symbolic link"));
	assert_runs(fixture, 0);
}

static void test_progress_and_deadline(void **state)
{
	static const struct artifact_limits limits = {
		.component_bytes = 100, .progress_ms = 1, .deadline_ms = 50};
	struct fixture *fixture = *state;
	struct asked asked;

	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT GUEST_END);
	artifact_cache_set_limits(fixture->cache, &limits);
	ask(fixture, "x.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_string_equal(asked.failure, "compiling took longer than 0.05 s");
	assert_non_null(strstr(asked.progress, "still compiling x (0 s)\n"));
	assert_no_temporaries(fixture);
}

static void test_what_took_too_long_is_not_tried_again(void **state)
{
	static const struct artifact_limits patient = {
		.component_bytes = 100, .progress_ms = 1000, .deadline_ms = 60000};
	static const struct artifact_limits limits = {
		.component_bytes = 100, .progress_ms = 1000, .deadline_ms = 1000};
	struct fixture *fixture = *state;
	struct asked asked;

	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT GUEST_END);
	artifact_cache_set_limits(fixture->cache, &limits);
	for (int i = 0; i < 3; i++) {
		ask(fixture, "x.wasm", &asked);
		run_to_end(fixture, &asked);
		assert_non_null(strstr(asked.failure, "compiling took "));
	}
	assert_non_null(strstr(asked.failure, "compiled again when its file changes"));
	assert_runs(fixture, 1);
	/* Its file changes. */
	make_guest(fixture->folder, GUEST_BEGIN GUEST_END);
	make_file(fixture->folder, "x.wasm", "x2");
	artifact_cache_set_limits(fixture->cache, &patient);
	get(fixture, "x.wasm", &asked);
	assert_runs(fixture, 2);
}

static void test_deadline_by_size(void **state)
{
	static const struct artifact_limits limits = {
		.component_bytes = 100,
		.progress_ms = 1000,
		.deadline_first_ms = 30,
		.deadline_mb_ms = 10000000, /* 10 ms a byte */
		.deadline_ms = 100000,
	};
	struct fixture *fixture = *state;
	struct asked asked;

	make_file(fixture->folder, "x.wasm", "123");
	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT GUEST_END);
	artifact_cache_set_limits(fixture->cache, &limits);
	ask(fixture, "x.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_string_equal(asked.failure, "compiling took longer than 0.06 s");
}

/* A large one holds up one at most, the one that is compiled when it comes. */
static void test_the_smallest_is_next(void **state)
{
	struct fixture *fixture = *state;
	struct asked first, large, small;

	make_file(fixture->folder, "large.wasm", "0123456789");
	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT "cat \"$2\" >> order\n" GUEST_END);
	ask(fixture, "x.wasm", &first);
	run_to_progress(fixture, &first, "compiling");
	ask(fixture, "large.wasm", &large);
	ask(fixture, "y.wasm", &small);
	/* Both wait before the first has ended. */
	for (int i = 0; i < 50; i++) {
		uv_run(&fixture->loop, UV_RUN_NOWAIT);
		usleep(2000);
	}
	for (int i = 0; i < 3; i++)
		open_gate(fixture);
	run_to_end(fixture, &large);
	run_to_end(fixture, &small);
	assert_content(at(fixture->folder, "order"), "xy0123456789");
}

static void test_cancel(void **state)
{
	struct fixture *fixture = *state;
	struct asked x, y, again;

	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT GUEST_END);
	ask(fixture, "x.wasm", &x);
	artifact_request_cancel(x.request); /* while it is hashed */
	ask(fixture, "x.wasm", &x);
	run_to_progress(fixture, &x, "compiling");
	ask(fixture, "y.wasm", &y);
	artifact_request_cancel(x.request); /* kills the compiler, which would wait for ever */
	ask(fixture, "x.wasm", &again);
	for (int i = 0; i < 3; i++) /* the one that dies may still take a line */
		open_gate(fixture);
	run_to_end(fixture, &y);
	run_to_end(fixture, &again);
	assert_content(again.path, "code of x");
	assert_content(y.path, "code of y");
	assert_int_equal(x.ended, 0);
}

static void test_cancel_one_of_two(void **state)
{
	struct fixture *fixture = *state;
	struct asked first, second;

	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT GUEST_END);
	ask(fixture, "x.wasm", &first);
	ask(fixture, "x.wasm", &second);
	run_to_progress(fixture, &first, "compiling");
	artifact_request_cancel(first.request);
	open_gate(fixture);
	run_to_end(fixture, &second);
	assert_content(second.path, "code of x");
	assert_int_equal(first.ended, 0);
	assert_runs(fixture, 1);
}

static void test_cancel_in_an_event(void **state)
{
	struct fixture *fixture = *state;
	struct asked x, y;

	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT GUEST_END);
	ask(fixture, "x.wasm", &x);
	x.to_cancel = &x;
	run_to_progress(fixture, &x, "compiling");
	ask(fixture, "y.wasm", &y);
	open_gate(fixture); /* twice, since the one that dies may still take a line */
	open_gate(fixture);
	run_to_end(fixture, &y);
	assert_string_equal(y.failure, "");
	assert_int_equal(x.ended, 0);
}

/* teardown sees that nothing is left, and that no event comes. */
static void test_close_at_work(void **state)
{
	struct fixture *fixture = *state;
	struct asked x, y, z;

	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT GUEST_END);
	ask(fixture, "x.wasm", &x);
	ask(fixture, "y.wasm", &y);
	while (!*x.progress && !*y.progress)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	ask(fixture, "x.wasm", &z);
	artifact_cache_trim(fixture->cache, 0);
	artifact_request_cancel(z.request);
	close_cache(fixture);
	assert_int_equal(x.ended + y.ended + z.ended, 0);
	open_cache(fixture);
	assert_no_temporaries(fixture);
}

static void test_close_in_an_event(void **state)
{
	struct fixture *fixture = *state;
	struct asked x, y;

	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT GUEST_END);
	ask(fixture, "x.wasm", &x);
	x.to_close = 1;
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(x.ended, 0);
	open_cache(fixture);
	make_guest(fixture->folder, GUEST_BEGIN GUEST_END);
	ask(fixture, "x.wasm", &x);
	ask(fixture, "x.wasm", &y);
	x.close_at_end = y.close_at_end = 1;
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(x.ended + y.ended, 1);
	open_cache(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_at_a_time),
		TEST(test_failure_text),
		TEST(test_no_component),
		TEST(test_progress_and_deadline),
		TEST(test_what_took_too_long_is_not_tried_again),
		TEST(test_deadline_by_size),
		TEST(test_the_smallest_is_next),
		TEST(test_cancel),
		TEST(test_cancel_one_of_two),
		TEST(test_cancel_in_an_event),
		TEST(test_close_at_work),
		TEST(test_close_in_an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
