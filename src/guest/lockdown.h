/*
 * Wall two: what this process may still do once plugin code runs in it.
 *
 * After lockdown_enter(): no file system, no TCP, no signal to another process (Landlock), a short
 * list of system calls (seccomp; any other kills the process), no new privileges, no core, not
 * dumpable, a uid of its own where we were root, few threads, and a death with the parent. Memory
 * that is executable stays as it is: none can be added, and none is shared. With
 * lockdown_close_files() before: no descriptor but the socket, and the component's own artifact,
 * read-only, which the engine maps a fresh memory from.
 *
 * A component goes there in two steps: lockdown_enter_mapping() before its artifact is opened,
 * since the engine believes what stands in it, and lockdown_enter() before its code runs.
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

/* Work that a template does once for all its children: the seccomp program. ERROR_SYSTEM. */
int lockdown_init(struct lockdown *lockdown, enum lockdown_kind kind, struct error *err);
void lockdown_finish(struct lockdown *lockdown);

/* Close all but first_fd to last_fd. What is opened between this and lockdown_enter() stays open.
 */
void lockdown_close_files(int first_fd, int last_fd);

/*
 * Lock this process down. With one thread only. `required`: fail with ERROR_UNSUPPORTED when the
 * kernel lacks a part; otherwise go on without that part.
 */
int lockdown_enter(const struct lockdown *lockdown, bool required, struct error *err);

/*
 * The first step, of kind MAPPING: as above, but `artifact` can be opened to be read and mapped,
 * and lockdown_enter() may follow.
 */
int lockdown_enter_mapping(const char *artifact, bool required, struct error *err);

#endif
