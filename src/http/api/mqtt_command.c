#include "http/api/mqtt_command.h"

#include <string.h>

#include "base/error.h"
#include "base/json_member.h"
#include "http/api/command.h"

static int use_device(const struct web_actions *actions, const char *name, const json_t *body,
		      json_t **ret_result, struct error *err)
{
	json_t *command = json_pack("{s:s, s:O}", "device", name, "body", body);
	int ret = web_command_run(actions, command, ret_result, err);

	json_decref(command);
	return ret;
}

int web_mqtt_command(void *arg, const char *name, const json_t *body, json_t **ret_result,
		     struct error *err)
{
	const struct web_actions *actions = arg;
	const char *plugin = json_member_text(body, "plugin");

	if (!strcmp(name, "reload"))
		return actions->plugin_act(actions->arg, plugin, WEB_PLUGIN_RELOAD, err);
	if (!strcmp(name, "approve"))
		return actions->plugin_approve(actions->arg, plugin,
					       json_member_text(body, "digest"), err);
	return use_device(actions, name, body, ret_result, err);
}
