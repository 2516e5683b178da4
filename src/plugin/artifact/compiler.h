/*
 * One run of `harvester-guest compile`: a child process at low priority, watched by a deadline.
 */
#ifndef HARVESTER_PLUGIN_ARTIFACT_COMPILER_H
#define HARVESTER_PLUGIN_ARTIFACT_COMPILER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct compiler;
struct error;

#define COMPILER_STDERR_MAX 4096 /* bytes kept, the last ones */

struct compiler_events {
	/* Every progress_ms of it. */
	void (*progress)(void *arg, uint64_t elapsed_ms);
	/*
	 * Once, when the process and all that belonged to it are gone, never from within a function
	 * of this file; the compiler's memory ends after it. failure: NULL, or its last words, or
	 * how it ended; borrowed for the call.
	 */
	void (*ended)(void *arg, uint64_t elapsed_ms, const char *failure);
};

/* All borrowed for the call. */
struct compiler_command {
	const char *program;
	const char *component, *output;
	bool lockdown_required; /* it ends where the kernel lacks a part of wall two */
	uint64_t progress_ms, deadline_ms;
	uint64_t output_bytes_max; /* 0: no limit */
};

/* Loop thread. events and arg are borrowed until ended(). */
int compiler_start(uv_loop_t *loop, const struct compiler_command *command,
		   const struct compiler_events *events, void *arg, struct compiler **ret_compiler,
		   struct error *err);

/* In ended(): it took longer than its deadline. */
bool compiler_was_late(const struct compiler *compiler);

/* ended() still follows. */
void compiler_kill(struct compiler *compiler);

#endif
