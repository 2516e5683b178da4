/* Jobs of the artifact cache: one for each component that is looked up or compiled. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/artifact/internal.h"

static const unsigned job_moves[] = {
	[JOB_PREPARING] = 1u << JOB_WAITING | 1u << JOB_CLEANING | 1u << JOB_ENDED,
	[JOB_WAITING] = 1u << JOB_STAGING | 1u << JOB_CLEANING,
	[JOB_STAGING] = 1u << JOB_COMPILING | 1u << JOB_CLEANING,
	[JOB_COMPILING] = 1u << JOB_SEALING | 1u << JOB_CLEANING,
	[JOB_SEALING] = 1u << JOB_ENDED,
	[JOB_CLEANING] = 1u << JOB_PREPARING | 1u << JOB_ENDED,
	[JOB_ENDED] = 0,
};

static void job_set_state(struct job *job, enum job_state state)
{
	assert(job_moves[job->state] & 1u << state);
	job->state = state;
}

/*
 * Send the text "VERB NAME REST" to every request of a job. An event may cancel any request, so the
 * search starts again after each one.
 */
static void job_tell(struct job *job, const char *verb, const char *rest)
{
	struct artifact_request *request = TAILQ_FIRST(&job->requests);
	char text[ERROR_TEXT_SIZE + 128];

	job->tellings++;
	while (request) {
		if (request->told == job->tellings) {
			request = TAILQ_NEXT(request, link);
			continue;
		}
		request->told = job->tellings;
		snprintf(text, sizeof(text), "%s %s%s", verb, request->name, rest);
		request->events->on_progress(request->arg, text);
		request = TAILQ_FIRST(&job->requests);
	}
}

static void job_destroy(struct job *job)
{
	free(job->wasm_path);
	free(job->artifact_path);
	free(job->staged_path);
	free(job->output_path);
	free(job);
}

/* The compiler's text names the staged copy; replace that by the component's own path. */
static void request_fail(struct artifact_request *request, const char *staged, const char *text)
{
	const char *at = strstr(text, staged);
	struct error err = {0};

	if (at)
		error_set(&err, ERROR_SYSTEM, "%.*s%s%s", (int)(at - text), text,
			  request->wasm_path, at + strlen(staged));
	else
		error_set(&err, ERROR_SYSTEM, "%s", text);
	artifact_request_end(request, NULL, err.text);
}

/* End the job and its requests. `failure`: NULL, or why there is no artifact. */
static void job_end(struct job *job, const char *failure)
{
	struct artifact_cache *cache = job->cache;
	struct artifact_request *request;

	job_set_state(job, JOB_ENDED);
	/* Off the list first: a request that an event makes gets a job of its own. */
	TAILQ_REMOVE(&cache->jobs, job, link);
	while ((request = TAILQ_FIRST(&job->requests))) {
		if (cache->is_closing) /* an event has closed the cache */
			artifact_request_cancel(request);
		else if (failure)
			request_fail(request, job->staged_path, failure);
		else
			artifact_request_end(request, job->artifact_path, NULL);
	}
	job_destroy(job);
	artifact_cache_finish_close(cache);
}

static void job_queue(struct job *job, uv_work_cb work, uv_after_work_cb on_done)
{
	job->cache->works++;
	job->work.data = job;
	uv_queue_work(job->cache->loop, &job->work, work,
		      on_done); /* fails only if `work` is NULL */
}

static void seal(uv_work_t *work)
{
	struct job *job = work->data;
	const struct artifact_store *store = &job->cache->store;

	job->ret = artifact_store_seal(store, &job->id, &job->err);
	artifact_store_discard(store, &job->id);
}

static void start_next(struct artifact_cache *cache);

static void on_sealed(uv_work_t *work, int status)
{
	struct job *job = work->data;

	(void)status; /* never cancelled */
	job->cache->works--;
	/* Not earlier: the next job has to know how much room the new artifact has left. */
	job->cache->compiling = NULL;
	start_next(job->cache);
	job_end(job, job->ret ? job->err.text : NULL);
}

static void clean(uv_work_t *work)
{
	struct job *job = work->data;

	artifact_store_discard(&job->cache->store, &job->id);
}

static void job_prepare(struct job *job);

static void on_cleaned(uv_work_t *work, int status)
{
	struct job *job = work->data;

	(void)status; /* never cancelled */
	job->cache->works--;
	if (job->is_unwanted && !TAILQ_EMPTY(&job->requests)) {
		job_set_state(job, JOB_PREPARING);
		job_prepare(job);
	} else {
		job_end(job, job->err.text);
	}
}

static void job_clean(struct job *job)
{
	job_set_state(job, JOB_CLEANING);
	job_queue(job, clean, on_cleaned);
}

static void on_progress(void *arg, uint64_t elapsed_ms)
{
	char rest[64];

	snprintf(rest, sizeof(rest), " (%llu s)", (unsigned long long)(elapsed_ms / 1000));
	job_tell(arg, "still compiling", rest);
}

static void on_compiled(void *arg, uint64_t elapsed_ms, const char *failure)
{
	struct job *job = arg;
	struct artifact_cache *cache = job->cache;
	char rest[64];

	if (compiler_was_late(job->compiler))
		cache->too_long[cache->too_long_count++ % TOO_LONG_MAX] = job->id;
	job->compiler = NULL;
	if (failure) {
		error_set(&job->err, ERROR_SYSTEM, "%s", failure);
		cache->compiling = NULL;
		job_clean(job);
		start_next(cache);
	} else {
		snprintf(rest, sizeof(rest), " in %.1f s", (double)elapsed_ms / 1000);
		job_tell(job, "compiled", rest);
		job_set_state(job, JOB_SEALING);
		job_queue(job, seal, on_sealed);
	}
}

static uint64_t deadline_ms(const struct artifact_limits *limits, uint64_t size)
{
	uint64_t ms = limits->deadline_first_ms + size * limits->deadline_mb_ms / 1000000;

	return limits->deadline_first_ms && ms < limits->deadline_ms ? ms : limits->deadline_ms;
}

static void job_compile(struct job *job)
{
	static const struct compiler_events events = {on_progress, on_compiled};
	struct artifact_cache *cache = job->cache;
	const struct compiler_command command = {
		.program = cache->guest_program,
		.component = job->staged_path,
		.output = job->output_path,
		.lockdown_required = !cache->limits.lockdown_optional,
		.target = cache->limits.target,
		.progress_ms = cache->limits.progress_ms,
		.deadline_ms = deadline_ms(&cache->limits, job->size),
		.output_bytes_max = job->left_bytes,
		.cgroups = cache->limits.cgroups,
	};
	char rest[64];

	job_set_state(job, JOB_COMPILING);
	if (compiler_start(cache->loop, &command, &events, job, &job->compiler, &job->err)) {
		cache->compiling = NULL;
		job_clean(job);
		start_next(cache);
		return;
	}
	snprintf(rest, sizeof(rest), " (%.1f MB), once", (double)job->size / 1e6);
	job_tell(job, "compiling", rest);
}

/* Make room in the cache for the staged copy and for the compiler's output. */
static int make_room(struct job *job, struct error *err)
{
	uint64_t wanted = job->cache_bytes > job->size ? job->cache_bytes - job->size : 0;
	uint64_t used;

	if (!job->cache_bytes)
		return 0;
	/* Try to free as much again for the output. */
	used = artifact_store_trim(&job->cache->store, wanted > job->size ? wanted - job->size : 0);
	if (used >= wanted)
		return error_set(
			err, ERROR_TOO_LARGE,
			"no room in the cache of compiled components: those in use take %.0f "
			"MB of %.0f MB; remove a plugin",
			(double)used / 1e6, (double)job->cache_bytes / 1e6);
	job->left_bytes = wanted - used;
	return 0;
}

static void stage(uv_work_t *work)
{
	struct job *job = work->data;

	job->ret = make_room(job, &job->err);
	if (!job->ret)
		job->ret = artifact_store_stage(&job->cache->store, &job->id, job->wasm_path,
						job->limit, &job->err);
}

static void on_staged(uv_work_t *work, int status)
{
	struct job *job = work->data;
	struct artifact_cache *cache = job->cache;

	(void)status; /* never cancelled */
	cache->works--;
	job->is_unwanted = TAILQ_EMPTY(&job->requests);
	if (!job->ret && !job->is_unwanted) {
		job_compile(job);
		return;
	}
	cache->compiling = NULL;
	job_clean(job);
	start_next(cache);
}

static void job_stage(struct job *job)
{
	job->cache->compiling = job;
	job->cache_bytes = job->cache->limits.cache_bytes;
	job_set_state(job, JOB_STAGING);
	job_queue(job, stage, on_staged);
}

/* Start the smallest waiting job; of equal ones the oldest. */
static void start_next(struct artifact_cache *cache)
{
	struct job *next = NULL, *job;

	if (cache->compiling)
		return;
	TAILQ_FOREACH(job, &cache->jobs, link)
	{
		if (job->state == JOB_WAITING && (!next || job->size < next->size))
			next = job;
	}
	if (next)
		job_stage(next);
}

static void prepare(uv_work_t *work)
{
	struct job *job = work->data;
	struct artifact_store *store = &job->cache->store;
	int ret = artifact_store_find(store, &job->id, &job->why_not);

	job->is_there = !ret;
	if (ret == ERROR_NOT_FOUND)
		job->why_not = (struct error){0};
}

static void on_prepared(uv_work_t *work, int status)
{
	struct job *job = work->data;
	char rest[ERROR_TEXT_SIZE + 8];

	job->cache->works--;
	if (status && !TAILQ_EMPTY(&job->requests)) {
		job_prepare(job); /* it was abandoned, and then got a new request */
		return;
	}
	if (status) {
		job_end(job, job->err.text);
		return;
	}
	if (job->is_there) {
		job_end(job, NULL);
		return;
	}
	if (*job->why_not.text) {
		snprintf(rest, sizeof(rest), ": %s", job->why_not.text);
		job_tell(job, "rebuilding", rest);
	}
	if (TAILQ_EMPTY(&job->requests)) {
		job->is_unwanted = true;
		job_clean(job);
		return;
	}
	job_set_state(job, JOB_WAITING);
	start_next(job->cache);
}

static void job_prepare(struct job *job)
{
	job->is_unwanted = false;
	job->why_not = (struct error){0};
	job->err = (struct error){0};
	job_queue(job, prepare, on_prepared);
}

struct job *job_create(const struct artifact_request *request)
{
	struct artifact_cache *cache = request->cache;
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->cache = cache;
	job->id = request->id;
	job->size = request->size;
	job->limit = request->limit;
	job->wasm_path = strdup(request->wasm_path);
	job->artifact_path = artifact_store_path(&cache->store, &job->id);
	job->staged_path = artifact_store_staged_path(&cache->store, &job->id);
	job->output_path = artifact_store_output_path(&cache->store, &job->id);
	if (!job->wasm_path || !job->artifact_path || !job->staged_path || !job->output_path) {
		job_destroy(job);
		return NULL;
	}
	TAILQ_INIT(&job->requests);
	TAILQ_INSERT_TAIL(&cache->jobs, job, link);
	job_prepare(job);
	return job;
}

void job_abandon(struct job *job)
{
	if (job->state == JOB_PREPARING) {
		uv_cancel((uv_req_t *)&job->work); /* works if the thread pool has not begun it */
	} else if (job->state == JOB_WAITING) {
		job->is_unwanted = true;
		job_clean(job);
	} else if (job->state == JOB_COMPILING && job->compiler) {
		job->is_unwanted = true;
		compiler_kill(job->compiler);
	}
}
