#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/damaged_file.h"
#include "base/durable_file.h"
#include "link/hub/internal.h"

#define FILE_SIZE_MAX (2u << 20) /* of HUB_NODES_MAX nodes with HUB_RETIRED_MAX streams each */

/* A write on the thread pool, with its own copy of the text. */
struct writing {
	uv_work_t work;
	struct hub *hub;
	char *text; /* owned */
	struct error err;
};

static json_t *stream_to_json(uint64_t stream)
{
	char text[20];

	snprintf(text, sizeof(text), "%" PRIx64, stream);
	return json_string(text);
}

/* The node's streams: the valid one first, then the retired ones. */
static json_t *streams_to_json(const struct hub_node *node)
{
	json_t *list = json_array();

	json_array_append_new(list, stream_to_json(node->stream));
	for (size_t i = 0; i < node->retired_count; i++)
		json_array_append_new(list, stream_to_json(node->retired[i]));
	return list;
}

static char *make_text(const struct hub *hub)
{
	json_t *root = json_object();
	const struct hub_node *node;
	char *text;

	LIST_FOREACH(node, &hub->nodes, link)
	{
		if (node->stream)
			json_object_set_new(root, node->name, streams_to_json(node));
	}
	text = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	return text;
}

static void run(uv_work_t *work)
{
	struct writing *writing = work->data;

	durable_file_replace_path(writing->hub->config.path, writing->text, strlen(writing->text),
				  &writing->err);
}

static void written(uv_work_t *work, int status)
{
	struct writing *writing = work->data;
	struct hub *hub = writing->hub;

	(void)status; /* this job is never cancelled */
	if (writing->err.code)
		hub->config.on_noted(hub->config.arg, LOG_WARNING, "", writing->err.text);
	free(writing->text);
	free(writing);
	hub->is_writing = false;
	if (hub->is_changed)
		hub_file_write(hub);
	hub_destroy_when_closed(hub);
}

void hub_file_write(struct hub *hub)
{
	struct writing *writing;

	hub->is_changed = true;
	if (hub->is_writing)
		return;
	writing = calloc(1, sizeof(*writing));
	if (!writing)
		return; /* it is written with the next change */
	writing->hub = hub;
	writing->text = make_text(hub);
	writing->work.data = writing;
	if (!writing->text || uv_queue_work(hub->config.loop, &writing->work, run, written)) {
		free(writing->text);
		free(writing);
		return;
	}
	hub->is_changed = false;
	hub->is_writing = true;
	hub->open_handles++;
}

static void read_streams(struct hub *hub, const char *name, const json_t *list)
{
	struct hub_node *node = *name ? hub_find(hub, name, true) : NULL;
	const json_t *value;
	size_t i;

	if (!node)
		return;
	json_array_foreach(list, i, value)
	{
		const char *text = json_string_value(value);
		uint64_t stream = text ? strtoull(text, NULL, 16) : 0;

		if (!i)
			node->stream = stream;
		else if (stream && node->retired_count < HUB_RETIRED_MAX)
			node->retired[node->retired_count++] = stream;
	}
}

/* Keep the damaged file, in case somebody wants to look at it. */
static void move_aside(struct hub *hub, const char *why)
{
	char aside[PATH_MAX], outcome[PATH_MAX + sizeof("moved to ")];
	struct error err;

	if (damaged_file_move_aside(hub->config.path, aside, sizeof(aside), &err))
		snprintf(outcome, sizeof(outcome), "left in place (%s)", err.text);
	else
		snprintf(outcome, sizeof(outcome), "moved to %s", aside);
	error_set(&err, ERROR_MALFORMED,
		  "%s is damaged (%s): %s, starting with an empty one; two nodes with the same "
		  "name cannot be told apart until both have sent readings",
		  hub->config.path, why, outcome);
	hub->config.on_noted(hub->config.arg, LOG_WARNING, "", err.text);
}

void hub_file_read(struct hub *hub)
{
	struct buffer text;
	struct error err = {0};
	json_error_t where;
	const char *name;
	json_t *root, *list;
	int ret;

	if (access(hub->config.path, F_OK))
		return;
	ret = buffer_read_file(&text, hub->config.path, FILE_SIZE_MAX, &err);
	if (ret) {
		hub->config.on_noted(hub->config.arg, LOG_WARNING, "", err.text);
		return;
	}
	root = json_loadb(text.data ? text.data : "", text.size, 0, &where);
	buffer_finish(&text);
	if (!json_is_object(root))
		move_aside(hub, root ? "not a JSON object" : where.text);
	json_object_foreach(root, name, list) read_streams(hub, name, list);
	json_decref(root);
}
