#include "rollout/node/updater.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "bundle/probation.h"
#include "rollout/node/internal.h"

struct rollout_want *rollout_updater_find(struct rollout_updater *updater, const char *name)
{
	for (size_t i = 0; i < updater->count; i++)
		if (!strcmp(updater->wants[i].name, name))
			return &updater->wants[i];
	return NULL;
}

void rollout_updater_note(const struct rollout_updater *updater, enum log_level level,
			  const char *format, ...)
{
	char text[LOG_TEXT_SIZE];
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	updater->config.on_noted(updater->config.arg, level, text);
}

/* Asking */

static json_t *list_reports(struct rollout_updater *updater)
{
	json_t *list = json_array();

	for (size_t i = 0; i < updater->count; i++) {
		struct rollout_want *want = &updater->wants[i];

		want->reporting = want->revision;
		if (want->reported == want->revision || want->progress == ROLLOUT_OFFERED)
			continue;
		json_array_append_new(list, json_pack("{s:I, s:s, s:s}", "number",
						      (json_int_t)want->number, "state",
						      rollout_progress_name(want->progress),
						      "reason", want->reason));
	}
	for (size_t i = 0; i < json_array_size(updater->refusals); i++)
		if (json_array_size(list) < ROLLOUT_REPORTS_MAX)
			json_array_append(list, json_array_get(updater->refusals, i));
	return list;
}

static char *make_question(struct rollout_updater *updater)
{
	json_t *root;
	char *text;

	json_decref(updater->plugins);
	updater->plugins = bundle_probation_list(updater->config.probation, ROLLOUT_PLUGINS_MAX);
	root = json_pack("{s:o, s:O}", "reports", list_reports(updater), "plugins",
			 updater->plugins);
	text = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	return text;
}

static void note_reported(struct rollout_updater *updater)
{
	for (size_t i = 0; i < updater->count; i++)
		updater->wants[i].reported = updater->wants[i].reporting;
	json_array_clear(updater->refusals);
}

static void on_answer(void *arg, int status, const struct http_answer *answer,
		      const struct error *err)
{
	struct rollout_updater *updater = arg;
	bool has_refusals = updater->has_refusals;
	json_t *root;

	(void)err; /* the link says what is wrong with it; the next hello asks again */
	updater->asking = NULL;
	if (status || answer->status / 100 != 2)
		return;
	note_reported(updater);
	root = json_loadb(answer->body, answer->size, 0, NULL);
	rollout_updater_take(updater, root);
	json_decref(root);
	/* A hub that repeats what was refused is told only once more. */
	if (updater->ask_again || (!has_refusals && json_array_size(updater->refusals)))
		rollout_updater_ask(updater);
}

void rollout_updater_ask(struct rollout_updater *updater)
{
	struct rollout_request request = {.method = "POST"};
	char path[160];

	if (!updater || !updater->document)
		return;
	updater->ask_again = updater->asking != NULL;
	if (updater->asking)
		return;
	free(updater->question);
	updater->question = make_question(updater);
	if (!updater->question)
		return;
	snprintf(path, sizeof(path), "/api/v1/uplink/updates?node=%s", updater->config.node);
	request.path = path;
	request.body = updater->question;
	request.body_size = strlen(updater->question);
	updater->has_refusals = json_array_size(updater->refusals);
	if (updater->config.request(updater->config.arg, &request, on_answer, updater,
				    &updater->asking))
		updater->asking = NULL;
}

void rollout_updater_greet(struct rollout_updater *updater, bool is_first, bool has_news)
{
	if (!updater)
		return;
	/* The hub may have lost the last reports, if it was killed. */
	for (size_t i = 0; is_first && i < updater->count; i++)
		updater->wants[i].reported = updater->wants[i].revision - 1;
	updater->has_failed = false;
	if (is_first || has_news)
		rollout_updater_ask(updater);
	else
		rollout_updater_act(updater);
}

/* Each write wears the disk. A restart finds out these two again, from the fetched part and from
 * the probation. */
static bool is_stored(enum rollout_progress progress)
{
	return progress != ROLLOUT_DOWNLOADED && progress != ROLLOUT_PROBATION;
}

void rollout_want_set(struct rollout_updater *updater, struct rollout_want *want,
		      enum rollout_progress progress, const char *reason)
{
	char text[ROLLOUT_REASON_SIZE];

	text_clean(text, sizeof(text), reason, strlen(reason));
	if (want->progress == progress && !strcmp(want->reason, text))
		return;
	want->progress = progress;
	memcpy(want->reason, text, sizeof(text));
	want->revision++;
	if (is_stored(progress))
		rollout_updater_save(updater);
	rollout_updater_ask(updater);
}

/* What the node's plugins do */

static const enum rollout_progress progress_of[] = {
	[BUNDLE_WAITING] = ROLLOUT_WAITING,	    [BUNDLE_CANDIDATE] = ROLLOUT_CANDIDATE,
	[BUNDLE_ON_PROBATION] = ROLLOUT_PROBATION,  [BUNDLE_GOOD] = ROLLOUT_GOOD,
	[BUNDLE_ROLLED_BACK] = ROLLOUT_ROLLED_BACK, [BUNDLE_FAILED] = ROLLOUT_FAILED,
};

static bool may_change(const struct rollout_want *want)
{
	return !want->is_undo && want->progress != ROLLOUT_REFUSED &&
	       want->progress != ROLLOUT_GOOD && want->progress != ROLLOUT_ROLLED_BACK;
}

static void update(struct rollout_updater *updater, struct rollout_want *want)
{
	const char *reason;
	enum bundle_progress found =
		bundle_probation_find(updater->config.probation, want->name, want->digest, &reason);

	if (found == BUNDLE_ABSENT || !may_change(want))
		return;
	/* It is installed, but its owner has to approve it before it can start. */
	if (found == BUNDLE_CANDIDATE && want->progress == ROLLOUT_WAITING)
		return;
	if (found == BUNDLE_WAITING && want->progress == ROLLOUT_WAITING)
		return;
	rollout_want_set(updater, want, progress_of[found], reason);
}

static void ask_about_plugins(struct rollout_updater *updater)
{
	json_t *plugins = bundle_probation_list(updater->config.probation, ROLLOUT_PLUGINS_MAX);

	if (plugins && updater->plugins && !json_equal(plugins, updater->plugins))
		rollout_updater_ask(updater);
	json_decref(plugins);
}

void rollout_updater_note_change(struct rollout_updater *updater, const char *plugin)
{
	struct rollout_want *want = updater ? rollout_updater_find(updater, plugin) : NULL;

	if (!updater || !updater->document)
		return;
	if (want)
		update(updater, want);
	ask_about_plugins(updater);
}

uint64_t rollout_updater_refused(const struct rollout_updater *updater)
{
	return updater->refused;
}

/* Life */

int rollout_updater_create(const struct rollout_updater_config *config,
			   struct rollout_updater **ret_updater, struct error *err)
{
	struct rollout_updater *updater = calloc(1, sizeof(*updater));
	int ret = ERROR_NO_MEMORY;

	if (updater)
		updater->refusals = json_array();
	if (!updater || !updater->refusals) {
		free(updater);
		return error_set(err, ret, "cannot start the updates by the hub: %s",
				 error_text(ret));
	}
	updater->config = *config;
	ret = rollout_updater_open_file(updater, err);
	if (ret) {
		rollout_updater_destroy(updater);
		return ret;
	}
	uv_timer_init(config->loop, &updater->again);
	updater->again.data = updater;
	*ret_updater = updater;
	return 0;
}

static void cancel(struct rollout_updater *updater, struct http_exchange *exchange)
{
	if (exchange && updater->config.cancel)
		updater->config.cancel(updater->config.arg, exchange);
	else
		http_exchange_cancel(exchange);
}

void rollout_updater_close(struct rollout_updater *updater)
{
	if (!updater)
		return;
	cancel(updater, updater->asking);
	cancel(updater, updater->fetching);
	updater->asking = updater->fetching = NULL;
	document_close(updater->document);
	updater->document = NULL;
	uv_close((uv_handle_t *)&updater->again, NULL);
}

void rollout_updater_destroy(struct rollout_updater *updater)
{
	if (!updater)
		return;
	for (size_t i = 0; i < updater->count; i++)
		free(updater->wants[i].signature);
	json_decref(updater->refusals);
	json_decref(updater->plugins);
	free(updater->question);
	free(updater);
}
