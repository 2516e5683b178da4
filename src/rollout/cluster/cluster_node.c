/*
 * This node's part in the cluster's roll-outs. The updater asks as it would ask a hub; its report
 * becomes a key, and the answer is made of the plan.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/manifest.h"
#include "cluster/names.h"
#include "config/config.h"
#include "rollout/cluster/internal.h"
#include "rollout/rollout.h"

static void answer(struct cluster_request *request, int status, unsigned http, const void *data,
		   size_t size, const struct error *err)
{
	http_done *on_done = request->on_done;
	const struct http_answer body = {.status = http, .body = data, .size = size};

	request->on_done = NULL;
	request->is_sent = false;
	if (on_done)
		on_done(request->arg, status, status ? NULL : &body, err);
}

/* Asking and reporting */

static char *desired_text(struct cluster_rollouts *rollouts)
{
	json_t *desired = rollout_desk_desired(rollouts->desk, rollouts->config.node);
	char *text = json_dumps(desired, JSON_COMPACT);

	json_decref(desired);
	return text;
}

static void answer_question(struct cluster_rollouts *rollouts)
{
	char *text = desired_text(rollouts);
	struct error err;

	if (text)
		answer(&rollouts->asking, 0, 200, text, strlen(text), NULL);
	else
		answer(&rollouts->asking,
		       error_set(&err, ERROR_NO_MEMORY,
				 "cannot read what the cluster's plan asks of this node: %s",
				 error_text(ERROR_NO_MEMORY)),
		       0, NULL, 0, &err);
	free(text);
}

static void on_reported(void *arg, int status, uint64_t revision, const struct error *err)
{
	struct cluster_rollouts *rollouts = arg;

	(void)revision;
	if (rollouts->is_closed)
		return;
	if (status) {
		rollouts->has_greeted = false; /* report it again */
		answer(&rollouts->asking, status, 0, NULL, 0, err);
		return;
	}
	free(rollouts->reported);
	rollouts->reported = rollouts->asking.body;
	rollouts->asking.body = NULL;
	answer_question(rollouts);
}

static void ask(struct cluster_rollouts *rollouts)
{
	struct cluster_request *request = &rollouts->asking;
	char key[READING_NAME_MAX + 16];

	if (rollouts->reported && !strcmp(rollouts->reported, request->body)) {
		answer_question(rollouts);
		return;
	}
	snprintf(key, sizeof(key), CLUSTER_REPORT_KEY "%s", rollouts->config.node);
	request->is_sent = !member_write_key(rollouts->config.member, MEMBER_ROLLOUTS, key,
					     request->body, strlen(request->body),
					     MEMBER_ANY_REVISION, on_reported, rollouts);
}

/* Fetching */

static void on_piece(void *arg, int status, const struct member_value *value,
		     const struct error *err)
{
	struct cluster_rollouts *rollouts = arg;
	size_t skip = rollouts->fetching.offset % ROLLOUT_CHUNK_MAX;

	if (rollouts->is_closed)
		return;
	if (value->key && value->size > skip)
		answer(&rollouts->fetching, 0, 200, (const char *)value->data + skip,
		       value->size - skip, NULL);
	else if (!value->key && status != ERROR_NOT_FOUND && status)
		answer(&rollouts->fetching, status, 0, NULL, 0, err);
	else if (!value->key) /* no effect if it was answered */
		answer(&rollouts->fetching, 0, 404, NULL, 0, NULL);
}

static void fetch(struct cluster_rollouts *rollouts)
{
	struct cluster_request *request = &rollouts->fetching;

	request->is_sent = !member_read_key(rollouts->config.member, MEMBER_BUNDLES, request->body,
					    on_piece, rollouts);
}

/* From "…&digest=DIGEST&offset=N" to the key of a piece. */
static bool read_path(struct cluster_request *request, const char *path)
{
	const char *digest = strstr(path, "&digest="), *offset = strstr(path, "&offset=");
	char key[BUNDLE_DIGEST_SIZE + 24];

	if (!digest || !offset)
		return false;
	request->offset = strtoull(offset + 8, NULL, 10);
	snprintf(key, sizeof(key), "%.64s.%" PRIu64, digest + 8,
		 request->offset / ROLLOUT_CHUNK_MAX);
	free(request->body);
	request->body = strdup(key);
	return request->body;
}

/* The updater's requests */

static int begin(void *arg, const struct rollout_request *given, http_done *on_done, void *done_arg,
		 struct http_exchange **ret_exchange)
{
	struct cluster_rollouts *rollouts = arg;
	bool is_question = given->body != NULL;
	struct cluster_request *request = is_question ? &rollouts->asking : &rollouts->fetching;

	if (request->on_done || request->is_sent)
		return ERROR_BUSY;
	if (is_question) {
		free(request->body);
		request->body = strndup(given->body, given->body_size);
	} else if (!read_path(request, given->path)) {
		return ERROR_INVALID;
	}
	if (!request->body)
		return ERROR_NO_MEMORY;
	request->on_done = on_done;
	request->arg = done_arg;
	*ret_exchange = (struct http_exchange *)request;
	return 0;
}

static void cancel(void *arg, struct http_exchange *exchange)
{
	(void)arg;
	((struct cluster_request *)exchange)->on_done = NULL;
}

static void on_noted(void *arg, enum log_level level, const char *text)
{
	const struct cluster_rollouts_config *config = &((struct cluster_rollouts *)arg)->config;

	config->on_noted(config->arg, level, text);
}

void cluster_node_tick(struct cluster_rollouts *rollouts)
{
	if (!rollouts->updater)
		return;
	if (!rollouts->has_greeted && rollouts->revision) {
		rollouts->has_greeted = true;
		rollout_updater_greet(rollouts->updater, true, true);
	}
	if (rollouts->asking.on_done && !rollouts->asking.is_sent)
		ask(rollouts);
	if (rollouts->fetching.on_done && !rollouts->fetching.is_sent)
		fetch(rollouts);
}

void cluster_node_note_plan(struct cluster_rollouts *rollouts)
{
	char *text;

	if (!rollouts->updater)
		return;
	text = desired_text(rollouts);
	if (text && (!rollouts->desired || strcmp(text, rollouts->desired) != 0)) {
		free(rollouts->desired);
		rollouts->desired = text;
		rollout_updater_greet(rollouts->updater, false, true);
	} else {
		free(text);
	}
}

int cluster_node_create(struct cluster_rollouts *rollouts, struct error *err)
{
	const struct cluster_rollouts_config *config = &rollouts->config;
	const struct rollout_updater_config updater = {
		.loop = config->loop,
		.clock = config->clock,
		.config = config->config,
		.data_folder = config->data_folder,
		.node = config->node,
		.sender = "cluster",
		.hub = config->config->cluster.name,
		.probation = config->probation,
		.request = begin,
		.cancel = cancel,
		.on_noted = on_noted,
		.arg = rollouts,
	};

	return rollout_updater_create(&updater, &rollouts->updater, err);
}
