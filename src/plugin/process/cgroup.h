/*
 * Control groups (version 2), one for each guest: the kernel limits the memory and the number of
 * processes of a plugin, and kills all of them with one write.
 *
 * This works only if a service manager has delegated a part of the hierarchy to this program.
 * Without that, the broker's own checks (memory.c) and RLIMIT_DATA are the limits. All functions:
 * loop thread.
 *
 *   DELEGATED/            enables the controllers for the groups below it
 *   DELEGATED/broker/     the broker and the template (the kernel allows no process in DELEGATED)
 *   DELEGATED/guest-PID/  one plugin
 *   DELEGATED/compiler/   the compiler of components, one at a time
 *
 * See Documentation/admin-guide/cgroup-v2.rst of the kernel, and "Delegation" in systemd's
 * CGROUP_DELEGATION.md.
 */
#ifndef HARVESTER_PLUGIN_PROCESS_CGROUP_H
#define HARVESTER_PLUGIN_PROCESS_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct cgroup;
struct cgroup_tree;
struct error;

/*
 * Find the control group of this process. ERROR_NOT_FOUND if no version 2 hierarchy is mounted;
 * ERROR_UNSUPPORTED if the group is not delegated to this program.
 */
int cgroup_find(char ret_path[PATH_MAX], struct error *err);

/*
 * Move this process to `path`/broker, enable the cpu, memory and pids controllers below `path` as
 * far as they were delegated, and remove groups that an earlier run left. The caller owns
 * *ret_tree. ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
int cgroup_tree_create(const char *path, struct cgroup_tree **ret_tree, struct error *err);

/* Remove the groups that are empty and free the memory. NULL is allowed. */
void cgroup_tree_destroy(struct cgroup_tree *tree);

/*
 * Make a group limited to memory_bytes, page cache and kernel memory included, and move process
 * `pid` into it. Call this before the process runs any code of its plugin. The caller owns
 * *ret_group until cgroup_close(). ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
int cgroup_open(struct cgroup_tree *tree, pid_t pid, uint64_t memory_bytes,
		struct cgroup **ret_group, struct error *err);

/*
 * Give the group as much processor time, beside the other groups of the tree, as a process with
 * that nice value gets beside other processes. Unlike setpriority(), this needs no right in either
 * direction. ERROR_UNSUPPORTED if the cpu controller was not delegated, ERROR_SYSTEM.
 */
int cgroup_set_nice(const struct cgroup *group, int nice);

/* Move the compiler's process to its own group, with that nice value. Errors as above. */
int cgroup_tree_move_compiler(struct cgroup_tree *tree, pid_t pid, int nice);

/* Whether the kernel has killed processes of this group because it reached its memory limit. */
bool cgroup_ran_out_of_memory(const struct cgroup *group);

/*
 * Kill all processes of the group. Takes ownership of `group`; it is removed later, when its
 * processes are gone. NULL is allowed.
 */
void cgroup_close(struct cgroup *group);

#endif
