/*
 * The fields of struct artifact_cache, for artifact.c (requests) and job.c (the compilations that
 * requests wait for). Loop thread.
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
 * The component of a request is hashed on the thread pool; then the request joins the job for these
 * bytes. The states of a job:
 *
 *   PREPARING ──▶ WAITING ──▶ STAGING ──▶ COMPILING ──▶ SEALING ──▶ ENDED
 *    ▲    │          │           │            │                       ▲
 *    │    │ unwanted │  unwanted │   failed   │                       │ also from PREPARING: the
 *    │    └──────────┴───────────┼────────────┘                       │ artifact exists
 *    │                           ▼                                    │
 *    └────────────────────── CLEANING ────────────────────────────────┘
 *      wanted again
 *
 * PREPARING checks whether the artifact exists; STAGING makes room in the cache and copies the
 * component to where the compiler reads it; SEALING adds the MAC to the compiler's output; CLEANING
 * removes temporary files. These four run on the thread pool. At most one job is STAGING or
 * COMPILING, so that there is one copy at a time. A job is unwanted when its last request was
 * cancelled.
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

/* how many of the latest components that missed their deadline are remembered */
#define TOO_LONG_MAX 64

struct artifact_request {
	TAILQ_ENTRY(artifact_request) link; /* in its job; while it is hashed, in the cache */
	struct artifact_cache *cache;
	struct job *job;   /* NULL while it is hashed */
	bool is_cancelled; /* while it is hashed */
	unsigned told;	   /* number of the last progress text that it received */
	char *wasm_path;   /* owned */
	char *name;	   /* owned */
	const struct artifact_events *events;
	void *arg;
	/* Written by the thread pool's job, read by the loop thread afterwards. */
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
	bool is_unwanted;	   /* it was stopped because it had no requests left */
	unsigned tellings;	   /* progress texts so far */
	uint64_t size;		   /* of the component, in bytes */
	uint64_t limit;		   /* largest allowed size of a component */
	struct artifact_id id;
	char *wasm_path;      /* owned; from the request that created the job */
	char *artifact_path;  /* owned */
	char *staged_path;    /* owned */
	char *output_path;    /* owned */
	uint64_t cache_bytes; /* see struct artifact_limits */
	/* Written by the thread pool's job, read by the loop thread afterwards. */
	uv_work_t work;
	uint64_t left_bytes;  /* room for the output */
	bool is_there;	      /* the artifact exists already */
	struct error why_not; /* why an existing artifact cannot be used */
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
	struct job_list jobs;  /* in the order in which they were created */
	struct job *compiling; /* the job that is STAGING, COMPILING or SEALING */
	struct artifact_id too_long[TOO_LONG_MAX]; /* a ring */
	unsigned too_long_count;		   /* ever put into the ring */
	size_t requests;			   /* number of all requests */
	size_t works;				   /* number of items on the thread pool */
	bool is_closing;
	artifact_cache_closed *on_closed;
	void *closed_arg;
	uv_timer_t handle; /* never started; its close callback frees the cache */
};

/*
 * artifact.c: take a request out of its job, call on_done() with artifact_path or, if that is NULL,
 * on_failed() with `failure`, and free the request.
 */
void artifact_request_end(struct artifact_request *request, const char *artifact_path,
			  const char *failure);

/* artifact.c: if the cache is closing and no job or work is left, free it. */
void artifact_cache_finish_close(struct artifact_cache *cache);

/*
 * job.c: create and start a job for the component of this request, which the caller then adds to
 * it. The job frees itself at its end. NULL if out of memory.
 */
struct job *job_create(const struct artifact_request *request);

/* job.c: the last request of the job was cancelled: stop it, unless it is about to end anyway. */
void job_abandon(struct job *job);

#endif
