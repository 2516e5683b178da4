/*
 * Wall two: gives up every right that a guest process does not need, before plugin code runs in it.
 *
 * After lockdown_enter() the process has no file system, no TCP and no signals to other processes
 * (Landlock), a short list of system calls (seccomp; any other kills it), no new privileges, no
 * core dumps, is not dumpable, has a user id of its own if it was root, few threads, and dies with
 * its parent. No more memory can be made executable, and none is shared. If lockdown_close_files()
 * was called before, its only descriptors are the socket and, for a component, the artifact,
 * read-only, from which the engine maps fresh memory.
 *
 * A component's guest is locked down in two steps, since the engine trusts the content of an
 * artifact: lockdown_enter_mapping() before the artifact is opened, and lockdown_enter() before the
 * component's code runs.
 */
#ifndef HARVESTER_GUEST_LOCKDOWN_H
#define HARVESTER_GUEST_LOCKDOWN_H

#include <linux/filter.h>
#include <stdbool.h>

#include "guest/filter.h"

struct error;

struct lockdown {
	enum lockdown_kind kind;
	struct sock_fprog filter; /* filter.filter is owned */
};

/*
 * Make the seccomp program; a template does so once for all its children. The caller calls
 * lockdown_finish(). ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
int lockdown_init(struct lockdown *lockdown, enum lockdown_kind kind, struct error *err);
void lockdown_finish(struct lockdown *lockdown);

/*
 * Close all descriptors except first_fd to last_fd. Whatever is opened between this call and
 * lockdown_enter() stays open.
 */
void lockdown_close_files(int first_fd, int last_fd);

/*
 * Lock this process down for good. It must have only one thread. If the kernel lacks a part: fail
 * with ERROR_UNSUPPORTED if `required`, otherwise go on without that part.
 */
int lockdown_enter(const struct lockdown *lockdown, bool required, struct error *err);

/*
 * The first step for a component: as lockdown_enter(), but `artifact` can still be opened for
 * reading and mapped, and lockdown_enter() can follow. `is_code`: the artifact holds machine code,
 * so its mapping may be executable (LOCKDOWN_MAPPING); otherwise no memory may
 * (LOCKDOWN_MAPPING_DATA).
 */
int lockdown_enter_mapping(const char *artifact, bool is_code, bool required, struct error *err);

#endif
