/*
 * One guest process and the broker's end of its socket. Loop thread only.
 *
 * The process is either executed (a component, or the template of the .py plugins) or a child that
 * the template forked and the kernel gave to us. Its death is told once, after everything that it
 * had sent.
 */
#ifndef HARVESTER_PLUGIN_PROCESS_GUEST_H
#define HARVESTER_PLUGIN_PROCESS_GUEST_H

#include <cbor.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "wire/frame.h"

struct cgroup_tree;
struct error;
struct guest;
struct reaper;

struct guest_events {
	/* A frame came; borrowed for the call. guest_kill() and guest_close() may be called in it.
	 */
	void (*frame)(void *arg, const cbor_item_t *frame);

	/*
	 * The process is gone. `reason`: plain words, "" for a clean end; `status`: as of
	 * waitpid(). guest_close() is still the owner's to call.
	 */
	void (*exited)(void *arg, int status, const char *reason);
};

/* How a guest process is started; all borrowed for the call. */
struct guest_command {
	const char *program;
	const char *command; /* "component" or "template" */
	const char *artifact;
	bool lockdown_required; /* it ends where the kernel lacks a part of wall two */
};

/*
 * Start it with a socket as its CHANNEL_FD. `arg` and `reaper` are borrowed until
 * guest_close(). The caller owns *ret_guest.
 */
int guest_spawn(uv_loop_t *loop, struct reaper *reaper, const struct guest_command *command,
		const struct guest_events *events, void *arg, struct guest **ret_guest,
		struct error *err);

/*
 * The broker's end for a process that is yet to be forked: *ret_remote_fd is the other end, to be
 * handed to the template and closed. Nothing is read of it until guest_set_pid(), which follows
 * when the kernel told the pid (plugin/process/hello.h): errors of reaper_watch(), and then nothing
 * is set.
 */
int guest_prepare(uv_loop_t *loop, struct reaper *reaper, const struct guest_events *events,
		  void *arg, struct guest **ret_guest, int *ret_remote_fd, struct error *err);
int guest_set_pid(struct guest *guest, pid_t pid);

/* Our end of its socket, borrowed until guest_close(). */
int guest_socket(const struct guest *guest);

/* 0 before it is known. */
pid_t guest_pid(const struct guest *guest);

/*
 * Put its process, which is known by now, into a control group of its own; all that it may have
 * started then ends with it. `tree` is borrowed until guest_close(); NULL: there is none, 0. Errors
 * of cgroup_open(): it runs on without one.
 */
int guest_contain(struct guest *guest, struct cgroup_tree *tree, uint64_t memory_bytes,
		  struct error *err);

/*
 * Queue a frame as frame_append() makes it (the items are taken). A guest that does not read its
 * socket until GUEST_QUEUE_MAX bytes wait is killed. 0, ERROR_NO_MEMORY, ERROR_TOO_LARGE,
 * ERROR_CLOSED.
 */
#define GUEST_QUEUE_MAX (8u << 20)
int guest_send(struct guest *guest, enum frame_type type, uint64_t id, size_t count, ...);

/* Send a frame without items, and a descriptor with it; at once. 0 or ERROR_SYSTEM. */
int guest_send_fd(struct guest *guest, enum frame_type type, uint64_t id, int fd);

/* guest_kill() was called, so its process is about to end. */
bool guest_is_ending(const struct guest *guest);

/* SIGKILL. `why` becomes the reason in exited() (the first one told counts). */
void guest_kill(struct guest *guest, const char *why);

/*
 * Its process is gone, by a SIGKILL that guest_kill() did not send, nor the kernel at the limit of
 * its control group. To be asked in exited(), or after it.
 */
bool guest_was_killed_from_outside(const struct guest *guest);

/*
 * Forget the guest: it is killed if it lives, no event follows, its memory ends by itself. NULL is
 * allowed.
 */
void guest_close(struct guest *guest);

#endif
