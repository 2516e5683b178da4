/*
 * The cache's inside, for artifact.c (requests) and job.c (what is done for them).
 */
#ifndef HARVESTER_PLUGIN_ARTIFACT_INTERNAL_H
#define HARVESTER_PLUGIN_ARTIFACT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/error.h"
#include "plugin/artifact/artifact.h"
#include "plugin/artifact/compiler.h"
#include "plugin/artifact/store.h"

/*
 * A request is hashed on the pool, then joins the job of its bytes. A job:
 *
 *   PREPARING ──▶ WAITING ──▶ STAGING ──▶ COMPILING ──▶ SEALING ──▶ ENDED
 *    ▲    │          │           │            │                       ▲
 *    │    │ unwanted │  unwanted │   failed   │                       │ also from PREPARING: the
 *    │    └──────────┴───────────┼────────────┘                       │ artifact is there
 *    │                           ▼                                    │
 *    └────────────────────── CLEANING ────────────────────────────────┘
 *      wanted again
 *
 * PREPARING (is the artifact there?), STAGING (a copy that the compiler may read), SEALING and
 * CLEANING are at the pool; at most one job is STAGING or COMPILING, so there is one copy at a
 * time.
 */
enum job_state {
	JOB_PREPARING,
	JOB_WAITING,
	JOB_STAGING,
	JOB_COMPILING,
	JOB_SEALING,
	JOB_CLEANING,
	JOB_ENDED,
};

#define TOO_LONG_MAX 64 /* components that took too long, the last ones */

struct artifact_request {
	TAILQ_ENTRY(artifact_request) link; /* in its job, or in the cache while it is hashed */
	struct artifact_cache *cache;
	struct job *job;   /* NULL while it is hashed */
	bool is_cancelled; /* while it is hashed */
	unsigned told;	   /* the last progress it has heard of */
	char *wasm_path;   /* owned */
	char *name;	   /* owned */
	const struct artifact_events *events;
	void *arg;
	/* Written on the pool, read after it. */
	uv_work_t work;
	struct artifact_id id;
	uint64_t size;
	uint64_t limit;
	int ret;
	struct error err;
};

TAILQ_HEAD(request_list, artifact_request);

struct job {
	TAILQ_ENTRY(job) link;
	struct artifact_cache *cache;
	enum job_state state;
	struct request_list requests;
	struct compiler *compiler; /* while COMPILING */
	bool is_unwanted;	   /* it was stopped for want of requests */
	unsigned tellings;
	uint64_t size;	/* of the component */
	uint64_t limit; /* of a component's size */
	struct artifact_id id;
	char *wasm_path;      /* owned; of the request that began it */
	char *artifact_path;  /* owned */
	char *staged_path;    /* owned */
	char *output_path;    /* owned */
	uint64_t cache_bytes; /* see struct artifact_limits */
	/* Written on the pool, read after it. */
	uv_work_t work;
	uint64_t left_bytes; /* of cache_bytes, for the output */
	bool is_there;	     /* the artifact, without compiling */
	struct error why_not;
	int ret;
	struct error err;
};

TAILQ_HEAD(job_list, job);

struct artifact_cache {
	uv_loop_t *loop; /* borrowed */
	struct artifact_store store;
	char *guest_program; /* owned */
	struct artifact_limits limits;
	struct request_list hashing;
	struct job_list jobs;			   /* in the order in which they began */
	struct job *compiling;			   /* or staging */
	struct artifact_id too_long[TOO_LONG_MAX]; /* a ring */
	unsigned too_long_count;		   /* ever put into the ring */
	size_t requests;			   /* all of them */
	size_t works;				   /* at the pool */
	bool is_closing;
	artifact_cache_closed *closed;
	void *closed_arg;
	uv_timer_t handle; /* never started: its closing ends the cache */
};

/* artifact.c: take a request out of its job, tell it how it ended (one of the two), and free it. */
void artifact_request_end(struct artifact_request *request, const char *artifact_path,
			  const char *failure);

/* artifact.c: close the handle if the cache is closing and nothing is left to wait for. */
void artifact_cache_finish_close(struct artifact_cache *cache);

/* For the bytes of this request, which the caller then adds to it. NULL without memory. */
struct job *job_create(const struct artifact_request *request);

/* Its last request went: stop what can be stopped. */
void job_abandon(struct job *job);

#endif
