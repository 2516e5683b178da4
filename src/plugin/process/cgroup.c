#include "plugin/process/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "base/folder.h"
#include "wire/guest_process.h"

#define TEXT_SIZE 1024

struct cgroup {
	struct cgroup *next; /* in the list of closed groups that still exist */
	struct cgroup_tree *tree;
	int fd;
	char name[32];
};

struct cgroup_tree {
	int fd;
	bool has_cpu, has_memory, has_pids;
	struct cgroup *closed; /* owned: closed, but some of their processes may not be gone yet */
};

static int write_file(int folder, const char *name, const char *text)
{
	int fd = openat(folder, name, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return ERROR_SYSTEM;
	if (write(fd, text, strlen(text)) < 0)
		ret = ERROR_SYSTEM;
	close(fd);
	return ret;
}

static void read_file(int folder, const char *name, char text[TEXT_SIZE])
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? 0 : read(fd, text, TEXT_SIZE - 1);

	text[size > 0 ? size : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += length) {
		if ((at == text || at[-1] == ' ') && strchr(" \n", at[length]))
			return true;
	}
	return false;
}

/* Finding the group of this process */

static bool find_mount(char *ret_path, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char space[4096];
	struct mntent entry;
	bool found = false;

	while (mounts && !found && getmntent_r(mounts, &entry, space, sizeof(space)))
		found = !strcmp(entry.mnt_type, "cgroup2") &&
			snprintf(ret_path, size, "%s", entry.mnt_dir) < (int)size;
	if (mounts)
		endmntent(mounts);
	return found;
}

/* "0::/system.slice/harvester.service" */
static bool find_own(char *ret_path, size_t size)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		found = !strncmp(line, "0::/", 4) &&
			snprintf(ret_path, size, "%s", line + 3) < (int)size;
	}
	if (file)
		fclose(file);
	return found;
}

/* systemd marks a delegated group. Another user than root can write only to a delegated one. */
static bool is_delegated(const char *path)
{
	char value[2];

	if (getxattr(path, "user.delegate", value, sizeof(value)) == 1 ||
	    getxattr(path, "trusted.delegate", value, sizeof(value)) == 1)
		return *value == '1';
	return geteuid() && !access(path, W_OK);
}

int cgroup_find(char ret_path[PATH_MAX], struct error *err)
{
	char mount[PATH_MAX / 2], own[PATH_MAX / 2], path[PATH_MAX];

	if (!find_mount(mount, sizeof(mount)) || !find_own(own, sizeof(own)))
		return error_set(err, ERROR_NOT_FOUND,
				 "no version 2 control groups are mounted (start the kernel with "
				 "systemd.unified_cgroup_hierarchy=1)");
	snprintf(path, sizeof(path), "%s%s", mount, strcmp(own, "/") ? own : "");
	if (!is_delegated(path))
		return error_set(err, ERROR_UNSUPPORTED,
				 "the control group %.400s is not delegated to this program (set "
				 "`Delegate=yes` in the unit of the service)",
				 path);
	memcpy(ret_path, path, sizeof(path));
	return 0;
}

/* The delegated group and its children */

static int make_child(int folder, const char *name)
{
	/* It may exist from an earlier run. */
	if (mkdirat(folder, name, 0755) && errno != EEXIST)
		return -1;
	return openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int move_broker(struct cgroup_tree *tree)
{
	int fd = make_child(tree->fd, "broker"), ret;

	if (fd < 0)
		return ERROR_SYSTEM;
	ret = write_file(fd, "cgroup.procs", "0");
	close(fd);
	return ret;
}

static int hand_down(struct cgroup_tree *tree)
{
	char controllers[TEXT_SIZE];

	read_file(tree->fd, "cgroup.controllers", controllers);
	tree->has_memory = has_word(controllers, "memory");
	tree->has_pids = has_word(controllers, "pids");
	tree->has_cpu = has_word(controllers, "cpu") &&
			!write_file(tree->fd, "cgroup.subtree_control", "+cpu");
	if (tree->has_memory && write_file(tree->fd, "cgroup.subtree_control", "+memory"))
		return ERROR_SYSTEM;
	if (tree->has_pids && write_file(tree->fd, "cgroup.subtree_control", "+pids"))
		return ERROR_SYSTEM;
	return 0;
}

/* Groups of an earlier broker, whose processes died with it. */
static void remove_leftovers(struct cgroup_tree *tree)
{
	DIR *folder = folder_open_again(tree->fd);
	const struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		if (!strncmp(entry->d_name, "guest-", 6))
			unlinkat(tree->fd, entry->d_name, AT_REMOVEDIR);
	}
	if (folder)
		closedir(folder);
}

int cgroup_tree_create(const char *path, struct cgroup_tree **ret_tree, struct error *err)
{
	struct cgroup_tree *tree = calloc(1, sizeof(*tree));
	int ret;

	if (!tree)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the control groups; this machine "
				 "needs more free memory");
	tree->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = tree->fd < 0 ? ERROR_SYSTEM : move_broker(tree);
	if (!ret)
		ret = hand_down(tree);
	if (ret) {
		error_set_errno(err, ret, errno,
				"cannot use the control group %s (set `Delegate=yes` in the unit "
				"of the service)",
				path);
		cgroup_tree_destroy(tree);
		return ret;
	}
	remove_leftovers(tree);
	*ret_tree = tree;
	return 0;
}

static void free_group(struct cgroup *group)
{
	if (group->fd >= 0)
		close(group->fd);
	free(group);
}

/* A group that still has a process is tried again the next time. */
static void remove_closed(struct cgroup_tree *tree)
{
	struct cgroup **link = &tree->closed;

	while (*link) {
		struct cgroup *group = *link;

		if (unlinkat(tree->fd, group->name, AT_REMOVEDIR) && errno == EBUSY) {
			link = &group->next;
			continue;
		}
		*link = group->next;
		free_group(group);
	}
}

void cgroup_tree_destroy(struct cgroup_tree *tree)
{
	if (!tree)
		return;
	remove_closed(tree);
	while (tree->closed) {
		struct cgroup *group = tree->closed;

		tree->closed = group->next;
		free_group(group);
	}
	if (tree->fd >= 0)
		close(tree->fd);
	free(tree);
}

/* The group of one guest */

static int set_limits(const struct cgroup *group, uint64_t memory_bytes)
{
	char text[32];

	if (group->tree->has_memory) {
		snprintf(text, sizeof(text), "%" PRIu64, memory_bytes);
		if (write_file(group->fd, "memory.max", text))
			return ERROR_SYSTEM;
		/* A kernel without swap has no such file. */
		write_file(group->fd, "memory.swap.max", "0");
		write_file(group->fd, "memory.oom.group", "1");
	}
	if (group->tree->has_pids) {
		snprintf(text, sizeof(text), "%d", GUEST_THREADS_MAX);
		if (write_file(group->fd, "pids.max", text))
			return ERROR_SYSTEM;
	}
	return 0;
}

int cgroup_open(struct cgroup_tree *tree, pid_t pid, uint64_t memory_bytes,
		struct cgroup **ret_group, struct error *err)
{
	struct cgroup *group = calloc(1, sizeof(*group));
	char text[16];
	int ret;

	if (!group)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while making the plugin's control group; this "
				 "machine needs more free memory");
	remove_closed(tree);
	group->tree = tree;
	snprintf(group->name, sizeof(group->name), "guest-%d", (int)pid);
	snprintf(text, sizeof(text), "%d", (int)pid);
	group->fd = make_child(tree->fd, group->name);
	ret = group->fd < 0 ? ERROR_SYSTEM : set_limits(group, memory_bytes);
	if (!ret)
		ret = write_file(group->fd, "cgroup.procs", text);
	if (ret) {
		error_set_errno(err, ret, errno,
				"cannot make the plugin's control group %s (check `Delegate=yes` "
				"in the unit of the service)",
				group->name);
		cgroup_close(group);
		return ret;
	}
	*ret_group = group;
	return 0;
}

/* The kernel translates the nice value into a weight among the groups of the tree. */
static int write_nice(int folder, int nice)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", nice);
	return write_file(folder, "cpu.weight.nice", text);
}

int cgroup_set_nice(const struct cgroup *group, int nice)
{
	return group->tree->has_cpu ? write_nice(group->fd, nice) : ERROR_UNSUPPORTED;
}

int cgroup_tree_move_compiler(struct cgroup_tree *tree, pid_t pid, int nice)
{
	char text[16];
	int fd, ret;

	if (!tree->has_cpu)
		return ERROR_UNSUPPORTED;
	fd = make_child(tree->fd, "compiler");
	if (fd < 0)
		return ERROR_SYSTEM;
	snprintf(text, sizeof(text), "%d", (int)pid);
	ret = write_nice(fd, nice);
	if (!ret)
		ret = write_file(fd, "cgroup.procs", text);
	close(fd);
	return ret;
}

bool cgroup_ran_out_of_memory(const struct cgroup *group)
{
	char text[TEXT_SIZE];
	const char *line;

	read_file(group->fd, "memory.events", text);
	line = strstr(text, "oom_kill ");
	return line && strtoul(line + strlen("oom_kill "), NULL, 10) > 0;
}

void cgroup_close(struct cgroup *group)
{
	if (!group)
		return;
	if (group->fd >= 0)
		write_file(group->fd, "cgroup.kill", "1");
	group->next = group->tree->closed;
	group->tree->closed = group;
	remove_closed(group->tree);
}
