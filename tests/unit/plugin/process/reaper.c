#include "plugin/process/reaper.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../emulated.h"
#include "base/error.h"
#include "loop.h"

struct seen {
	int count;
	int status;
};

static void see(void *arg, int status)
{
	struct seen *seen = arg;

	seen->count++;
	seen->status = status;
}

/* A child that ends when its pipe does. */
static pid_t start_child(int *ret_fd, int exit_code)
{
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		char byte;

		close(fds[1]);
		while (read(fds[0], &byte, 1) > 0)
			;
		_exit(exit_code);
	}
	close(fds[0]);
	*ret_fd = fds[1];
	return pid;
}

static void run_until(const struct seen *seen, int count)
{
	while (seen->count < count)
		uv_run(&loop, UV_RUN_ONCE);
}

static void tells_the_status_once(void **state)
{
	struct seen seen = {0};
	int fd;

	(void)state;
	assert_int_equal(reaper_watch(reaper, start_child(&fd, 7), see, &seen), 0);
	close(fd);
	run_until(&seen, 1);
	assert_int_equal(WEXITSTATUS(seen.status), 7);
	assert_int_equal(seen.count, 1);
}

static void takes_one_that_ended_before(void **state)
{
	struct seen seen = {0};
	siginfo_t info;
	pid_t pid;
	int fd;

	(void)state;
	pid = start_child(&fd, 3);
	close(fd);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(reaper_watch(reaper, pid, see, &seen), 0);
	assert_int_equal(seen.count, 1);
	assert_int_equal(WEXITSTATUS(seen.status), 3);
}

static void several_at_once(void **state)
{
	struct seen seen = {0};
	int fds[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		reaper_watch(reaper, start_child(&fds[i], 0), see, &seen);
	for (int i = 0; i < 8; i++)
		close(fds[i]);
	run_until(&seen, 8);
	assert_int_equal(seen.count, 8);
}

static void a_grandchild_comes_to_us(void **state)
{
	struct seen seen = {0};
	int fds[2], gate[2];
	pid_t middle, child;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pipe(gate), 0);
	middle = fork();
	if (!middle) {
		child = fork();
		if (!child) {
			char byte;

			close(gate[1]);
			_exit(read(gate[0], &byte, 1) == 0 ? 9 : 1);
		}
		_exit(write(fds[1], &child, sizeof(child)) == sizeof(child) ? 0 : 1);
	}
	assert_int_equal(waitpid(middle, NULL, 0), middle);
	assert_int_equal(read(fds[0], &child, sizeof(child)), sizeof(child));
	reaper_watch(reaper, child, see, &seen);
	close(gate[0]);
	close(gate[1]);
	run_until(&seen, 1);
	assert_int_equal(WEXITSTATUS(seen.status), 9);
	close(fds[0]);
	close(fds[1]);
}

static void a_forgotten_one_leaves_no_zombie(void **state)
{
	struct seen seen = {0}, other = {0};
	pid_t pid;
	int fd, other_fd;

	(void)state;
	pid = start_child(&fd, 0);
	reaper_watch(reaper, pid, see, &seen);
	reaper_forget(reaper, pid);
	close(fd);
	reaper_watch(reaper, start_child(&other_fd, 0), see, &other);
	while (kill(pid, 0) == 0) /* until it is reaped: the signal runs the loop */
		uv_run(&loop, UV_RUN_NOWAIT);
	close(other_fd);
	run_until(&other, 1);
	assert_int_equal(seen.count, 0);
}

static void a_process_is_watched_once(void **state)
{
	struct seen seen = {0}, other = {0};
	pid_t pid;
	int fd;

	(void)state;
	pid = start_child(&fd, 5);
	assert_int_equal(reaper_watch(reaper, pid, see, &seen), 0);
	assert_int_equal(reaper_watch(reaper, pid, see, &other), ERROR_EXISTS);
	reaper_forget(reaper, pid);
	assert_int_equal(reaper_watch(reaper, pid, see, &other), ERROR_EXISTS);
	close(fd);
	while (kill(pid, 0) == 0)
		uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(seen.count + other.count, 0);
}

/* Somebody else waited for it, or it never was ours: without an end it would be watched for ever.
 */
static void one_that_is_no_child_has_ended(void **state)
{
	struct seen seen = {0}, stolen = {0};
	pid_t pid;
	int fd;

	(void)state;
	assert_int_equal(reaper_watch(reaper, getppid(), see, &seen), 0);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.status, REAPER_STATUS_LOST);
	pid = start_child(&fd, 0);
	assert_int_equal(reaper_watch(reaper, pid, see, &stolen), 0);
	close(fd);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	run_until(&stolen, 1);
	assert_int_equal(stolen.status, REAPER_STATUS_LOST);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, loop_set_up, loop_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tells_the_status_once),
		TEST(takes_one_that_ended_before),
		TEST(several_at_once),
		TEST(a_grandchild_comes_to_us),
		TEST(a_forgotten_one_leaves_no_zombie),
		TEST(a_process_is_watched_once),
		TEST(one_that_is_no_child_has_ended),
	};

	if (emulated_lacks_subreaper())
		return EMULATED_SKIP;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
