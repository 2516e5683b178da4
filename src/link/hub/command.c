#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "link/hub/internal.h"

#define DETAIL_SIZE 301 /* bytes of a node's reason for a failure, with the terminator */

static void end_task(struct hub_task *task, int status, const struct error *err, json_t *result)
{
	TAILQ_REMOVE(&task->node->tasks, task, link);
	task->on_commanded(task->arg, status, err, json_incref(result));
	json_decref(task->command);
	free(task);
}

/* Send all waiting commands in one answer; an empty list means that there are none. */
static void answer(struct hub_node *node)
{
	hub_commands_came *on_ready = node->on_ready;
	json_t *list = json_array();
	struct hub_task *task;

	TAILQ_FOREACH(task, &node->tasks, link)
	{
		if (task->is_sent)
			continue;
		task->is_sent = true;
		json_array_append(list, task->command);
	}
	node->on_ready = NULL;
	on_ready(node->ready_arg, json_pack("{s:o}", "commands", list));
}

static bool has_unsent(const struct hub_node *node)
{
	const struct hub_task *task;

	TAILQ_FOREACH(task, &node->tasks, link)
	{
		if (!task->is_sent)
			return true;
	}
	return false;
}

static void end_wait(struct hub_node *node)
{
	hub_commands_came *on_ready = node->on_ready;

	node->on_ready = NULL;
	if (on_ready)
		on_ready(node->ready_arg, NULL);
}

int hub_wait_for_commands(struct hub *hub, const char *token_node, const char *name,
			  hub_commands_came *on_ready, void *arg, struct error *err)
{
	struct hub_node *node;
	int ret = hub_admit(hub, token_node, name, false, &node, err);

	if (ret)
		return ret;
	end_wait(node);
	node->on_ready = on_ready;
	node->ready_arg = arg;
	node->ready_until_ms = uv_now(hub->config.loop) + SPOKE_LINK_COMMANDS_WAIT_MS;
	if (has_unsent(node))
		answer(node);
	return 0;
}

static struct hub_task *find_task(const struct hub_node *node, const json_t *id)
{
	struct hub_task *task;

	TAILQ_FOREACH(task, &node->tasks, link)
	{
		if (task->is_sent && json_is_integer(id) &&
		    (json_int_t)task->id == json_integer_value(id))
			return task;
	}
	return NULL;
}

static void take_result(struct hub_node *node, const json_t *result)
{
	struct hub_task *task = find_task(node, json_object_get(result, "id"));
	const json_t *detail = json_object_get(result, "detail");
	char why[DETAIL_SIZE] = "";
	struct error err;

	if (!task)
		return; /* the command had timed out, which its sender was told */
	if (json_is_string(detail))
		text_clean(why, sizeof(why), json_string_value(detail), json_string_length(detail));
	if (json_is_true(json_object_get(result, "done"))) {
		end_task(task, 0, NULL, json_object_get(result, "result"));
		return;
	}
	error_set(&err, ERROR_SYSTEM, "the node %s could not carry out the command: %s", node->name,
		  *why ? why : "no reason was given; see the log of that node");
	end_task(task, ERROR_SYSTEM, &err, NULL);
}

int hub_results(struct hub *hub, const char *token_node, const char *name, const json_t *results,
		struct error *err)
{
	const json_t *list = json_object_get(results, "results"), *result;
	struct hub_node *node;
	size_t i;
	int ret = hub_admit(hub, token_node, name, false, &node, err);

	if (ret)
		return ret;
	if (!json_is_array(list))
		return error_set(err, ERROR_MALFORMED,
				 "results: expected a list of objects, one for each command");
	json_array_foreach(list, i, result) take_result(node, result);
	return 0;
}

static int find_online(struct hub *hub, const char *name, struct hub_node **ret_node,
		       struct error *err)
{
	struct hub_node *node = hub_find(hub, name, false);
	uint64_t now_ms = uv_now(hub->config.loop);

	if (!node)
		return error_set(err, ERROR_NOT_FOUND,
				 "there is no node %.64s: GET /api/v1/nodes lists the nodes", name);
	if (!node->seen_ms)
		return error_set(err, ERROR_TIMEOUT,
				 "%s is offline: it has not connected since this hub started; "
				 "check its power and its network",
				 name);
	if (now_ms - node->seen_ms >= hub->config.online_ms)
		return error_set(err, ERROR_TIMEOUT,
				 "%s is offline: last heard from %" PRIu64
				 " s ago; check its power and its network",
				 name, (now_ms - node->seen_ms) / 1000);
	*ret_node = node;
	return 0;
}

static size_t count_tasks(const struct hub_node *node)
{
	const struct hub_task *task;
	size_t count = 0;

	TAILQ_FOREACH(task, &node->tasks, link)
	count++;
	return count;
}

int hub_command(struct hub *hub, const char *name, json_t *command, hub_commanded *on_commanded,
		void *arg, struct error *err)
{
	struct hub_task *task = NULL;
	struct hub_node *node = NULL;
	int ret = find_online(hub, name, &node, err);

	if (!ret && count_tasks(node) == HUB_COMMANDS_MAX)
		ret = error_set(
			err, ERROR_BUSY,
			"%d commands wait for %s already: try again when it has carried some out",
			HUB_COMMANDS_MAX, name);
	if (!ret && (!command || !(task = calloc(1, sizeof(*task)))))
		ret = error_set(err, ERROR_NO_MEMORY,
				"out of memory while sending the command; this machine needs more "
				"free memory");
	if (ret) {
		json_decref(command);
		return ret;
	}
	*task = (struct hub_task){
		.node = node,
		.command = command,
		.id = ++hub->next_task,
		.deadline_ms = uv_now(hub->config.loop) + HUB_COMMAND_MS,
		.on_commanded = on_commanded,
		.arg = arg,
	};
	json_object_set_new(command, "id", json_integer((json_int_t)task->id));
	TAILQ_INSERT_TAIL(&node->tasks, task, link);
	if (node->on_ready)
		answer(node);
	return 0;
}

static void end_late_tasks(struct hub_node *node, uint64_t now_ms)
{
	struct hub_task *task, *next;
	struct error err;

	for (task = TAILQ_FIRST(&node->tasks); task; task = next) {
		next = TAILQ_NEXT(task, link);
		if (!node->hub->is_closing && now_ms < task->deadline_ms)
			continue;
		error_set(&err, node->hub->is_closing ? ERROR_CLOSED : ERROR_TIMEOUT,
			  "%s did not answer within %d s; the command may have been carried out or "
			  "not: look there before you repeat it",
			  node->name, HUB_COMMAND_MS / 1000);
		end_task(task, err.code, &err, NULL);
	}
}

void hub_tick(struct hub *hub)
{
	uint64_t now_ms = uv_now(hub->config.loop);
	struct hub_node *node;

	hub_watch(hub);
	LIST_FOREACH(node, &hub->nodes, link)
	{
		end_late_tasks(node, now_ms);
		if (hub->is_closing)
			end_wait(node);
		else if (node->on_ready && now_ms >= node->ready_until_ms)
			answer(node);
	}
}
