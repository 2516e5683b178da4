/* Wall two alone: each test does what an attacker would in place of the engine. */
#include "guest/lockdown.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"

#define KEPT_FD 7

/* How a child ends that is locked down and then runs `attack`: its wait status. */
static int end_of(enum lockdown_kind kind, int (*attack)(void))
{
	struct lockdown lockdown;
	int status;
	pid_t pid;

	assert_int_equal(lockdown_init(&lockdown, kind, NULL), 0);
	pid = fork();
	if (!pid) {
		struct error err = {0};

		dup2(STDIN_FILENO, KEPT_FD);
		lockdown_close_files(KEPT_FD, KEPT_FD);
		if (lockdown_enter(&lockdown, true, &err))
			_exit(99);
		_exit(attack());
	}
	lockdown_finish(&lockdown);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void assert_kind_killed(enum lockdown_kind kind, int (*attack)(void))
{
	int status = end_of(kind, attack);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void assert_kind_exits(enum lockdown_kind kind, int (*attack)(void), int code)
{
	int status = end_of(kind, attack);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
}

static void assert_killed(int (*attack)(void))
{
	assert_kind_killed(LOCKDOWN_PLUGIN, attack);
}

static void assert_exits(int (*attack)(void), int code)
{
	assert_kind_exits(LOCKDOWN_PLUGIN, attack, code);
}

static int open_file(void)
{
	return open("/etc/passwd", O_RDONLY) < 0 ? errno : 0;
}

static int open_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
}

static int connect_by_number(void)
{
	return (int)syscall(SYS_connect, KEPT_FD, "", 2);
}

static int execute(void)
{
	execl("/bin/true", "true", NULL);
	return 0;
}

static int fork_a_process(void)
{
	return fork() < 0;
}

static int make_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0) == MAP_FAILED;
}

static int turn_into_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int trace_parent(void)
{
	return (int)syscall(SYS_ptrace, 16, getppid(), 0, 0);
}

static int kill_parent(void)
{
	return (int)syscall(SYS_kill, getppid(), SIGTERM);
}

static int mount_something(void)
{
	return (int)syscall(SYS_mount, "x", "/", "tmpfs", 0, NULL);
}

static int look_around(void)
{
	/* Nothing open but what was kept; no descriptor above it either. */
	for (int fd = 0; fd < 64; fd++) {
		char byte;

		if (fd != KEPT_FD && (read(fd, &byte, 0) == 0 || errno != EBADF))
			return 1;
	}
	return 0;
}

static int regain_root(void)
{
	return (int)syscall(SYS_setuid, 0);
}

static void *idle(void *arg)
{
	return arg;
}

static int honest_work(void)
{
	struct timespec moment = {0, 1000};
	pthread_t thread;
	void *page;

	if (pthread_create(&thread, NULL, idle, NULL) || pthread_join(thread, NULL))
		return 1;
	clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
	page = malloc(1 << 20);
	if (!page)
		return 2;
	memset(page, 1, 1 << 20);
	free(page);
	return 0;
}

/* Without the seccomp program: what is left must hold the file system alone. */
static void landlock_holds_alone(void **state)
{
	struct lockdown no_filter = {0};
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (!pid) {
		lockdown_enter(&no_filter, false, NULL);
		_exit(open_file());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), EACCES);
}

static void files_and_sockets_are_refused(void **state)
{
	(void)state;
	assert_exits(open_file, EACCES);
	assert_exits(open_socket, EACCES);
	assert_exits(look_around, 0);
}

static void the_rest_kills(void **state)
{
	(void)state;
	assert_killed(connect_by_number);
	assert_killed(execute);
	assert_killed(fork_a_process);
	assert_killed(make_code);
	assert_killed(turn_into_code);
	assert_killed(trace_parent);
	assert_killed(kill_parent);
	assert_killed(mount_something);
	assert_killed(regain_root);
}

/* It may make code, since that is its work; nothing else is new. */
static void a_compiler_makes_code_and_no_more(void **state)
{
	(void)state;
	assert_kind_exits(LOCKDOWN_COMPILER, make_code, 0);
	assert_kind_exits(LOCKDOWN_COMPILER, turn_into_code, 0);
	assert_kind_exits(LOCKDOWN_COMPILER, honest_work, 0);
	assert_kind_exits(LOCKDOWN_COMPILER, open_file, EACCES);
	assert_kind_exits(LOCKDOWN_COMPILER, open_socket, EACCES);
	assert_kind_killed(LOCKDOWN_COMPILER, execute);
	assert_kind_killed(LOCKDOWN_COMPILER, fork_a_process);
	assert_kind_killed(LOCKDOWN_COMPILER, trace_parent);
	assert_kind_killed(LOCKDOWN_COMPILER, kill_parent);
	assert_kind_killed(LOCKDOWN_COMPILER, connect_by_number);
	assert_kind_killed(LOCKDOWN_COMPILER, regain_root);
}

static void what_the_engine_needs_works(void **state)
{
	(void)state;
	assert_exits(honest_work, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(landlock_holds_alone),
		cmocka_unit_test(files_and_sockets_are_refused),
		cmocka_unit_test(the_rest_kills),
		cmocka_unit_test(a_compiler_makes_code_and_no_more),
		cmocka_unit_test(what_the_engine_needs_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
