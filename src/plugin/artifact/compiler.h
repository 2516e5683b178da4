/*
 * One run of the compiler: a process `harvester-guest compile` at low priority, with a deadline.
 * All functions: loop thread.
 */
#ifndef HARVESTER_PLUGIN_ARTIFACT_COMPILER_H
#define HARVESTER_PLUGIN_ARTIFACT_COMPILER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct compiler;
struct error;

#define COMPILER_STDERR_MAX 4096 /* how many of the last bytes of its stderr are kept */

struct compiler_events {
	/* Called every progress_ms while the compiler runs. */
	void (*on_progress)(void *arg, uint64_t elapsed_ms);
	/*
	 * Called once, in a later turn of the loop, when the process has ended; the compiler is
	 * freed after it. `failure`: NULL on success, else the last line that the process wrote or
	 * how it ended; borrowed for the call.
	 */
	void (*on_ended)(void *arg, uint64_t elapsed_ms, const char *failure);
};

struct cgroup_tree;

/* Every pointer is borrowed for the call. */
struct compiler_command {
	const char *program;
	const char *component, *output; /* paths */
	bool lockdown_required; /* exit if the kernel lacks a part of the sandbox (wall two) */
	const char *target;	/* as the engine names it, such as "pulley64"; NULL: this machine */
	uint64_t progress_ms, deadline_ms;
	uint64_t output_bytes_max;   /* 0: no limit */
	struct cgroup_tree *cgroups; /* NULL: none */
};

/*
 * Start the compiler. Borrows `events` and `arg` until on_ended(); *ret_compiler is borrowed until
 * then. ERROR_SYSTEM if the program does not start, ERROR_NO_MEMORY; no event follows then.
 */
int compiler_start(uv_loop_t *loop, const struct compiler_command *command,
		   const struct compiler_events *events, void *arg, struct compiler **ret_compiler,
		   struct error *err);

/* Whether the compiler was killed at its deadline. Valid in on_ended(). */
bool compiler_was_late(const struct compiler *compiler);

/* Kill the process; on_ended() still follows. */
void compiler_kill(struct compiler *compiler);

#endif
