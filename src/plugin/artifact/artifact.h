/*
 * Components, compiled ahead of time: each once, in a child process, one at a time, and from then
 * on out of a folder on disk (store.h says why that folder can be trusted). Of those that
 * wait the smallest is next, so that a large one holds up as few as possible. One that was not
 * compiled by its deadline is not tried again in this run: the same bytes would take as long.
 *
 * Loop thread, all of it; reading and hashing happen on the pool, so nothing here blocks the loop.
 */
#ifndef HARVESTER_PLUGIN_ARTIFACT_ARTIFACT_H
#define HARVESTER_PLUGIN_ARTIFACT_ARTIFACT_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct artifact_cache;
struct artifact_request;
struct error;

#define ARTIFACT_REQUESTS_MAX 512
/* what artifact_cache_trim() is to leave, by default */
#define ARTIFACT_CACHE_BYTES (1ull << 30)

struct artifact_limits {
	uint64_t component_bytes; /* 256 MiB */
	uint64_t progress_ms;	  /* between two "still compiling": 2 s */
	/* Of one compilation: so long, and so much more for each MB (10^6 bytes), up to the last.
	 * 0: no limit. */
	uint64_t deadline_first_ms, deadline_mb_ms; /* 20 s, 16 s */
	uint64_t deadline_ms;			    /* 300 s */
	/* Of all artifacts and what is being compiled; one that does not fit fails. 0: no limit. */
	uint64_t cache_bytes;	/* ARTIFACT_CACHE_BYTES */
	bool lockdown_optional; /* compile where the kernel lacks a part of wall two: no */
};

struct artifact_events {
	/* For the log: "compiling NAME (17.9 MB), once". Any number of times. */
	void (*progress)(void *arg, const char *text);
	/* Either of these ends the request; the text is borrowed for the call. */
	void (*done)(void *arg, const char *artifact_path);
	void (*failed)(void *arg, const char *text);
};

typedef void artifact_cache_closed(void *arg);

/*
 * folder: made with mode 0700 if it is missing (its parent is not); see artifact_store_init() for
 * the errors. engine_key: names engine, version and settings; artifacts of another one are not
 * used.
 */
int artifact_cache_create(uv_loop_t *loop, const char *folder, const char *guest_program,
			  const char *engine_key, struct artifact_cache **ret_cache,
			  struct error *err);

/* Of what is requested from now on. */
const struct artifact_limits *artifact_cache_limits(const struct artifact_cache *cache);
void artifact_cache_set_limits(struct artifact_cache *cache, const struct artifact_limits *limits);

/*
 * Ask for the artifact of a component. Events come later, never from within this call, and may call
 * any function here. `events` is borrowed while the request lives, as is arg. *ret_request is the
 * cache's and lives until done, failed or artifact_request_cancel(). Requests for the same bytes
 * share one compilation, and fail at once if it took too long before. ERROR_BUSY past
 * ARTIFACT_REQUESTS_MAX, ERROR_CLOSED, ERROR_NO_MEMORY; no event then.
 */
int artifact_request(struct artifact_cache *cache, const char *wasm_path, const char *name,
		     const struct artifact_events *events, void *arg,
		     struct artifact_request **ret_request);

/* No further event. A compilation that nobody waits for is killed. */
void artifact_request_cancel(struct artifact_request *request);

/* The guest could not map this artifact: the next request for it compiles again. */
void artifact_cache_forget(struct artifact_cache *cache, const char *artifact_path);

/* In the background: remove the longest unused artifacts over max_bytes, none requested in this
 * run. */
void artifact_cache_trim(struct artifact_cache *cache, uint64_t max_bytes);

/*
 * All requests end without an event, a compilation is killed, then closed(arg) is called in a later
 * turn of the loop and the memory ends. closed may be NULL, and so may the cache (closed is not
 * called then).
 */
void artifact_cache_close(struct artifact_cache *cache, artifact_cache_closed *closed, void *arg);

#endif
