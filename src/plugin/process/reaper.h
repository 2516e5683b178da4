/*
 * Waits for the broker's child processes and reports their end: guests that the broker executed,
 * and guests that the template forked (the broker is a subreaper, so the kernel makes them its
 * children). Leaves processes of uv_spawn() to libuv. All functions: loop thread.
 */
#ifndef HARVESTER_PLUGIN_PROCESS_REAPER_H
#define HARVESTER_PLUGIN_PROCESS_REAPER_H

#include <sys/types.h>
#include <uv.h>

struct error;
struct reaper;

typedef void reaper_exited(void *arg, int status); /* `status`: as from waitpid() */

/*
 * Make this process a subreaper. The caller owns *ret_reaper. ERROR_SYSTEM if the kernel refuses,
 * ERROR_NO_MEMORY.
 */
int reaper_create(uv_loop_t *loop, struct reaper **ret_reaper, struct error *err);

/*
 * Kill and wait for all processes that are still watched. No callback follows. Frees the memory in
 * a later turn of the loop. NULL is allowed.
 */
void reaper_close(struct reaper *reaper);

/*
 * Call on_exited(arg) once when process `pid` has ended, possibly before this function returns. A
 * process that is not a child of the broker counts as ended, with REAPER_STATUS_LOST. `on_exited`
 * may be NULL: then the process is only waited for, so that no zombie remains. ERROR_EXISTS if
 * `pid` is watched already (no effect); ERROR_NO_MEMORY (the process is killed).
 */
#define REAPER_STATUS_LOST 0xff00 /* the status of exit(255) */
int reaper_watch(struct reaper *reaper, pid_t pid, reaper_exited *on_exited, void *arg);

/* Do not call on_exited() for this process any more; it is still waited for. */
void reaper_forget(struct reaper *reaper, pid_t pid);

#endif
