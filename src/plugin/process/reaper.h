/*
 * Waits for child processes: those that we executed, and those that the template forked and the
 * kernel gave to us (this process is a subreaper). libuv's own processes are left to libuv. Loop
 * thread.
 */
#ifndef HARVESTER_PLUGIN_PROCESS_REAPER_H
#define HARVESTER_PLUGIN_PROCESS_REAPER_H

#include <sys/types.h>
#include <uv.h>

struct error;
struct reaper;

typedef void reaper_exited(void *arg, int status); /* as of waitpid() */

/* Makes this process a subreaper. The caller owns *ret_reaper. */
int reaper_create(uv_loop_t *loop, struct reaper **ret_reaper, struct error *err);

/* No callback follows. Memory ends by itself; NULL is allowed. */
void reaper_close(struct reaper *reaper);

/*
 * Call `exited` once when the process `pid` has ended, maybe before this returns; a process that is
 * no child of ours has ended, with REAPER_STATUS_LOST. 0, ERROR_EXISTS (it is watched already;
 * nothing happens), or ERROR_NO_MEMORY (then the process is killed).
 */
#define REAPER_STATUS_LOST 0xff00 /* as of an exit with 255 */
int reaper_watch(struct reaper *reaper, pid_t pid, reaper_exited *exited, void *arg);

/* No callback any more for this process; it is still waited for. */
void reaper_forget(struct reaper *reaper, pid_t pid);

#endif
