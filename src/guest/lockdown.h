/*
 * Wall two: what this process may still do once plugin code runs in it.
 *
 * After lockdown_enter(): no file system (Landlock without a path), no new privileges, a short list of
 * system calls (seccomp; any other kills the process), no core, not dumpable, nobody's uid where we
 * were root, and a death with the parent. Memory that is executable stays as it is: none can be
 * added. With lockdown_close_files() before: no descriptor but the socket, and the component's own
 * artifact, read-only, which the engine maps a fresh memory from.
 */
#ifndef HARVESTER_GUEST_LOCKDOWN_H
#define HARVESTER_GUEST_LOCKDOWN_H

#include <linux/filter.h>
#include <stdbool.h>

struct error;

/* A compiler may also make memory executable, and write to the file that it was given. */
enum lockdown_kind { LOCKDOWN_PLUGIN, LOCKDOWN_COMPILER };

struct lockdown {
	enum lockdown_kind kind;
	struct sock_fprog filter; /* filter.filter is owned */
};

/* Work that a template does once for all its children: the seccomp program. ERROR_SYSTEM. */
int lockdown_init(struct lockdown *lockdown, enum lockdown_kind kind, struct error *err);
void lockdown_finish(struct lockdown *lockdown);

/* Close all but first_fd to last_fd. What is opened between this and lockdown_enter() stays open. */
void lockdown_close_files(int first_fd, int last_fd);

/*
 * Lock this process down. With one thread only. `required`: fail with ERROR_UNSUPPORTED when the
 * kernel lacks a part; otherwise go on without that part.
 */
int lockdown_enter(const struct lockdown *lockdown, bool required, struct error *err);

#endif
