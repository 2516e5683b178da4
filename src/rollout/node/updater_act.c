/* What follows from a desired state: fetch, install, or take back. One plugin at a time. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bundle/probation.h"
#include "rollout/node/internal.h"

struct rollout_want *rollout_updater_begun(const struct rollout_updater *updater)
{
	struct rollout_want *want = updater->busy;

	return want && want->number == updater->busy_number ? want : NULL;
}

void rollout_updater_end(struct rollout_updater *updater)
{
	updater->busy = NULL;
	rollout_updater_act(updater);
}

/* The node had no room or no time: the next hello tries again. */
static bool is_passing(int code)
{
	return code == ERROR_BUSY || code == ERROR_CLOSED || code == ERROR_NO_MEMORY;
}

/* Also after a restart, if the bundle was there and not installed. */
bool rollout_want_is_to_do(const struct rollout_want *want)
{
	return want->progress == ROLLOUT_OFFERED || want->progress == ROLLOUT_DOWNLOADED;
}

/* Undo */

static void on_undone(void *arg, int code, const struct error *err, const char *version)
{
	struct rollout_updater *updater = arg;
	struct rollout_want *want = rollout_updater_begun(updater);
	char reason[96];

	snprintf(reason, sizeof(reason), "back to version %s", version);
	if (want && code && !is_passing(code))
		rollout_want_set(updater, want, ROLLOUT_REFUSED, err->text);
	else if (want && !code)
		rollout_want_set(updater, want, ROLLOUT_NODE_UNDONE,
				 *version ? reason : "the version did not run here");
	updater->busy = NULL;
	if (!code)
		rollout_updater_act(updater);
}

static void undo(struct rollout_updater *updater, const struct rollout_want *want)
{
	struct error err;

	if (bundle_probation_undo(updater->config.probation, want->name, want->digest, on_undone,
				  updater, &err)) {
		updater->busy = NULL;
		rollout_updater_note(updater, LOG_WARNING, "%s", err.text);
	}
}

/* Install */

static void take_installed(struct rollout_updater *updater, struct rollout_want *want,
			   const json_t *installed)
{
	const json_t *news = json_object_get(installed, "new");
	const char *first = json_string_value(json_array_get(news, 0));
	char reason[ROLLOUT_REASON_SIZE];

	if (json_is_true(json_object_get(installed, "already_installed"))) {
		rollout_want_set(updater, want, ROLLOUT_GOOD, "this node had the same files");
		return;
	}
	if (!json_array_size(news)) {
		rollout_want_set(updater, want, ROLLOUT_CANDIDATE, "");
		return;
	}
	snprintf(reason, sizeof(reason), "for the approval of what it requests: %.200s%s",
		 first ? first : "", json_array_size(news) > 1 ? ", …" : "");
	rollout_want_set(updater, want, ROLLOUT_WAITING, reason);
}

static void on_installed(void *arg, int code, const struct error *err, json_t *installed)
{
	struct rollout_updater *updater = arg;
	struct rollout_want *want = rollout_updater_begun(updater);

	if (want && !code)
		take_installed(updater, want, installed);
	else if (want && !is_passing(code))
		rollout_want_set(updater, want, ROLLOUT_REFUSED, err->text);
	json_decref(installed);
	if (want && rollout_want_is_to_do(want)) {
		updater->busy = NULL;
		return;
	}
	rollout_updater_forget(updater, updater->busy_digest);
	/* The probation may have begun before this was called. */
	if (want)
		rollout_updater_note_change(updater, want->name);
	rollout_updater_end(updater);
}

void rollout_updater_install(struct rollout_updater *updater, int fd)
{
	struct rollout_want *want = rollout_updater_begun(updater);
	struct error err;

	if (!want) {
		close(fd);
		rollout_updater_end(updater);
		return;
	}
	if (bundle_probation_install_file(updater->config.probation, fd, want->name,
					  want->signature, on_installed, updater, &err)) {
		updater->busy = NULL;
		rollout_updater_note(updater, LOG_WARNING, "%s", err.text);
	}
}

/* Next */

/* Whether the version is here already: then there is nothing to fetch. */
static bool is_here(struct rollout_updater *updater, const struct rollout_want *want)
{
	const char *reason;

	return bundle_probation_find(updater->config.probation, want->name, want->digest,
				     &reason) != BUNDLE_ABSENT;
}

static void begin(struct rollout_updater *updater, struct rollout_want *want)
{
	updater->busy = want;
	updater->busy_number = want->number;
	memcpy(updater->busy_digest, want->digest, sizeof(updater->busy_digest));
	if (want->is_undo)
		undo(updater, want);
	else
		rollout_updater_fetch(updater);
}

void rollout_updater_act(struct rollout_updater *updater)
{
	if (updater->has_failed || !updater->document)
		return;
	for (size_t i = 0; !updater->busy && i < updater->count; i++) {
		struct rollout_want *want = &updater->wants[i];

		if (!rollout_want_is_to_do(want) || !want->is_stored || want->is_withdrawn)
			continue;
		if (!want->is_undo && is_here(updater, want))
			rollout_updater_note_change(updater, want->name);
		else
			begin(updater, want);
	}
}
