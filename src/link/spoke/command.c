#include <stdlib.h>
#include <string.h>

#include "link/spoke/internal.h"

#define SLACK_MS 10000 /* above the hub's own wait */
#define COMMANDS_MAX 64

static json_t *run(struct spoke_link *uplink, const json_t *command)
{
	json_t *result = NULL;
	struct error err = {0};
	int ret = uplink->config.command(uplink->config.arg, command, &result, &err);

	return json_pack("{s:O, s:b, s:s?, s:o*}", "id", json_object_get(command, "id"), "done",
			 !ret, "detail", ret ? err.text : NULL, "result", result);
}

/* The results go out in one piece, and the next question after them. */
static void results_done(void *arg, int status, const struct http_answer *answer,
			 const struct error *err)
{
	struct spoke_link *uplink = arg;

	uplink->is_asking = false;
	if (uplink->is_closing)
		return;
	if (spoke_link_is_success(status, answer))
		spoke_link_ask(uplink);
	else
		spoke_link_failed(uplink, status, answer, err);
}

static void run_all(struct spoke_link *uplink, const json_t *commands)
{
	json_t *results = json_array(), *body;
	const json_t *command;
	size_t i;

	json_array_foreach(commands, i, command)
	{
		if (i < COMMANDS_MAX && json_is_object(command))
			json_array_append_new(results, run(uplink, command));
	}
	free(uplink->results);
	body = json_pack("{s:o}", "results", results);
	uplink->results = body ? json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
	json_decref(body);
	if (uplink->results)
		uplink->is_asking =
			!spoke_link_request(uplink, "POST", uplink->results_path, uplink->results,
					    strlen(uplink->results), false, SLACK_MS, results_done);
}

static void commands_done(void *arg, int status, const struct http_answer *answer,
			  const struct error *err)
{
	struct spoke_link *uplink = arg;
	json_t *root;

	uplink->is_asking = false;
	if (uplink->is_closing)
		return;
	if (!spoke_link_is_success(status, answer)) {
		spoke_link_failed(uplink, status, answer, err);
		return;
	}
	root = json_loadb(answer->body, answer->size, 0, NULL);
	if (json_array_size(json_object_get(root, "commands")))
		run_all(uplink, json_object_get(root, "commands"));
	else
		spoke_link_ask(uplink);
	json_decref(root);
}

void spoke_link_ask(struct spoke_link *uplink)
{
	if (!uplink->is_online || uplink->is_asking || uplink->is_closing)
		return;
	uplink->is_asking =
		!spoke_link_request(uplink, "GET", uplink->commands_path, NULL, 0, false,
				    SPOKE_LINK_COMMANDS_WAIT_MS + SLACK_MS, commands_done);
}
