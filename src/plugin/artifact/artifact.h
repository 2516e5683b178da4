/*
 * The cache of compiled components. An artifact is a component that was compiled ahead of time to
 * native code; it is kept in a folder on the disk (store.h says why that folder can be trusted).
 *
 * Each component is compiled once, in a child process, one at a time. Of the waiting components the
 * smallest is next, so that a large one holds up as few as possible. A component that missed its
 * deadline is not compiled again in this run, since the same bytes would take as long.
 *
 * All functions: loop thread. None blocks: files are read and hashed on the thread pool.
 */
#ifndef HARVESTER_PLUGIN_ARTIFACT_ARTIFACT_H
#define HARVESTER_PLUGIN_ARTIFACT_ARTIFACT_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct artifact_cache;
struct artifact_request;
struct cgroup_tree;
struct error;

#define ARTIFACT_REQUESTS_MAX 512
/* default size of the cache */
#define ARTIFACT_CACHE_BYTES (1ull << 30)

/* The comments give the defaults. */
struct artifact_limits {
	uint64_t component_bytes; /* 256 MiB */
	uint64_t progress_ms;	  /* between two texts "still compiling": 2 s */
	/*
	 * Deadline of one compilation: deadline_first_ms, plus deadline_mb_ms for each MB (10^6
	 * bytes) of the component, but at most deadline_ms. If deadline_first_ms is 0, deadline_ms.
	 */
	uint64_t deadline_first_ms, deadline_mb_ms; /* 20 s, 16 s */
	uint64_t deadline_ms;			    /* 300 s */
	/* Size of all artifacts and of what is being compiled; a component that does not fit fails.
	 * 0: no limit. */
	uint64_t cache_bytes;	/* ARTIFACT_CACHE_BYTES */
	bool lockdown_optional; /* compile even if the kernel lacks a part of the sandbox: false */
	const char *target;	/* borrowed; what is compiled for, see compiler_command: NULL */
	struct cgroup_tree *cgroups; /* borrowed; the compiler runs in one of its groups: NULL */
};

struct artifact_events {
	/* A text for the log, such as "compiling NAME (17.9 MB), once". Called any number of times.
	 */
	void (*on_progress)(void *arg, const char *text);
	/* One of these two ends the request. The text is borrowed for the call. */
	void (*on_done)(void *arg, const char *artifact_path);
	void (*on_failed)(void *arg, const char *text);
};

typedef void artifact_cache_closed(void *arg);

/*
 * Open the cache. `folder` is created with mode 0700 if it does not exist; its parent must exist.
 * `engine_key` names the engine, its version and its settings: artifacts with another key are not
 * used. All strings are copied. The caller owns *ret_cache. Errors of artifact_store_init().
 */
int artifact_cache_create(uv_loop_t *loop, const char *folder, const char *guest_program,
			  const char *engine_key, struct artifact_cache **ret_cache,
			  struct error *err);

/* Borrowed. */
const struct artifact_limits *artifact_cache_limits(const struct artifact_cache *cache);

/* Set the limits of later requests. Copies `limits`. */
void artifact_cache_set_limits(struct artifact_cache *cache, const struct artifact_limits *limits);

/*
 * Request the artifact of the component at `wasm_path`; `name` is for messages. Events follow in
 * later turns of the loop, and may call any function of this file. Borrows `events` and `arg` while
 * the request lives; copies the strings. *ret_request is borrowed until on_done(), on_failed() or
 * artifact_request_cancel(). Requests for the same bytes share one compilation; if an earlier one
 * missed its deadline they fail without compiling. ERROR_BUSY if there are ARTIFACT_REQUESTS_MAX
 * requests, ERROR_CLOSED if the cache is closing, ERROR_NO_MEMORY; no event follows then.
 */
int artifact_request(struct artifact_cache *cache, const char *wasm_path, const char *name,
		     const struct artifact_events *events, void *arg,
		     struct artifact_request **ret_request);

/* End the request; no event follows. A compilation without other requests is killed. */
void artifact_request_cancel(struct artifact_request *request);

/* Make the next request for this artifact compile again, because a guest could not map it. */
void artifact_cache_forget(struct artifact_cache *cache, const char *artifact_path);

/*
 * Shrink the cache to max_bytes on the thread pool: remove the artifacts that were not used for the
 * longest time, but none that was requested in this run.
 */
void artifact_cache_trim(struct artifact_cache *cache, uint64_t max_bytes);

/*
 * Cancel all requests, kill the compilation under way, and free the cache. on_closed(arg) is called
 * in a later turn of the loop, when this is done. `on_closed` may be NULL. If `cache` is NULL, no
 * effect.
 */
void artifact_cache_close(struct artifact_cache *cache, artifact_cache_closed *on_closed,
			  void *arg);

#endif
