#include <stdlib.h>
#include <string.h>

#include "plugin/artifact/internal.h"

static void on_handle_closed(uv_handle_t *handle)
{
	struct artifact_cache *cache = handle->data;

	artifact_store_finish(&cache->store);
	free(cache->guest_program);
	if (cache->on_closed)
		cache->on_closed(cache->closed_arg);
	free(cache);
}

void artifact_cache_finish_close(struct artifact_cache *cache)
{
	if (cache->is_closing && !cache->works && TAILQ_EMPTY(&cache->jobs) &&
	    !uv_is_closing((uv_handle_t *)&cache->handle))
		uv_close((uv_handle_t *)&cache->handle, on_handle_closed);
}

int artifact_cache_create(uv_loop_t *loop, const char *folder, const char *guest_program,
			  const char *engine_key, struct artifact_cache **ret_cache,
			  struct error *err)
{
	struct artifact_cache *cache = calloc(1, sizeof(*cache));
	int ret;

	if (!cache)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the cache of compiled plugins; this "
				 "machine needs more free memory");
	cache->guest_program = strdup(guest_program);
	ret = cache->guest_program ? artifact_store_init(&cache->store, folder, engine_key, err)
				   : error_set(err, ERROR_NO_MEMORY,
					       "out of memory while opening the cache of compiled "
					       "plugins; this machine needs more free memory");
	if (ret) {
		free(cache->guest_program);
		free(cache);
		return ret;
	}
	cache->loop = loop;
	cache->limits = (struct artifact_limits){
		.component_bytes = 256u << 20,
		.progress_ms = 2000,
		.deadline_first_ms = 20000,
		.deadline_mb_ms = 16000,
		.deadline_ms = 300000,
		.cache_bytes = ARTIFACT_CACHE_BYTES,
	};
	TAILQ_INIT(&cache->hashing);
	TAILQ_INIT(&cache->jobs);
	uv_timer_init(loop, &cache->handle);
	cache->handle.data = cache;
	*ret_cache = cache;
	return 0;
}

const struct artifact_limits *artifact_cache_limits(const struct artifact_cache *cache)
{
	return &cache->limits;
}

void artifact_cache_set_limits(struct artifact_cache *cache, const struct artifact_limits *limits)
{
	cache->limits = *limits;
}

static void request_destroy(struct artifact_request *request)
{
	request->cache->requests--;
	free(request->wasm_path);
	free(request->name);
	free(request);
}

void artifact_request_end(struct artifact_request *request, const char *artifact_path,
			  const char *failure)
{
	if (request->job)
		TAILQ_REMOVE(&request->job->requests, request, link);
	if (artifact_path)
		request->events->on_done(request->arg, artifact_path);
	else
		request->events->on_failed(request->arg, failure);
	request_destroy(request);
}

static struct job *find_job(struct artifact_cache *cache, const struct artifact_id *id)
{
	struct job *job;

	TAILQ_FOREACH(job, &cache->jobs, link)
	{
		if (!memcmp(&job->id, id, sizeof(*id)))
			return job;
	}
	return NULL;
}

static bool took_too_long(const struct artifact_cache *cache, const struct artifact_id *id)
{
	unsigned count =
		cache->too_long_count < TOO_LONG_MAX ? cache->too_long_count : TOO_LONG_MAX;

	for (unsigned i = 0; i < count; i++) {
		if (!memcmp(&cache->too_long[i], id, sizeof(*id)))
			return true;
	}
	return false;
}

static void hash(uv_work_t *work)
{
	struct artifact_request *request = work->data;

	request->ret = artifact_store_identify(request->wasm_path, request->limit, &request->id,
					       &request->size, &request->err);
}

static void on_hashed(uv_work_t *work, int status)
{
	struct artifact_request *request = work->data;
	struct artifact_cache *cache = request->cache;
	struct job *job;

	cache->works--;
	TAILQ_REMOVE(&cache->hashing, request, link);
	if (request->is_cancelled || status) {
		request_destroy(request);
		artifact_cache_finish_close(cache);
		return;
	}
	if (request->ret) {
		artifact_request_end(request, NULL, request->err.text);
		return;
	}
	if (took_too_long(cache, &request->id)) {
		artifact_request_end(
			request, NULL,
			"compiling took too long; it is compiled again when its file changes or "
			"the node restarts");
		return;
	}
	job = find_job(cache, &request->id);
	if (!job)
		job = job_create(request);
	if (!job) {
		artifact_request_end(request, NULL, error_text(ERROR_NO_MEMORY));
		return;
	}
	request->job = job;
	request->told = job->tellings;
	TAILQ_INSERT_TAIL(&job->requests, request, link);
}

int artifact_request(struct artifact_cache *cache, const char *wasm_path, const char *name,
		     const struct artifact_events *events, void *arg,
		     struct artifact_request **ret_request)
{
	struct artifact_request *request;

	if (cache->is_closing)
		return ERROR_CLOSED;
	if (cache->requests == ARTIFACT_REQUESTS_MAX)
		return ERROR_BUSY;
	request = calloc(1, sizeof(*request));
	if (!request)
		return ERROR_NO_MEMORY;
	cache->requests++;
	request->cache = cache;
	request->events = events;
	request->arg = arg;
	request->limit = cache->limits.component_bytes;
	request->wasm_path = strdup(wasm_path);
	request->name = strdup(name);
	if (!request->wasm_path || !request->name) {
		request_destroy(request);
		return ERROR_NO_MEMORY;
	}
	TAILQ_INSERT_TAIL(&cache->hashing, request, link);
	cache->works++;
	request->work.data = request;
	uv_queue_work(cache->loop, &request->work, hash, on_hashed);
	*ret_request = request;
	return 0;
}

void artifact_request_cancel(struct artifact_request *request)
{
	struct job *job = request->job;

	if (!job) {
		request->is_cancelled = true;
		uv_cancel((uv_req_t *)&request->work); /* unless it runs already */
		return;
	}
	TAILQ_REMOVE(&job->requests, request, link);
	request_destroy(request);
	if (TAILQ_EMPTY(&job->requests))
		job_abandon(job);
}

void artifact_cache_forget(struct artifact_cache *cache, const char *artifact_path)
{
	artifact_store_forget(&cache->store, artifact_path);
}

struct trim {
	uv_work_t work;
	struct artifact_cache *cache;
	uint64_t max_bytes;
};

static void trim(uv_work_t *work)
{
	struct trim *trim = work->data;

	artifact_store_trim(&trim->cache->store, trim->max_bytes);
}

static void on_trimmed(uv_work_t *work, int status)
{
	struct trim *trim = work->data;
	struct artifact_cache *cache = trim->cache;

	(void)status; /* never cancelled */
	free(trim);
	cache->works--;
	artifact_cache_finish_close(cache);
}

void artifact_cache_trim(struct artifact_cache *cache, uint64_t max_bytes)
{
	struct trim *request = cache->is_closing ? NULL : malloc(sizeof(*request));

	if (!request)
		return; /* the next start trims again */
	*request = (struct trim){.cache = cache, .max_bytes = max_bytes};
	request->work.data = request;
	cache->works++;
	uv_queue_work(cache->loop, &request->work, trim, on_trimmed);
}

void artifact_cache_close(struct artifact_cache *cache, artifact_cache_closed *on_closed, void *arg)
{
	struct artifact_request *request;
	struct job *job;

	if (!cache)
		return;
	cache->is_closing = true;
	cache->on_closed = on_closed;
	cache->closed_arg = arg;
	TAILQ_FOREACH(request, &cache->hashing, link)
	artifact_request_cancel(request);
	TAILQ_FOREACH(job, &cache->jobs, link)
	{
		/* Cancelling a job's last request changes its state, but never takes it off this
		 * list. */
		while ((request = TAILQ_FIRST(&job->requests)))
			artifact_request_cancel(request);
	}
	artifact_cache_finish_close(cache);
}
