/*
 * One guest process and the broker's end of its socket. All functions: loop thread.
 *
 * The broker either executes the process (a component, or the template) or adopts one that the
 * template forked. on_exited() reports the end of the process once, after all frames that it had
 * sent.
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
	/*
	 * The guest sent a frame, borrowed for the call. The callback may call guest_kill() and
	 * guest_close().
	 */
	void (*on_frame)(void *arg, const cbor_item_t *frame);

	/*
	 * The process has ended. `status`: as from waitpid(). `reason`: a text for the log, "" if
	 * the process exited with status 0. The caller still has to call guest_close().
	 */
	void (*on_exited)(void *arg, int status, const char *reason);
};

/* How to start a guest process. Every pointer is borrowed for the call. */
struct guest_command {
	const char *program;
	const char *command; /* "component" or "template" */
	const char *artifact;
	bool lockdown_required; /* exit if the kernel lacks a part of the sandbox (wall two) */
	const char *target;	/* what the artifact was compiled for; NULL: this machine */
};

/*
 * Start a guest process that is connected to the broker by a socket. Borrows `arg` and `reaper`
 * until guest_close(); copies `events`. The caller owns *ret_guest. ERROR_SYSTEM if the program
 * does not start, ERROR_NO_MEMORY.
 */
int guest_spawn(uv_loop_t *loop, struct reaper *reaper, const struct guest_command *command,
		const struct guest_events *events, void *arg, struct guest **ret_guest,
		struct error *err);

/*
 * Make the broker's end for a process that the template has yet to fork. *ret_remote_fd is the
 * process's end of the socket: the caller hands it to the template and closes it. The caller owns
 * *ret_guest. Nothing is read from the socket before guest_set_pid(). ERROR_SYSTEM,
 * ERROR_NO_MEMORY.
 */
int guest_prepare(uv_loop_t *loop, struct reaper *reaper, const struct guest_events *events,
		  void *arg, struct guest **ret_guest, int *ret_remote_fd, struct error *err);

/*
 * Set the process id of a prepared guest, as hello_receive() learned it from the kernel, and start
 * reading the guest's frames. Errors of reaper_watch(); after one, nothing has changed.
 */
int guest_set_pid(struct guest *guest, pid_t pid);

/* The broker's end of the socket, borrowed until guest_close(). */
int guest_socket(const struct guest *guest);

/* The process id, or 0 while it is not known. */
pid_t guest_pid(const struct guest *guest);

/*
 * Put the process into a control group of its own, with which all its children end too. Call this
 * when the process id is known. Borrows `tree` until guest_close(); if it is NULL, succeed without
 * a group. Errors of cgroup_open(); after one, the process runs on without a group.
 */
int guest_contain(struct guest *guest, struct cgroup_tree *tree, uint64_t memory_bytes,
		  struct error *err);

/*
 * Set the process's share of the processors, as nice(2) counts it: by its control group if the cpu
 * controller was delegated, otherwise by its priority, which only root may raise again.
 * ERROR_SYSTEM.
 */
int guest_set_nice(const struct guest *guest, int nice);

/*
 * Send a frame of `count` CBOR items, as frame_append() does; takes ownership of the items. What
 * the guest does not read at once waits in a queue. ERROR_TOO_LARGE if the frame is too large;
 * ERROR_CLOSED if the guest is gone, or was just killed because more than GUEST_QUEUE_MAX bytes
 * waited; ERROR_NO_MEMORY.
 */
#define GUEST_QUEUE_MAX (8u << 20)
int guest_send(struct guest *guest, enum frame_type type, uint64_t id, size_t count, ...);

/*
 * Send a frame without items together with the descriptor `fd`, at once or not at all. Borrows
 * `fd`. ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
int guest_send_fd(struct guest *guest, enum frame_type type, uint64_t id, int fd);

/* Whether guest_kill() was called, so that the process is about to end. */
bool guest_is_ending(const struct guest *guest);

/* Send SIGKILL. `why` becomes the reason in on_exited(); of several calls the first one's. */
void guest_kill(struct guest *guest, const char *why);

/*
 * Whether the process ended by a SIGKILL that neither guest_kill() sent, nor the kernel at the
 * memory limit of the process's control group. Valid from on_exited() on.
 */
bool guest_was_killed_from_outside(const struct guest *guest);

/*
 * Kill the process if it lives, and free the guest in a later turn of the loop. No event follows.
 * NULL is allowed.
 */
void guest_close(struct guest *guest);

#endif
