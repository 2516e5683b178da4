#include "rollout/hub/desk.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bundle/relay.h"
#include "plugin/policy/trusted_folder.h"
#include "rollout/hub/internal.h"

#define FILE_MAX (16u << 20) /* of ROLLOUT_PLACES_MAX nodes with the longest reasons */

void rollout_desk_note(const struct rollout_desk *desk, enum log_level level,
		       const struct rollout *rollout, const char *text)
{
	char line[LOG_TEXT_SIZE];

	snprintf(line, sizeof(line), "roll-out of %s %s: %s", rollout->plugin, rollout->version,
		 text);
	desk->config.on_noted(desk->config.arg, level, line);
}

/* The file */

static json_t *desk_to_file(const struct rollout_desk *desk)
{
	json_t *list = json_array();

	for (size_t i = 0; i < desk->count; i++)
		json_array_append_new(list, rollout_to_json(desk->items[i].rollout, true));
	return json_pack("{s:I, s:o}", "last", (json_int_t)desk->last, "rollouts", list);
}

/* While the disk writes, changes wait: 1,000 nodes that report at once cost a few writes. */
void rollout_desk_save(struct rollout_desk *desk)
{
	if (desk->is_open && desk->config.save)
		desk->config.save(desk->config.arg, desk_to_file(desk));
	if (!desk->document)
		return;
	desk->is_changed = desk->is_saving;
	if (desk->is_saving)
		return;
	desk->is_saving = true;
	document_write(desk->document, desk_to_file(desk));
}

/* Whether the file has all changes; if not, write it again. */
static bool has_all(struct rollout_desk *desk)
{
	desk->is_saving = false;
	if (!desk->is_changed)
		return true;
	rollout_desk_save(desk);
	return false;
}

int rollout_desk_save_for(struct rollout_desk *desk, rollout_done_cb *on_done, void *arg,
			  json_t *body)
{
	struct rollout_wait *wait = calloc(1, sizeof(*wait));

	if (!wait)
		return ERROR_NO_MEMORY;
	*wait = (struct rollout_wait){.on_done = on_done, .arg = arg, .body = body};
	STAILQ_INSERT_TAIL(&desk->waits, wait, link);
	rollout_desk_save(desk);
	return 0;
}

/* End all requests that wait for the disk. */
static void end_waits(struct rollout_desk *desk, int code, const struct error *err)
{
	struct rollout_wait *wait;

	while ((wait = STAILQ_FIRST(&desk->waits))) {
		STAILQ_REMOVE_HEAD(&desk->waits, link);
		wait->on_done(wait->arg, code, err, code ? NULL : json_incref(wait->body));
		json_decref(wait->body);
		free(wait);
	}
}

static void on_saved(void *arg)
{
	struct rollout_desk *desk = arg;

	if (!has_all(desk))
		return;
	for (size_t i = 0; i < desk->count; i++)
		desk->items[i].is_new = desk->items[i].is_changed = false;
	desk->stored = desk->last;
	end_waits(desk, 0, NULL);
	rollout_desk_tell_nodes(desk);
}

static void drop(struct rollout_desk *desk, size_t i)
{
	rollout_destroy(desk->items[i].rollout);
	memmove(&desk->items[i], &desk->items[i + 1], (--desk->count - i) * sizeof(desk->items[0]));
}

/* The operator is told that the change failed, so a roll-out that is not on the disk ends. */
static void drop_new(struct rollout_desk *desk)
{
	for (size_t i = desk->count; i-- > 0;)
		if (desk->items[i].is_new)
			drop(desk, i);
}

static void on_problem(void *arg, const char *text)
{
	struct rollout_desk *desk = arg;
	struct error err;

	desk->config.on_noted(desk->config.arg, LOG_ERROR, text);
	drop_new(desk);
	error_set(&err, ERROR_SYSTEM,
		  "the roll-out could not be written to the disk (check the disk): %s", text);
	end_waits(desk, ERROR_SYSTEM, &err);
	has_all(desk);
}

static void take_file(struct rollout_desk *desk, const json_t *json)
{
	const json_t *list = json_object_get(json, "rollouts"), *value;
	json_int_t last = json_integer_value(json_object_get(json, "last"));
	size_t i;

	desk->last = last > 0 && last <= (json_int_t)BUNDLE_COUNTER_MAX ? (uint64_t)last : 0;
	desk->stored = desk->last;
	json_array_foreach(list, i, value)
	{
		struct rollout *rollout;

		if (desk->count == ROLLOUTS_MAX || rollout_from_json(value, &rollout)) {
			desk->config.on_noted(desk->config.arg, LOG_WARNING,
					      "a stored roll-out is damaged, ignoring: start it "
					      "again");
			continue;
		}
		desk->items[desk->count++].rollout = rollout;
	}
}

/* Another store than the file */

void rollout_desk_saved(struct rollout_desk *desk)
{
	on_saved(desk);
}

void rollout_desk_failed(struct rollout_desk *desk, const char *text)
{
	struct error err;

	drop_new(desk);
	error_set(&err, ERROR_BUSY, "the roll-out was not changed: %s", text);
	end_waits(desk, ERROR_BUSY, &err);
}

void rollout_desk_load(struct rollout_desk *desk, const json_t *state)
{
	while (desk->count)
		drop(desk, desk->count - 1);
	take_file(desk, state);
}

/* Numbers */

uint64_t rollout_desk_next_number(struct rollout_desk *desk)
{
	uint64_t now_ms = clock_unix_ms(desk->config.clock);

	desk->last = now_ms > desk->last ? now_ms : desk->last + 1;
	return desk->last;
}

/* Life */

static int open_file(struct rollout_desk *desk, json_t **ret_json, struct error *err)
{
	struct trusted_folder folder;
	char path[PATH_MAX];
	struct document_config document = {
		.loop = desk->config.loop,
		.path = path,
		.size_max = FILE_MAX,
		.on_problem = on_problem,
		.on_saved = on_saved,
		.arg = desk,
	};
	int ret = trusted_folder_open(desk->config.data_folder, BUNDLE_RELAY_FOLDER, &folder, err);

	if (ret)
		return ret;
	trusted_folder_close(&folder);
	if (snprintf(path, sizeof(path), "%s/" BUNDLE_RELAY_FOLDER "/rollouts.json",
		     desk->config.data_folder) >= PATH_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "the data folder's path is too long: choose another with --data");
	return document_open(&document, &desk->document, ret_json, err);
}

int rollout_desk_create(const struct rollout_desk_config *config, struct rollout_desk **ret_desk,
			struct error *err)
{
	struct rollout_desk *desk = calloc(1, sizeof(*desk));
	json_t *json = NULL;
	int ret;

	if (!desk)
		return error_set(err, ERROR_NO_MEMORY, "cannot read the roll-outs of this hub: %s",
				 error_text(ERROR_NO_MEMORY));
	desk->config = *config;
	STAILQ_INIT(&desk->waits);
	ret = config->save ? 0 : open_file(desk, &json, err);
	if (ret) {
		free(desk);
		return ret;
	}
	desk->is_open = true;
	take_file(desk, json);
	json_decref(json);
	*ret_desk = desk;
	return 0;
}

void rollout_desk_close(struct rollout_desk *desk)
{
	struct error err;

	if (!desk)
		return;
	error_set(&err, ERROR_CLOSED, "the node is stopping: try again when it has started");
	end_waits(desk, ERROR_CLOSED, &err);
	if (desk->is_changed)
		document_write(desk->document, desk_to_file(desk));
	document_close(desk->document);
	desk->document = NULL;
	desk->is_open = false;
}

void rollout_desk_destroy(struct rollout_desk *desk)
{
	if (!desk)
		return;
	while (desk->count)
		drop(desk, desk->count - 1);
	for (size_t i = 0; i < desk->peers_count; i++)
		json_decref(desk->peers[i].plugins);
	free(desk);
}

/* The operator */

static bool is_used(const struct rollout_desk *desk, const char *digest)
{
	for (size_t i = 0; i < desk->count; i++)
		if (!strcmp(desk->items[i].rollout->digest, digest))
			return true;
	return false;
}

/* Whether one more of so many nodes fits beside the others: all, or those that are active. */
static bool fits(const struct rollout_desk *desk, size_t nodes, bool only_active)
{
	size_t count = 0;

	for (size_t i = 0; i < desk->count; i++) {
		const struct rollout *rollout = desk->items[i].rollout;

		if (only_active && !rollout_is_active(rollout))
			continue;
		nodes += rollout->nodes_count;
		count++;
	}
	return count < ROLLOUTS_MAX && nodes <= ROLLOUT_PLACES_MAX;
}

bool rollout_desk_has_room(const struct rollout_desk *desk, size_t nodes)
{
	return fits(desk, nodes, false);
}

static size_t find_finished(const struct rollout_desk *desk)
{
	size_t i;

	for (i = 0; rollout_is_active(desk->items[i].rollout); i++)
		;
	return i;
}

int rollout_desk_make_room(struct rollout_desk *desk, size_t nodes,
			   char (*unused)[BUNDLE_DIGEST_SIZE], struct error *err)
{
	if (!fits(desk, nodes, true))
		return error_set(err, ERROR_TOO_LARGE,
				 "too many roll-outs are not finished (at most %d are possible, "
				 "with %d nodes in all): abort one of them",
				 ROLLOUTS_MAX, ROLLOUT_PLACES_MAX);
	while (!rollout_desk_has_room(desk, nodes)) {
		size_t oldest = find_finished(desk);

		memcpy(*unused, desk->items[oldest].rollout->digest, sizeof(*unused));
		drop(desk, oldest);
		if (is_used(desk, *unused))
			**unused = '\0';
		else
			unused++;
	}
	return 0;
}

static int act(struct rollout_desk *desk, struct rollout *rollout, enum rollout_action action,
	       struct error *err)
{
	uint64_t now_ms = clock_unix_ms(desk->config.clock), last = desk->last;
	int ret;

	switch (action) {
	case ROLLOUT_PAUSE_IT:
		return rollout_pause(rollout, now_ms, err);
	case ROLLOUT_RESUME_IT:
		return rollout_resume(rollout, now_ms, err);
	case ROLLOUT_ABORT_IT:
		return rollout_abort(rollout, now_ms, err);
	case ROLLOUT_UNDO_IT:
		ret = rollout_undo(rollout, rollout_desk_next_number(desk), now_ms, err);
		desk->last = ret ? last : desk->last;
		return ret;
	}
	return ERROR_INVALID;
}

int rollout_desk_act(struct rollout_desk *desk, uint64_t number, enum rollout_action action,
		     rollout_done_cb *on_done, void *arg, struct error *err)
{
	struct rollout_item *item = NULL;
	int ret;

	for (size_t i = 0; i < desk->count; i++)
		if (desk->items[i].rollout->number == number)
			item = &desk->items[i];
	if (!item)
		return error_set(
			err, ERROR_NOT_FOUND,
			"there is no such roll-out: `harvester rollout status` lists them");
	ret = act(desk, item->rollout, action, err);
	if (ret)
		return ret;
	item->is_changed = true;
	rollout_desk_note(desk, LOG_INFO, item->rollout, rollout_state_name(item->rollout->state));
	ret = rollout_desk_save_for(desk, on_done, arg, rollout_to_json(item->rollout, false));
	return ret ? error_set(err, ret, "cannot change the roll-out: %s", error_text(ret)) : 0;
}

json_t *rollout_desk_to_json(const struct rollout_desk *desk)
{
	json_t *list = json_array(), *nodes = json_array();

	for (size_t i = desk->count; i-- > 0;)
		json_array_append_new(list, rollout_to_json(desk->items[i].rollout, false));
	for (size_t i = 0; i < desk->peers_count; i++)
		json_array_append_new(nodes, json_pack("{s:s, s:O}", "node", desk->peers[i].name,
						       "plugins", desk->peers[i].plugins));
	return json_pack("{s:o, s:o, s:I}", "rollouts", list, "nodes", nodes, "transfers",
			 (json_int_t)rollout_desk_count(desk).transfers);
}

json_t *rollout_desk_active(const struct rollout_desk *desk)
{
	json_t *list = json_array();

	for (size_t i = 0; i < desk->count; i++) {
		const struct rollout *rollout = desk->items[i].rollout;
		bool is_stopped = rollout->state == ROLLOUT_PAUSED && *rollout->reason;

		if (rollout_is_active(rollout))
			json_array_append_new(list,
					      json_pack("{s:s, s:b}", "plugin", rollout->plugin,
							"is_stopped", (int)is_stopped));
	}
	return list;
}

struct rollout_counts rollout_desk_count(const struct rollout_desk *desk)
{
	struct rollout_counts counts = desk->counts;

	counts.active = counts.transfers = 0;
	for (size_t i = 0; i < desk->count; i++)
		counts.active += rollout_is_active(desk->items[i].rollout);
	for (size_t i = 0; i < ROLLOUT_TRANSFERS_LIMIT; i++)
		counts.transfers += *desk->transfers[i].node != '\0';
	return counts;
}
