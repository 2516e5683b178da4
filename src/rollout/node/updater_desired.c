/* Which desired states a node accepts. The hub that sends them may be an attacker's. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bundle/read.h"
#include "bundle/trust.h"
#include "config/config.h"
#include "rollout/node/internal.h"

/* One element of the hub's answer; the texts are borrowed from it. */
struct desired {
	uint64_t number, size;
	bool is_undo;
	const char *name, *version, *digest, *signature;
};

static bool read_desired(const json_t *json, struct desired *desired)
{
	json_int_t number, size;
	const char *task;

	if (json_unpack((json_t *)json, "{s:I, s:s, s:s, s:s, s:s, s:I}", "number", &number, "task",
			&task, "name", &desired->name, "version", &desired->version, "digest",
			&desired->digest, "size", &size))
		return false;
	desired->signature = json_string_value(json_object_get(json, "signature"));
	desired->number = (uint64_t)number;
	desired->size = (uint64_t)size;
	desired->is_undo = !strcmp(task, "undo");
	return number > 0 && number <= (json_int_t)BUNDLE_COUNTER_MAX && size > 0 &&
	       size <= (json_int_t)BUNDLE_SIZE_MAX &&
	       (desired->is_undo || !strcmp(task, "install")) && bundle_is_name(desired->name) &&
	       bundle_is_version(desired->version) && bundle_is_digest(desired->digest) &&
	       (!desired->signature || strlen(desired->signature) <= MINISIGN_FILE_MAX);
}

/* Tell the hub with the next request, and the log once. */
static void refuse(struct rollout_updater *updater, const struct desired *desired, const char *why)
{
	json_t *report = json_pack("{s:I, s:s, s:s}", "number", (json_int_t)desired->number,
				   "state", rollout_progress_name(ROLLOUT_REFUSED), "reason", why);

	updater->refused++;
	if (json_array_size(updater->refusals) < ROLLOUT_PLUGINS_MAX)
		json_array_append(updater->refusals, report);
	json_decref(report);
	if (updater->told != desired->number)
		rollout_updater_note(updater, LOG_WARNING,
				     "the %s's desired state of %s (version %s) is refused: %s",
				     updater->config.sender, desired->name, desired->version, why);
	updater->told = desired->number;
}

/* Why the desired state of all plugins is not accepted; false: it is. */
static bool is_refused(struct rollout_updater *updater, uint64_t number, char *ret_why, size_t size)
{
	const struct bundle_time now = bundle_time_now();

	if (!updater->config.config->updates.from_hub)
		snprintf(ret_why, size,
			 "the owner of this node does not let the hub change plugins: see from_hub "
			 "under [updates] in the node's configuration");
	else if (number < updater->seen)
		snprintf(ret_why, size,
			 "it is old: the %s sends the desired state %" PRIu64
			 ", and this node has seen %" PRIu64
			 " (was the %s restored from a backup?); start the roll-out again",
			 updater->config.sender, number, updater->seen, updater->config.sender);
	else if (now.is_good && number > now.now_ms + ROLLOUT_FUTURE_MS)
		snprintf(ret_why, size,
			 "its number is of a time in the future: check the clocks of the hub and "
			 "of this node, and start the roll-out again");
	else
		return false;
	return true;
}

static struct rollout_want *find_or_add(struct rollout_updater *updater, const char *name)
{
	struct rollout_want *want = rollout_updater_find(updater, name);

	if (want || updater->count == ROLLOUT_PLUGINS_MAX)
		return want;
	want = &updater->wants[updater->count++];
	*want = (struct rollout_want){0};
	snprintf(want->name, sizeof(want->name), "%s", name);
	return want;
}

/* The hub may undo only what it has rolled out. */
static bool may_undo(const struct rollout_want *want, const struct desired *desired)
{
	return want && !want->is_undo && !strcmp(want->digest, desired->digest);
}

/* Returns whether it was adopted. */
static bool adopt(struct rollout_updater *updater, struct rollout_want *want,
		  const struct desired *desired)
{
	char *signature = desired->signature ? strdup(desired->signature) : NULL;

	if (desired->signature && !signature)
		return false; /* the next request brings it again */
	if (*want->digest && strcmp(want->digest, desired->digest) != 0)
		rollout_updater_forget(updater, want->digest);
	free(want->signature);
	want->signature = signature;
	want->number = desired->number;
	want->size = desired->size;
	want->is_undo = desired->is_undo;
	snprintf(want->version, sizeof(want->version), "%s", desired->version);
	snprintf(want->digest, sizeof(want->digest), "%s", desired->digest);
	want->progress = ROLLOUT_OFFERED;
	want->reason[0] = '\0';
	want->is_stored = want->is_withdrawn = false;
	want->revision++;
	rollout_updater_note(updater, LOG_INFO, "the %s %s %s %s", updater->config.sender,
			     desired->is_undo ? "takes back" : "rolls out", desired->name,
			     desired->version);
	return true;
}

/* Returns whether the file is to be written. */
static bool take_one(struct rollout_updater *updater, const struct desired *desired)
{
	struct rollout_want *want = rollout_updater_find(updater, desired->name);
	char why[ROLLOUT_REASON_SIZE];

	/* Known already; written again if the disk did not take it. */
	if (want && want->number == desired->number)
		return !want->is_stored;
	if (want && desired->number < want->number) {
		snprintf(why, sizeof(why),
			 "it is old: this node has seen a newer desired state of %s (%" PRIu64
			 "); start the roll-out again",
			 want->name, want->number);
		refuse(updater, desired, why);
		return false;
	}
	if (desired->is_undo && !may_undo(want, desired)) {
		refuse(updater, desired,
		       "the hub can take back only the version that it has rolled out last");
		return false;
	}
	want = find_or_add(updater, desired->name);
	if (want)
		return adopt(updater, want, desired);
	refuse(updater, desired, "this node takes roll-outs of at most 64 plugins");
	return false;
}

/* What the answer does not have any more is not to be done: the roll-out has ended. */
static void withdraw(struct rollout_updater *updater, const json_t *list)
{
	for (size_t i = 0; i < updater->count; i++) {
		struct rollout_want *want = &updater->wants[i];
		const json_t *value;
		size_t j;

		want->is_withdrawn = true;
		json_array_foreach(list, j, value)
		{
			if (json_integer_value(json_object_get(value, "number")) ==
			    (json_int_t)want->number)
				want->is_withdrawn = false;
		}
	}
}

static void take_list(struct rollout_updater *updater, const json_t *list, uint64_t number)
{
	char why[ROLLOUT_REASON_SIZE] = "";
	bool refused = is_refused(updater, number, why, sizeof(why));
	bool is_news = number != updater->seen;
	struct desired desired;
	const json_t *value;
	size_t i;

	json_array_foreach(list, i, value)
	{
		if (i >= ROLLOUT_PLUGINS_MAX || !read_desired(value, &desired))
			continue;
		if (refused)
			refuse(updater, &desired, why);
		else if (desired.number <= number)
			is_news |= take_one(updater, &desired);
	}
	if (refused || !is_news)
		return;
	updater->seen = number;
	rollout_updater_save(updater);
}

void rollout_updater_take(struct rollout_updater *updater, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "desired");
	json_int_t number = json_integer_value(json_object_get(answer, "number"));

	withdraw(updater, list);
	if (number >= 0 && json_array_size(list))
		take_list(updater, list, (uint64_t)number);
	rollout_updater_act(updater);
}
