/* Wall two alone: each test does what an attacker would in place of the engine. */
#include "guest/lockdown.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../emulated.h"
#include "base/error.h"
#include "guest/landlock.h"
#include "wire/guest_process.h"

#define KEPT_FD 7

static pid_t parent; /* to ask for it is a forbidden call too, and would end each attack early */

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
	return (int)syscall(SYS_ptrace, 16, parent, 0, 0);
}

static int kill_parent(void)
{
	return (int)syscall(SYS_kill, parent, SIGTERM);
}

/* One with the own number goes through, as abort() needs. */
static int signal_parent_by_thread(void)
{
	return (int)syscall(SYS_tgkill, parent, parent, SIGTERM);
}

static int signal_itself(void)
{
	signal(SIGUSR1, SIG_IGN);
	return raise(SIGUSR1) ? errno : 0;
}

static int give_up(void)
{
	abort();
}

static int share_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) ==
	       MAP_FAILED;
}

static int share_memory_validated(void)
{
	return mmap(NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0) ==
	       MAP_FAILED;
}

/* Of the kinds that RLIMIT_DATA does not count. */
static int map_a_stack(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN,
		    -1, 0) == MAP_FAILED;
}

/* What glibc 2.41 tries for getrandom() on Linux 6.11; without it, it makes the system call. */
static int map_droppable_memory(void)
{
	const int map_droppable = 0x08;

	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, map_droppable | MAP_ANONYMOUS, -1, 0) ==
			       MAP_FAILED
		       ? errno
		       : 0;
}

static int map_huge_pages(void)
{
	return mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0) == MAP_FAILED;
}

static int make_memory_file(void)
{
	return memfd_create("x", 0) < 0;
}

static int make_shared_segment(void)
{
	return (int)syscall(SYS_shmget, 0, 4096, 01600) < 0;
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

static void *wait_for_ever(void *arg)
{
	for (;;)
		poll(NULL, 0, -1);
	return arg;
}

static int start_many_threads(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int count = 1;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 65536);
	while (count < 200 && !pthread_create(&thread, &attributes, wait_for_ever, NULL))
		count++;
	return count;
}

static int own_user(void)
{
	unsigned id = (unsigned)syscall(SYS_getpid) + GUEST_ID_BASE, ids[3], groups[3];

	getresuid(&ids[0], &ids[1], &ids[2]);
	getresgid(&groups[0], &groups[1], &groups[2]);
	for (int i = 0; i < 3; i++)
		if (ids[i] != id || groups[i] != id)
			return 1;
	return setfsuid((uid_t)-1) != (int)id;
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

/* `attack` in a process that Landlock and the user id alone hold. */
static int end_without_filter(int (*attack)(void))
{
	struct lockdown no_filter = {0};
	int status;
	pid_t pid = fork();

	if (!pid) {
		lockdown_enter(&no_filter, false, NULL);
		_exit(attack());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int signal_parent(void)
{
	return kill(parent, 0) ? errno : 0;
}

static int connect_abstract(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0harvester-test"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return connect(fd, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;
}

/* Root still, which only Landlock can hold back. */
static int end_behind_landlock(int (*attack)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(landlock_enter(NULL) ? 99 : attack());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static long landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/* Where the kernel has scopes, Landlock stops them without a filter too. */
static void landlock_stops_signals_and_abstract_sockets(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0harvester-test"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	if (landlock_version() < 6)
		skip();
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(end_behind_landlock(signal_parent), EPERM);
	assert_int_equal(end_behind_landlock(connect_abstract), EPERM);
	close(fd);
}

static void a_guest_of_root_has_a_user_of_its_own(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(end_without_filter(own_user), 0);
	assert_int_equal(end_without_filter(signal_parent), EPERM);
}

static void threads_are_few(void **state)
{
	(void)state;
	if (geteuid())
		skip(); /* by user, and the user is not the guest's own */
	assert_exits(start_many_threads, GUEST_THREADS_MAX);
}

/* The first step of a component: its own artifact and nothing else, as whom the file belongs to. */

static char artifact[] = "/tmp/harvester-artifact-XXXXXX";

static int end_of_mapping_of(bool is_code, int (*attack)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct error err = {0};

		lockdown_close_files(KEPT_FD, KEPT_FD);
		if (lockdown_enter_mapping(artifact, is_code, true, &err))
			_exit(99);
		_exit(attack());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int end_of_mapping(int (*attack)(void))
{
	return end_of_mapping_of(true, attack);
}

static void *mapped_artifact(void)
{
	int fd = open(artifact, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
}

static int map_artifact(void)
{
	return mapped_artifact() == MAP_FAILED;
}

static int run_artifact(void)
{
	void *page = mapped_artifact();

	return page == MAP_FAILED || mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int write_artifact(void)
{
	return open(artifact, O_WRONLY) < 0 ? errno : 0;
}

/* From the first step to the second, with all that is left of the first. */
static int (*next_attack)(void);
static struct lockdown next_lockdown;

static int go_on(void)
{
	if (lockdown_enter(&next_lockdown, next_lockdown.filter.filter, NULL))
		return 99;
	return next_attack();
}

static int read_artifact(void)
{
	return open(artifact, O_RDONLY) < 0 ? errno : 0;
}

static void a_component_is_mapped_in_a_first_lockdown(void **state)
{
	int fd = mkstemp(artifact);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	assert_int_equal(end_of_mapping(run_artifact), 0);
	assert_int_equal(end_of_mapping_of(false, map_artifact), 0);
	assert_int_equal(end_of_mapping_of(false, run_artifact), -SIGSYS);
	assert_int_equal(end_of_mapping_of(false, make_code), -SIGSYS);
	assert_int_equal(end_of_mapping_of(false, turn_into_code), -SIGSYS);
	assert_int_equal(end_of_mapping_of(false, open_file), EACCES);
	assert_int_equal(end_of_mapping(write_artifact), EACCES);
	assert_int_equal(end_of_mapping(open_file), EACCES);
	assert_int_equal(end_of_mapping(open_socket), EACCES);
	assert_int_equal(end_of_mapping(look_around), 0);
	assert_int_equal(end_of_mapping(execute), -SIGSYS);
	assert_int_equal(end_of_mapping(fork_a_process), -SIGSYS);
	assert_int_equal(end_of_mapping(connect_by_number), -SIGSYS);
	assert_int_equal(end_of_mapping(signal_parent_by_thread), -SIGSYS);
	assert_int_equal(end_of_mapping(kill_parent), -SIGSYS);
	assert_int_equal(end_of_mapping(share_memory), -SIGSYS);
	assert_int_equal(end_of_mapping(regain_root), -SIGSYS);
	unlink(artifact);
}

static int opens_files_as_another(void)
{
	return setfsuid((uid_t)-1) != (int)getuid();
}

static int go_on_from_mapping(int (*attack)(void))
{
	int ret;

	assert_int_equal(lockdown_init(&next_lockdown, LOCKDOWN_PLUGIN, NULL), 0);
	next_attack = attack;
	ret = end_of_mapping(go_on);
	lockdown_finish(&next_lockdown);
	return ret;
}

static void the_second_lockdown_takes_back_what_the_first_left(void **state)
{
	(void)state;
	memcpy(artifact + sizeof(artifact) - 7, "XXXXXX", 6);
	close(mkstemp(artifact));
	assert_int_equal(go_on_from_mapping(honest_work), 0);
	assert_int_equal(go_on_from_mapping(read_artifact), EACCES);
	assert_int_equal(go_on_from_mapping(turn_into_code), -SIGSYS);
	assert_int_equal(go_on_from_mapping(make_code), -SIGSYS);
	assert_int_equal(go_on_from_mapping(signal_parent_by_thread), -SIGSYS);
	/* Without the second filter, which would not let it ask. */
	next_attack = opens_files_as_another;
	assert_int_equal(end_of_mapping(go_on), 0);
	unlink(artifact);
}

static void files_and_sockets_are_refused(void **state)
{
	(void)state;
	assert_exits(open_file, EACCES);
	assert_exits(open_socket, EACCES);
	assert_exits(look_around, 0);
	assert_exits(map_droppable_memory, ENOMEM);
	assert_kind_exits(LOCKDOWN_COMPILER, map_droppable_memory, ENOMEM);
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
	assert_killed(signal_parent_by_thread);
	assert_killed(share_memory);
	assert_killed(share_memory_validated);
	assert_killed(map_a_stack);
	assert_killed(map_huge_pages);
	assert_killed(make_memory_file);
	assert_killed(make_shared_segment);
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
	assert_kind_killed(LOCKDOWN_COMPILER, signal_parent_by_thread);
	assert_kind_killed(LOCKDOWN_COMPILER, share_memory);
	assert_kind_killed(LOCKDOWN_COMPILER, connect_by_number);
	assert_kind_killed(LOCKDOWN_COMPILER, regain_root);
}

static void what_the_engine_needs_works(void **state)
{
	int status;

	(void)state;
	assert_exits(honest_work, 0);
	assert_exits(signal_itself, 0);
	status = end_of(LOCKDOWN_PLUGIN, give_up);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(landlock_holds_alone),
		cmocka_unit_test(landlock_stops_signals_and_abstract_sockets),
		cmocka_unit_test(a_guest_of_root_has_a_user_of_its_own),
		cmocka_unit_test(threads_are_few),
		cmocka_unit_test(a_component_is_mapped_in_a_first_lockdown),
		cmocka_unit_test(the_second_lockdown_takes_back_what_the_first_left),
		cmocka_unit_test(files_and_sockets_are_refused),
		cmocka_unit_test(the_rest_kills),
		cmocka_unit_test(a_compiler_makes_code_and_no_more),
		cmocka_unit_test(what_the_engine_needs_works),
	};

	parent = getpid();
	if (emulated_lacks_landlock())
		return EMULATED_SKIP;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
