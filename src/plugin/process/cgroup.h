/*
 * Version 2 control groups: the kernel's own limit on what all processes of a plugin use together,
 * and one order that ends them all. Only where a service manager gave us a part of the hierarchy
 * for our own use ("delegated"); without one the broker's looks and RLIMIT_DATA are what holds.
 * Loop thread.
 *
 *   DELEGATED/            limits are handed down from here
 *   DELEGATED/broker/     us and the template: a group with limits below it may hold no process
 *   DELEGATED/guest-PID/  one plugin
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
 * The group of this process, if it is ours to divide. ERROR_NOT_FOUND: no version 2 hierarchy;
 * ERROR_UNSUPPORTED: nobody delegated it to us. *err says it in words.
 */
int cgroup_find(char ret_path[PATH_MAX], struct error *err);

/*
 * Move this process to `path`/broker, hand the memory and pids controllers down, as far as they are
 * there, and remove what an earlier run left. ERROR_SYSTEM.
 */
int cgroup_tree_create(const char *path, struct cgroup_tree **ret_tree, struct error *err);

/* Ends what is left in it. NULL is allowed. */
void cgroup_tree_destroy(struct cgroup_tree *tree);

/*
 * A group for a process that runs none of its plugin's code yet, with at most memory_bytes, page
 * cache and kernel memory included. The caller owns *ret_group, until cgroup_close(). ERROR_SYSTEM.
 */
int cgroup_open(struct cgroup_tree *tree, pid_t pid, uint64_t memory_bytes,
		struct cgroup **ret_group, struct error *err);

/* The kernel ended processes of this group because it used more than its memory. */
bool cgroup_ran_out_of_memory(const struct cgroup *group);

/* SIGKILL to all that is in it; the group goes when they are gone. NULL is allowed. */
void cgroup_close(struct cgroup *group);

#endif
