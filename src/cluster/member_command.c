#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/internal.h"
#include "cluster/names.h"

/* Commands of others */

#define COMMAND_NOTED_MAX 200

/* Before the answer is sent: whoever has the answer can find the line in this node's log. */
static void note_done(const struct member *member, const json_t *command)
{
	char *text = json_dumps(command, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
	char line[COMMAND_NOTED_MAX + 64];

	snprintf(line, sizeof(line), "carried out a command of another member: %.*s",
		 COMMAND_NOTED_MAX, text ? text : "(no memory)");
	member->config.on_noted(member->config.arg, LOG_DEBUG, line);
	free(text);
}

static json_t *run(struct member *member, const struct engine_message *message)
{
	json_t *command = NULL, *result = NULL, *answer;
	struct error err = {0};
	int ret = ERROR_TOO_LARGE;

	if (message->size <= MEMBER_COMMAND_SIZE_MAX)
		command = json_loadb(message->data ? message->data : "", message->size, 0, NULL);
	if (json_is_object(command))
		ret = member->config.command(member->config.arg, command, &result, &err);
	else
		ret = error_set(&err, ERROR_MALFORMED,
				"a command to a node must be a JSON object of at most %d bytes: "
				"send such an object",
				MEMBER_COMMAND_SIZE_MAX);
	if (!ret)
		note_done(member, command);
	member->commands_done += !ret;
	member->commands_refused += ret != 0;
	answer = json_pack("{s:b, s:s?, s:o*}", "done", !ret, "detail", ret ? err.text : NULL,
			   "result", result);
	json_decref(command);
	return answer;
}

static void on_command(void *arg, const struct engine_message *message)
{
	struct member *member = arg;
	struct engine_message reply = {.subject = message->reply};
	json_t *answer;
	char *text;

	if (!message->reply || member->is_closing)
		return;
	answer = run(member, message);
	text = answer ? json_dumps(answer, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
	reply.data = text;
	reply.size = text ? strlen(text) : 0;
	/* Without an answer, the other side says that it is not known whether it was done. */
	if (text)
		engine_publish(member->engine, &reply);
	free(text);
	json_decref(answer);
}

int member_take_commands(struct member *member)
{
	char subject[ENGINE_SUBJECT_SIZE];

	snprintf(subject, sizeof(subject), CLUSTER_COMMAND_SUBJECT "%s", member->config.node);
	return engine_subscribe(member->engine, subject, on_command, member);
}

/* Commands to others */

struct sending {
	struct member *member;
	member_answered *on_answered;
	void *arg;
	char node[READING_NAME_MAX + 1];
};

static void take_answer(const struct sending *sending, const struct engine_message *message)
{
	json_t *answer = json_loadb(message->data ? message->data : "", message->size, 0, NULL);
	const char *detail = json_string_value(json_object_get(answer, "detail"));
	struct error err = {0};

	if (!json_is_true(json_object_get(answer, "done")))
		error_set(&err, ERROR_SYSTEM,
			  "the node %.64s did not carry out the command: %.300s", sending->node,
			  detail ? detail : "no reason was given; see the log of that node");
	sending->on_answered(sending->arg, err.code, &err,
			     err.code ? NULL : json_incref(json_object_get(answer, "result")));
	json_decref(answer);
}

static bool answered(void *arg, int status, const struct engine_message *message,
		     const struct error *why)
{
	struct sending *sending = arg;
	struct error err = {0};

	(void)why;
	if (!status) {
		take_answer(sending, message);
	} else if (status == ERROR_NOT_FOUND) {
		error_set(&err, status,
			  "the node %.64s is not connected to the cluster now, so it did nothing; "
			  "check its power and its network",
			  sending->node);
		sending->on_answered(sending->arg, status, &err, NULL);
	} else {
		sending->member->commands_unknown++;
		error_set(&err, ERROR_TIMEOUT,
			  "the node %.64s has not answered: it is not known whether it carried out "
			  "the command; look at its state before you try again",
			  sending->node);
		sending->on_answered(sending->arg, ERROR_TIMEOUT, &err, NULL);
	}
	free(sending);
	return false;
}

int member_command(struct member *member, const char *node, const json_t *command,
		   member_answered *on_answered, void *arg, struct error *err)
{
	char subject[ENGINE_SUBJECT_SIZE];
	struct sending *sending;
	char *text;
	int ret = ERROR_NO_MEMORY;

	if (!cluster_name_fits(node) || strlen(node) > READING_NAME_MAX)
		return error_set(
			err, ERROR_NOT_FOUND,
			"there is no node %.64s: `harvester cluster status` lists the nodes", node);
	sending = calloc(1, sizeof(*sending));
	text = json_dumps(command, JSON_COMPACT);
	if (sending && text) {
		struct engine_message message = {
			.subject = subject, .data = text, .size = strlen(text)};

		*sending = (struct sending){member, on_answered, arg, ""};
		snprintf(sending->node, sizeof(sending->node), "%s", node);
		snprintf(subject, sizeof(subject), CLUSTER_COMMAND_SUBJECT "%s", node);
		ret = engine_request(member->engine, &message, MEMBER_COMMAND_MS, answered,
				     sending);
	}
	free(text);
	if (!ret) {
		member->commands_sent++;
		return 0;
	}
	free(sending);
	return error_set(err, ret, "cannot send a command to %.64s now: %s", node,
			 ret == ERROR_CLOSED ? "this node is not connected to the cluster"
					     : error_text(ret));
}
