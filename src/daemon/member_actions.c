#include "daemon/member_actions.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

json_t *member_actions_nodes(const struct member *member, json_t *own)
{
	json_t *list = json_array(), *cluster = member_to_json(member), *other;
	size_t i;

	json_object_set_new(own, "role", json_string("member"));
	json_array_append_new(list, own);
	json_array_foreach(json_object_get(cluster, "nodes"), i, other)
	{
		if (json_is_true(json_object_get(other, "is_self")))
			continue;
		json_object_set_new(other, "role", json_string("member"));
		json_object_set_new(other, "online", json_true());
		json_object_set_new(other, "round_trip_ms", json_null());
		json_array_append(list, other);
	}
	json_decref(cluster);
	return list;
}

/* Answers of the member have other arguments than those of web_actions. */
struct waiting {
	web_sent_cb *on_sent;
	void *arg;
};

static void answered(void *arg, int status, json_t *answer, const struct error *err)
{
	struct waiting *waiting = arg;

	waiting->on_sent(waiting->arg, status, err, answer);
	free(waiting);
}

static struct waiting *wait_for(web_sent_cb *on_sent, void *sent_arg, struct error *err)
{
	struct waiting *waiting = malloc(sizeof(*waiting));

	if (waiting)
		*waiting = (struct waiting){on_sent, sent_arg};
	else
		error_set(err, ERROR_NO_MEMORY,
			  "out of memory; this machine needs more free memory");
	return waiting;
}

int member_actions_send(struct member *member, const char *node, const char *device,
			const json_t *body, web_sent_cb *on_sent, void *sent_arg, struct error *err)
{
	struct waiting *waiting = wait_for(on_sent, sent_arg, err);
	json_t *command = json_pack("{s:s, s:O*}", "device", device, "body", body);
	int ret = waiting ? member_command(member, node, command, answered, waiting, err)
			  : ERROR_NO_MEMORY;

	json_decref(command);
	if (ret)
		free(waiting);
	return ret;
}

int member_actions_read_log(struct member *member, uint64_t after, unsigned limit,
			    web_sent_cb *on_sent, void *sent_arg, struct error *err)
{
	struct waiting *waiting = wait_for(on_sent, sent_arg, err);
	int ret = waiting ? member_read_log(member, after, limit, answered, waiting, err)
			  : ERROR_NO_MEMORY;

	if (ret)
		free(waiting);
	return ret;
}
