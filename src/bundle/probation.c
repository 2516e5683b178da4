#include "bundle/probation.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/name_index.h"
#include "base/text.h"
#include "base/work_queue.h"
#include "bundle/receive.h"
#include "bundle/store.h"
#include "bundle/verdict.h"
#include "bundle/watch.h"
#include "config/config.h"
#include "plugin/discovery/source.h"
#include "plugin/policy/approvals.h"

#define QUEUE_LIMIT (4 * PLUGINS_MAX)

/* What is known of a plugin while the node runs. */
struct entry {
	const char *name; /* must be first, for the index: `text` */
	char text[PLUGIN_NAME_SIZE];
	bool is_loaded; /* `news` is what the store knows */
	struct bundle_verdict verdict;
	char failure[BUNDLE_REASON_MAX + 1]; /* of the version that was judged last */
	struct bundle_news news;
};

struct bundle_probation {
	struct bundle_probation_config config;
	struct work_queue *queue; /* owned */
	uv_fs_event_t watch;	  /* of the records; its data is this struct */
	struct entry **entries;	  /* owned, with their content */
	size_t count;
	struct name_index index; /* of the entries */
	struct bundle_counts counts;
	unsigned open_parts;
	void (*on_closed)(void *arg);
	void *closed_arg;
};

enum task { TASK_LOAD, TASK_START, TASK_PASS, TASK_FAIL, TASK_APPROVE, TASK_UNDO };

struct job {
	struct bundle_probation *probation;
	enum task task;
	char name[PLUGIN_NAME_SIZE];
	char digest[BUNDLE_DIGEST_SIZE]; /* of the version that passed or failed; "": the current */
	char reason[BUNDLE_REASON_MAX];
	int ret; /* the results */
	struct error err;
	struct bundle_version back; /* what the store went back to; .digest "": it did not */
	struct bundle_news news;
	bundle_undone_cb *on_undone; /* of TASK_UNDO */
	void *arg;
};

static struct entry *find(const struct bundle_probation *probation, const char *name)
{
	return name_index_find(&probation->index, name);
}

/* NULL: out of memory, or too many plugins. */
static struct entry *find_or_add(struct bundle_probation *probation, const char *name)
{
	struct entry *entry = find(probation, name), **room;

	if (entry || probation->count == 4 * PLUGINS_MAX)
		return entry;
	room = reallocarray(probation->entries, probation->count + 1, sizeof(struct entry *));
	if (!room)
		return NULL;
	probation->entries = room;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	snprintf(entry->text, sizeof(entry->text), "%s", name);
	entry->name = entry->text;
	if (name_index_add(&probation->index, entry)) {
		free(entry);
		return NULL;
	}
	probation->entries[probation->count++] = entry;
	return entry;
}

/* Jobs, on the store's thread */

static void work(void *arg)
{
	struct job *job = arg;
	const struct bundle_probation_config *config = &job->probation->config;
	const struct bundle_store_config folders = {config->data_folder, config->plugins_folder};
	struct bundle_store *store = NULL;

	job->ret = bundle_store_open(&folders, &store, &job->err);
	if (!job->ret && job->task == TASK_FAIL)
		job->ret = bundle_store_fail(store, job->name, job->digest, job->reason, &job->back,
					     &job->err);
	if (!job->ret && job->task == TASK_PASS)
		job->ret = bundle_store_pass(store, job->name, job->digest, &job->err);
	if (!job->ret && job->task == TASK_UNDO)
		job->ret = bundle_store_undo(store, job->name, job->digest, &job->back, &job->err);
	if (!job->ret && job->task == TASK_APPROVE)
		job->ret = bundle_watch_approve(store, config->data_folder, job->name, &job->err);
	if (!job->ret)
		job->ret = bundle_watch_load(store, config->data_folder, job->name, &job->news,
					     &job->err);
	bundle_store_close(store);
}

__attribute__((format(printf, 4, 5))) static void note(const struct bundle_probation *probation,
						       enum log_level level, const char *name,
						       const char *format, ...)
{
	char text[ERROR_TEXT_SIZE + BUNDLE_REASON_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	probation->config.on_noted(probation->config.arg, level, name, text);
}

/* Begin to count the polls of the version that runs now. */
static void watch(struct bundle_probation *probation, struct entry *entry)
{
	const unsigned polls = probation->config.config->updates.probation_polls;

	bundle_verdict_begin(&entry->verdict, entry->news.is_on_probation, polls);
	if (entry->news.is_on_probation)
		note(probation, LOG_INFO, entry->name, "version %s is on probation for %u polls",
		     entry->news.version, polls);
}

static void tell(const struct job *job)
{
	const struct bundle_probation *probation = job->probation;

	if (job->ret)
		note(probation, LOG_ERROR, job->name, "its bundle cannot be changed: %s",
		     job->err.text);
	else if (job->task == TASK_FAIL && *job->back.digest)
		note(probation, LOG_WARNING, job->name,
		     "the new version failed its probation and is quarantined (%s); back to "
		     "version %s",
		     job->reason, job->back.version);
	else if (job->task == TASK_PASS)
		note(probation, LOG_INFO, job->name, "version %s has passed its probation",
		     job->news.version);
}

static void count(const struct job *job)
{
	if (!job->ret && job->task == TASK_FAIL && *job->back.digest)
		job->probation->counts.rolled_back++;
}

static void on_done(void *arg, int status)
{
	struct job *job = arg;
	struct entry *entry = status ? NULL : find_or_add(job->probation, job->name);

	if (!status) {
		count(job);
		tell(job);
	}
	if (entry && !job->ret) {
		if (strcmp(entry->news.digest, job->news.digest) != 0)
			bundle_verdict_leave(&entry->verdict);
		bundle_news_finish(&entry->news);
		entry->news = job->news;
		entry->is_loaded = true;
		job->news = (struct bundle_news){0};
		if (job->task == TASK_START)
			watch(job->probation, entry);
		if (job->probation->config.on_changed)
			job->probation->config.on_changed(job->probation->config.arg, job->name);
	}
	if (job->on_undone)
		job->on_undone(job->arg, status ? status : job->ret, &job->err, job->back.version);
	bundle_news_finish(&job->news);
	free(job);
}

static int prepare(struct bundle_probation *probation, enum task task, const char *name,
		   const char *digest, const char *reason, struct job **ret_job)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return ERROR_NO_MEMORY;
	job->probation = probation;
	job->task = task;
	snprintf(job->name, sizeof(job->name), "%s", name);
	snprintf(job->digest, sizeof(job->digest), "%s", digest);
	text_clean(job->reason, sizeof(job->reason), reason, strlen(reason));
	*ret_job = job;
	return 0;
}

static int submit_job(struct job *job)
{
	int ret = work_queue_submit(job->probation->queue, work, on_done, job);

	if (ret)
		free(job);
	return ret;
}

static int submit(struct bundle_probation *probation, enum task task, const char *name,
		  const char *digest, const char *reason)
{
	struct job *job;
	int ret = prepare(probation, task, name, digest, reason, &job);

	return ret ? ret : submit_job(job);
}

/* What the plugins do */

void bundle_probation_note_start(struct bundle_probation *probation, const char *name)
{
	submit(probation, TASK_START, name, "", "");
}

static void fail(struct bundle_probation *probation, struct entry *entry, const char *text)
{
	text_clean(entry->failure, sizeof(entry->failure), text, strlen(text));
	submit(probation, TASK_FAIL, entry->name, entry->news.digest, text);
}

void bundle_probation_note_poll(struct bundle_probation *probation, const char *name,
				size_t readings)
{
	struct entry *entry = find_or_add(probation, name);
	enum bundle_finding finding =
		entry ? bundle_verdict_note_poll(&entry->verdict, readings) : BUNDLE_UNDECIDED;

	if (finding == BUNDLE_PASSES)
		submit(probation, TASK_PASS, name, entry->news.digest, "");
	else if (finding == BUNDLE_IS_SILENT)
		fail(probation, entry,
		     "it returned no readings, and the version before returned some");
}

static bool is_on_probation(const struct entry *entry)
{
	return entry->is_loaded && entry->news.is_on_probation;
}

void bundle_probation_note_failure(struct bundle_probation *probation, const char *name,
				   const char *text)
{
	struct entry *entry = find_or_add(probation, name);
	unsigned limit = probation->config.config->updates.probation_failures, before;

	if (!entry)
		return;
	before = entry->verdict.failed;
	if (bundle_verdict_note_failure(&entry->verdict, is_on_probation(entry), limit))
		fail(probation, entry, text);
	else if (entry->verdict.failed > before)
		note(probation, LOG_WARNING, name,
		     "%u of %u polls that may fail while version %s is on probation",
		     entry->verdict.failed, limit - 1, entry->news.version);
}

void bundle_probation_note_death(struct bundle_probation *probation, const char *name,
				 const char *text)
{
	struct entry *entry = find_or_add(probation, name);

	if (entry && bundle_verdict_note_death(&entry->verdict, is_on_probation(entry)))
		fail(probation, entry, text);
}

/* The last line of a traceback, which says what was wrong. */
static void find_last_line(const char *text, char ret_line[BUNDLE_REASON_MAX])
{
	size_t end = strlen(text), begin;

	while (end && text[end - 1] == '\n')
		end--;
	for (begin = end; begin && text[begin - 1] != '\n'; begin--)
		;
	snprintf(ret_line, BUNDLE_REASON_MAX, "%.*s", (int)(end - begin), text + begin);
}

void bundle_probation_note_rejection(struct bundle_probation *probation, const char *name,
				     const char *text)
{
	char line[BUNDLE_REASON_MAX];

	find_last_line(text, line);
	submit(probation, TASK_FAIL, name, "", line);
}

/* The network */

struct sending {
	struct bundle_probation *probation;
	bundle_installed_cb *on_installed;
	void *arg;
};

static void on_received(void *arg, int code, const struct error *err, json_t *installed)
{
	struct sending *sending = arg;

	if (code)
		sending->probation->counts.refused++;
	else
		sending->probation->counts.installed++;
	sending->on_installed(sending->arg, code, err, installed);
	free(sending);
}

struct bundle_counts bundle_probation_count(const struct bundle_probation *probation)
{
	return probation->counts;
}

/* `receive` says which bundle; the rest is filled in here. */
static int receive_bundle(struct bundle_probation *probation, struct bundle_receive *receive,
			  bundle_installed_cb *on_installed, void *arg, struct error *err)
{
	struct sending *sending = calloc(1, sizeof(*sending));
	int ret;

	if (!sending)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while receiving the bundle; this machine needs "
				 "more free memory");
	*sending = (struct sending){probation, on_installed, arg};
	receive->queue = probation->queue;
	receive->config = probation->config.config;
	receive->data_folder = probation->config.data_folder;
	receive->plugins_folder = probation->config.plugins_folder;
	receive->on_installed = on_received;
	receive->arg = sending;
	ret = bundle_receive(receive, err);
	if (ret)
		free(sending);
	return ret;
}

int bundle_probation_install(struct bundle_probation *probation, const void *data, size_t size,
			     const char *signature, bundle_installed_cb *on_installed, void *arg,
			     struct error *err)
{
	struct bundle_receive receive = {.data = data, .size = size, .signature = signature};

	return receive_bundle(probation, &receive, on_installed, arg, err);
}

int bundle_probation_install_file(struct bundle_probation *probation, int fd, const char *name,
				  const char *signature, bundle_installed_cb *on_installed,
				  void *arg, struct error *err)
{
	struct bundle_receive receive = {.fd = fd, .name = name, .signature = signature};

	return receive_bundle(probation, &receive, on_installed, arg, err);
}

/* The hub */

int bundle_probation_undo(struct bundle_probation *probation, const char *name, const char *digest,
			  bundle_undone_cb *on_undone, void *arg, struct error *err)
{
	struct job *job;
	int ret = prepare(probation, TASK_UNDO, name, digest, "", &job);

	if (!ret) {
		job->on_undone = on_undone;
		job->arg = arg;
		ret = submit_job(job);
	}
	return ret ? error_set(err, ret, "cannot undo the version: %s", error_text(ret)) : 0;
}

enum bundle_progress bundle_probation_find(const struct bundle_probation *probation,
					   const char *name, const char *digest,
					   const char **ret_reason)
{
	const struct entry *entry = find(probation, name);

	*ret_reason = "";
	if (!entry || !entry->is_loaded)
		return BUNDLE_ABSENT;
	if (!strcmp(entry->news.waiting_digest, digest))
		return BUNDLE_WAITING;
	if (!strcmp(entry->news.bad_digest, digest)) {
		*ret_reason = entry->news.bad_reason;
		return BUNDLE_ROLLED_BACK;
	}
	if (strcmp(entry->news.digest, digest) != 0)
		return BUNDLE_ABSENT;
	if (!entry->news.is_on_probation)
		return BUNDLE_GOOD;
	if (!entry->verdict.is_judged)
		return entry->verdict.is_watched ? BUNDLE_ON_PROBATION : BUNDLE_CANDIDATE;
	*ret_reason = entry->failure;
	return BUNDLE_FAILED;
}

json_t *bundle_probation_list(const struct bundle_probation *probation, size_t most)
{
	json_t *list = json_array();

	for (size_t i = 0; i < probation->count && json_array_size(list) < most; i++) {
		const struct entry *entry = probation->entries[i];

		if (*entry->news.digest)
			json_array_append_new(list,
					      json_pack("{s:s, s:s, s:s, s:b}", "name", entry->name,
							"version", entry->news.version, "digest",
							entry->news.digest, "on_probation",
							(int)entry->news.is_on_probation));
	}
	return list;
}

/* The owner */

bool bundle_probation_waits(const struct bundle_probation *probation, const char *name,
			    const char *digest)
{
	const struct entry *entry = find(probation, name);

	return entry && *entry->news.waiting_request &&
	       !strcmp(entry->news.waiting_request, digest);
}

int bundle_probation_approve(struct bundle_probation *probation, const char *name,
			     struct error *err)
{
	int ret = submit(probation, TASK_APPROVE, name, "", "");

	return ret ? error_set(err, ret,
			       "cannot approve the bundle's request now: %s; try again in a few "
			       "seconds",
			       error_text(ret))
		   : 0;
}

void bundle_probation_add_to_json(const struct bundle_probation *probation, const char *name,
				  json_t *plugin)
{
	const struct entry *entry = find(probation, name);
	const struct bundle_news *news = entry ? &entry->news : NULL;
	json_t *waiting = json_null(), *rolled_back = json_null();

	if (!news || !*news->digest) {
		json_object_set_new(plugin, "bundle", json_null());
		return;
	}
	if (*news->waiting_request)
		waiting = json_pack("{s:s, s:s, s:O}", "version", news->waiting_version,
				    "request_digest", news->waiting_request, "new",
				    news->waiting_new);
	if (*news->bad_version)
		rolled_back = json_pack("{s:s, s:s}", "version", news->bad_version, "reason",
					news->bad_reason);
	json_object_set_new(
		plugin, "bundle",
		json_pack("{s:s, s:s, s:b, s:i, s:o, s:o, s:s?}", "version", news->version,
			  "digest", news->digest, "on_probation", (int)news->is_on_probation,
			  "polls_left", entry->verdict.is_watched ? (int)entry->verdict.left : 0,
			  "waiting", waiting, "rolled_back", rolled_back, "changed_here",
			  *news->changed_here ? news->changed_here : NULL));
}

/* Life */

/* A command has changed a record. The name is of the record's file, or of its temporary one. */
static void on_changed(uv_fs_event_t *watch, const char *file, int events, int status)
{
	char name[PLUGIN_NAME_SIZE];
	const char *end = file ? strrchr(file, '.') : NULL;

	(void)events, (void)status;
	if (!end || strcmp(end, ".json") != 0 ||
	    snprintf(name, sizeof(name), "%.*s", (int)(end - file), file) >= (int)sizeof(name) ||
	    !bundle_is_name(name))
		return;
	submit(watch->data, TASK_LOAD, name, "", "");
}

static void on_problem(void *arg, const char *text)
{
	note(arg, LOG_ERROR, "bundles", "%s", text);
}

static void load_first(void *arg, const char *name)
{
	submit(arg, TASK_START, name, "", "");
}

/* What cannot be swept now costs only room, so the node goes on. */
static void sweep(struct bundle_probation *probation, struct bundle_store *store)
{
	struct error err = {0};
	unsigned count = 0;

	if (bundle_store_sweep(store, &count, &err))
		note(probation, LOG_WARNING, "bundles", "leftovers stay on the disk: %s", err.text);
	else if (count)
		note(probation, LOG_INFO, "bundles",
		     "removed %u leftover files of interrupted installations", count);
}

static int settle(struct bundle_probation *probation, struct error *err)
{
	const struct bundle_store_config folders = {probation->config.data_folder,
						    probation->config.plugins_folder};
	struct bundle_store *store;
	int ret = bundle_store_open(&folders, &store, err);

	if (ret)
		return ret;
	ret = bundle_store_settle(store, on_problem, probation, err);
	sweep(probation, store);
	if (!ret)
		ret = bundle_store_list(store, load_first, probation, err);
	bundle_store_close(store);
	return ret;
}

int bundle_probation_create(const struct bundle_probation_config *config,
			    struct bundle_probation **ret_probation, struct error *err)
{
	struct bundle_probation *probation = calloc(1, sizeof(*probation));
	char path[PATH_MAX];
	int ret;

	if (!probation)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the store of bundles; this machine "
				 "needs more free memory");
	probation->config = *config;
	ret = work_queue_create(config->loop, QUEUE_LIMIT, &probation->queue, err);
	if (ret) {
		free(probation);
		return ret;
	}
	uv_fs_event_init(config->loop, &probation->watch);
	probation->watch.data = probation;
	snprintf(path, sizeof(path), "%s/bundles", config->data_folder);
	ret = settle(probation, err);
	if (!ret && uv_fs_event_start(&probation->watch, on_changed, path, 0))
		note(probation, LOG_WARNING, "bundles",
		     "cannot watch %s, so what commands change there is seen after a restart",
		     path);
	if (ret)
		bundle_probation_close(probation, NULL, NULL);
	else
		*ret_probation = probation;
	return ret;
}

static void on_part_closed(void *arg)
{
	struct bundle_probation *probation = arg;
	void (*on_closed)(void *arg) = probation->on_closed;
	void *closed_arg = probation->closed_arg;

	if (--probation->open_parts)
		return;
	for (size_t i = 0; i < probation->count; i++) {
		name_index_remove(&probation->index, probation->entries[i]);
		bundle_news_finish(&probation->entries[i]->news);
		free(probation->entries[i]);
	}
	free(probation->entries);
	free(probation);
	if (on_closed)
		on_closed(closed_arg);
}

static void on_watch_closed(uv_handle_t *handle)
{
	on_part_closed(handle->data);
}

void bundle_probation_close(struct bundle_probation *probation, void (*on_closed)(void *arg),
			    void *arg)
{
	if (!probation)
		return;
	probation->open_parts = 2;
	probation->on_closed = on_closed;
	probation->closed_arg = arg;
	uv_close((uv_handle_t *)&probation->watch, on_watch_closed);
	work_queue_close(probation->queue, on_part_closed, probation);
}
