/* What a node remembers of desired states: DATA/updates/desired.json. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "bundle/read.h"
#include "plugin/policy/trusted_folder.h"
#include "rollout/node/internal.h"

#define FOLDER "updates"
#define FILE_MAX (2u << 20)

static json_t *want_to_json(const struct rollout_want *want)
{
	return json_pack("{s:s, s:s, s:s, s:s?, s:I, s:I, s:b, s:i, s:s}", "name", want->name,
			 "version", want->version, "digest", want->digest, "signature",
			 want->signature, "number", (json_int_t)want->number, "size",
			 (json_int_t)want->size, "undo", (int)want->is_undo, "progress",
			 (int)want->progress, "reason", want->reason);
}

void rollout_updater_save(struct rollout_updater *updater)
{
	json_t *list = json_array();

	if (!updater->document) {
		json_decref(list);
		return;
	}
	for (size_t i = 0; i < updater->count; i++)
		json_array_append_new(list, want_to_json(&updater->wants[i]));
	document_write(updater->document,
		       json_pack("{s:s, s:I, s:o}", "hub", updater->config.hub, "seen",
				 (json_int_t)updater->seen, "wants", list));
}

static void on_saved(void *arg)
{
	struct rollout_updater *updater = arg;

	for (size_t i = 0; i < updater->count; i++)
		updater->wants[i].is_stored = true;
	rollout_updater_act(updater);
}

static void on_problem(void *arg, const char *text)
{
	rollout_updater_note(arg, LOG_ERROR, "%s", text);
}

static bool read_want(const json_t *json, struct rollout_want *want)
{
	const char *signature = json_string_value(json_object_get(json, "signature"));
	const char *name, *version, *digest, *reason;
	json_int_t number, size;
	int is_undo, progress;

	if (json_unpack((json_t *)json, "{s:s, s:s, s:s, s:I, s:I, s:b, s:i, s:s}", "name", &name,
			"version", &version, "digest", &digest, "number", &number, "size", &size,
			"undo", &is_undo, "progress", &progress, "reason", &reason) ||
	    number < 1 || size < 1 || size > (json_int_t)BUNDLE_SIZE_MAX ||
	    progress < ROLLOUT_OFFERED || progress > ROLLOUT_NODE_UNDONE || !bundle_is_name(name) ||
	    !bundle_is_digest(digest))
		return false;
	want->number = (uint64_t)number;
	want->size = (uint64_t)size;
	want->is_undo = is_undo;
	want->progress = (enum rollout_progress)progress;
	want->is_stored = true;
	want->revision = 1;
	want->signature = signature ? strdup(signature) : NULL;
	return text_copy(want->name, sizeof(want->name), name) &&
	       text_copy(want->version, sizeof(want->version), version) &&
	       text_copy(want->digest, sizeof(want->digest), digest) &&
	       text_copy(want->reason, sizeof(want->reason), reason);
}

static void take_file(struct rollout_updater *updater, const json_t *json)
{
	const char *hub = json_string_value(json_object_get(json, "hub"));
	json_int_t seen = json_integer_value(json_object_get(json, "seen"));
	const json_t *value;
	size_t i;

	/* The node has joined another hub, or the same hub again: its numbers begin again. */
	if (!hub || strcmp(hub, updater->config.hub) != 0)
		return;
	updater->seen = seen > 0 ? (uint64_t)seen : 0;
	json_array_foreach(json_object_get(json, "wants"), i, value)
	{
		struct rollout_want want = {0};

		if (updater->count < ROLLOUT_PLUGINS_MAX && read_want(value, &want))
			updater->wants[updater->count++] = want;
		else
			free(want.signature);
	}
}

int rollout_updater_open_file(struct rollout_updater *updater, struct error *err)
{
	struct trusted_folder folder;
	char path[PATH_MAX + 16];
	struct document_config document = {
		.loop = updater->config.loop,
		.path = path,
		.size_max = FILE_MAX,
		.on_problem = on_problem,
		.on_saved = on_saved,
		.arg = updater,
	};
	json_t *json = NULL;
	int ret = trusted_folder_open(updater->config.data_folder, FOLDER, &folder, err);

	if (ret)
		return ret;
	snprintf(updater->folder, sizeof(updater->folder), "%s", folder.path);
	trusted_folder_close(&folder);
	snprintf(path, sizeof(path), "%s/desired.json", updater->folder);
	ret = document_open(&document, &updater->document, &json, err);
	if (!ret)
		take_file(updater, json);
	json_decref(json);
	return ret;
}
