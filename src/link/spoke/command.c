#include <stdlib.h>
#include <string.h>

#include "link/spoke/internal.h"

#define SLACK_MS 10000 /* time added to the hub's own wait */
#define COMMANDS_MAX 64

static json_t *run(struct spoke_link *link, const json_t *command)
{
	json_t *result = NULL;
	struct error err = {0};
	int ret = link->config.command(link->config.arg, command, &result, &err);

	return json_pack("{s:O, s:b, s:s?, s:o*}", "id", json_object_get(command, "id"), "done",
			 !ret, "detail", ret ? err.text : NULL, "result", result);
}

/* All results go into one request; afterwards the spoke asks for commands again. */
static void results_done(void *arg, int status, const struct http_answer *answer,
			 const struct error *err)
{
	struct spoke_link *link = arg;

	link->is_asking = false;
	if (link->is_closing)
		return;
	if (spoke_link_is_success(status, answer))
		spoke_link_ask(link);
	else
		spoke_link_failed(link, status, answer, err);
}

static void run_all(struct spoke_link *link, const json_t *commands)
{
	json_t *results = json_array(), *body;
	const json_t *command;
	size_t i;

	json_array_foreach(commands, i, command)
	{
		if (i < COMMANDS_MAX && json_is_object(command))
			json_array_append_new(results, run(link, command));
	}
	free(link->results);
	body = json_pack("{s:o}", "results", results);
	link->results = body ? json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
	json_decref(body);
	if (link->results)
		link->is_asking =
			!spoke_link_request(link, "POST", link->results_path, link->results,
					    strlen(link->results), false, SLACK_MS, results_done);
}

static void commands_done(void *arg, int status, const struct http_answer *answer,
			  const struct error *err)
{
	struct spoke_link *link = arg;
	json_t *root;

	link->is_asking = false;
	if (link->is_closing)
		return;
	if (!spoke_link_is_success(status, answer)) {
		spoke_link_failed(link, status, answer, err);
		return;
	}
	root = json_loadb(answer->body, answer->size, 0, NULL);
	if (json_array_size(json_object_get(root, "commands")))
		run_all(link, json_object_get(root, "commands"));
	else
		spoke_link_ask(link);
	json_decref(root);
}

void spoke_link_ask(struct spoke_link *link)
{
	if (!link->is_online || link->is_asking || link->is_closing)
		return;
	link->is_asking =
		!spoke_link_request(link, "GET", link->commands_path, NULL, 0, false,
				    SPOKE_LINK_COMMANDS_WAIT_MS + SLACK_MS, commands_done);
}
