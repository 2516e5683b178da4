/*
 * Two hierarchies: a folder of plain files, for what is written where, and the kernel's own, where
 * this machine lets us make a group in it, for what that does.
 */
#include "plugin/process/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <mntent.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"

static void put(const char *folder, const char *name, const char *text)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void assert_holds(const char *folder, const char *name, const char *expected)
{
	char path[512], text[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
}

static void make_group(char *path, size_t size, const char *folder, const char *name)
{
	static const char *const files[] = {"cgroup.procs",	"cgroup.kill", "memory.max",
					    "memory.oom.group", "pids.max",    "memory.swap.max",
					    "cpu.weight.nice"};

	snprintf(path, size, "%s/%s", folder, name);
	assert_int_equal(mkdir(path, 0700), 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		put(path, files[i], "");
}

static int remove_one(const char *path, const struct stat *found, int type, struct FTW *place)
{
	(void)found;
	(void)type;
	(void)place;
	return remove(path);
}

static void limits_are_written_before_the_process_is_moved(void **state)
{
	char folder[] = "/tmp/cgroup-XXXXXX", broker[128], guest[128];
	struct cgroup_tree *tree;
	struct cgroup *group;
	struct error err = {0};

	(void)state;
	assert_non_null(mkdtemp(folder));
	put(folder, "cgroup.controllers", "cpu memory pids\n");
	put(folder, "cgroup.subtree_control", "");
	make_group(broker, sizeof(broker), folder, "broker");
	if (cgroup_tree_create(folder, &tree, &err))
		fail_msg("%s", err.text);
	assert_holds(broker, "cgroup.procs", "0");
	make_group(guest, sizeof(guest), folder, "guest-4711");
	if (cgroup_open(tree, 4711, 80u << 20, &group, &err))
		fail_msg("%s", err.text);
	assert_holds(guest, "memory.max", "83886080");
	assert_holds(guest, "memory.swap.max", "0");
	assert_holds(guest, "memory.oom.group", "1");
	assert_holds(guest, "pids.max", "64");
	assert_holds(guest, "cgroup.procs", "4711");
	assert_false(cgroup_ran_out_of_memory(group));
	put(guest, "memory.events", "low 0\nmax 12\noom 1\noom_kill 1\n");
	assert_true(cgroup_ran_out_of_memory(group));
	cgroup_close(group);
	assert_holds(guest, "cgroup.kill", "1");
	cgroup_tree_destroy(tree);
	assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void shares_of_processors(void **state)
{
	char folder[] = "/tmp/cgroup-XXXXXX", broker[128], guest[128], compiler[128];
	struct cgroup_tree *tree;
	struct cgroup *group;

	(void)state;
	assert_non_null(mkdtemp(folder));
	put(folder, "cgroup.controllers", "cpuset cpu memory pids\n");
	put(folder, "cgroup.subtree_control", "");
	make_group(broker, sizeof(broker), folder, "broker");
	make_group(guest, sizeof(guest), folder, "guest-4711");
	make_group(compiler, sizeof(compiler), folder, "compiler");
	assert_int_equal(cgroup_tree_create(folder, &tree, NULL), 0);
	assert_int_equal(cgroup_open(tree, 4711, 80u << 20, &group, NULL), 0);
	assert_int_equal(cgroup_set_nice(group, 19), 0);
	assert_holds(guest, "cpu.weight.nice", "19");
	assert_int_equal(cgroup_tree_move_compiler(tree, 4712, 19), 0);
	assert_holds(compiler, "cpu.weight.nice", "19");
	assert_holds(compiler, "cgroup.procs", "4712");
	cgroup_close(group);
	cgroup_tree_destroy(tree);
	assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* "cpuset" is another controller. The caller then sets the priority of the process itself. */
static void without_the_cpu_controller(void **state)
{
	char folder[] = "/tmp/cgroup-XXXXXX", broker[128], guest[128];
	struct cgroup_tree *tree;
	struct cgroup *group;

	(void)state;
	assert_non_null(mkdtemp(folder));
	put(folder, "cgroup.controllers", "cpuset memory pids\n");
	put(folder, "cgroup.subtree_control", "");
	make_group(broker, sizeof(broker), folder, "broker");
	make_group(guest, sizeof(guest), folder, "guest-4711");
	assert_int_equal(cgroup_tree_create(folder, &tree, NULL), 0);
	assert_int_equal(cgroup_open(tree, 4711, 80u << 20, &group, NULL), 0);
	assert_int_equal(cgroup_set_nice(group, 19), ERROR_UNSUPPORTED);
	assert_holds(guest, "cpu.weight.nice", "");
	assert_int_equal(cgroup_tree_move_compiler(tree, 4712, 19), ERROR_UNSUPPORTED);
	cgroup_close(group);
	cgroup_tree_destroy(tree);
	assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void what_is_no_group_is_an_error(void **state)
{
	char folder[] = "/tmp/cgroup-XXXXXX";
	struct cgroup_tree *tree;
	struct error err = {0};

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(cgroup_tree_create(folder, &tree, &err), ERROR_SYSTEM);
	assert_non_null(strstr(err.text, folder));
	assert_int_equal(cgroup_tree_create("/nowhere", &tree, &err), ERROR_SYSTEM);
	assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	cgroup_tree_destroy(NULL);
	cgroup_close(NULL);
}

/* Of this machine's hierarchy; false where there is none, or not for us. */
static bool make_real_group(char *path, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *slot;

	*path = '\0';
	while (mounts && !*path && (slot = getmntent(mounts))) {
		if (!strcmp(slot->mnt_type, "cgroup2"))
			snprintf(path, size, "%s/harvester-test-%d", slot->mnt_dir, getpid());
	}
	if (mounts)
		endmntent(mounts);
	return *path && !mkdir(path, 0755);
}

/* A child that has a child, neither of which would end by itself. */
static pid_t start_family(int ready)
{
	pid_t child = fork();

	if (!child) {
		if (fork() >= 0 && write(ready, "", 1) == 1)
			pause();
		_exit(1);
	}
	return child;
}

/* The kernel tells by POLLPRI that the file has changed. */
static void wait_until_empty(const char *path, pid_t pid)
{
	char name[300], text[128] = "";
	struct pollfd events = {.events = POLLPRI};

	snprintf(name, sizeof(name), "%s/guest-%d/cgroup.events", path, pid);
	events.fd = open(name, O_RDONLY);
	while (pread(events.fd, text, sizeof(text) - 1, 0) > 0 && !strstr(text, "populated 0"))
		poll(&events, 1, -1);
	close(events.fd);
}

/* In a process of its own: it moves itself. */
static int end_family(const char *path)
{
	struct cgroup_tree *tree;
	struct cgroup *group;
	char byte;
	int fds[2], status;
	pid_t child;

	if (cgroup_tree_create(path, &tree, NULL) || pipe(fds))
		return 1;
	/* The gate: it starts its own child when it is in its group. */
	child = fork();
	if (!child) {
		close(fds[0]);
		raise(SIGSTOP);
		start_family(fds[1]);
		pause();
		_exit(1);
	}
	close(fds[1]);
	waitpid(child, &status, WUNTRACED);
	if (cgroup_open(tree, child, 64u << 20, &group, NULL))
		return 2;
	kill(child, SIGCONT);
	if (read(fds[0], &byte, 1) != 1 || read(fds[0], &byte, 1) != 1)
		return 3;
	cgroup_close(group);
	/* The pipe ends when the last of the family has ended. */
	if (read(fds[0], &byte, 1) != 0 || waitpid(child, &status, 0) != child)
		return 4;
	wait_until_empty(path, child);
	cgroup_tree_destroy(tree);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : 5;
}

static void closing_ends_what_the_process_started(void **state)
{
	char path[256], broker[300];
	int status;
	pid_t child;

	(void)state;
	if (!make_real_group(path, sizeof(path))) {
		print_message("skipped: no version 2 control group can be made here\n");
		skip();
	}
	child = fork();
	if (!child)
		_exit(end_family(path));
	assert_int_equal(waitpid(child, &status, 0), child);
	snprintf(broker, sizeof(broker), "%s/broker", path);
	rmdir(broker);
	assert_int_equal(rmdir(path), 0); /* no group is left below it */
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_are_written_before_the_process_is_moved),
		cmocka_unit_test(shares_of_processors),
		cmocka_unit_test(without_the_cpu_controller),
		cmocka_unit_test(what_is_no_group_is_an_error),
		cmocka_unit_test(closing_ends_what_the_process_started),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
