#include "http/api/mqtt_command.h"

#include <string.h>

#include "base/error.h"
#include "http/api/command.h"

static const char *text_of(const json_t *body, const char *key)
{
	const char *text = json_string_value(json_object_get(body, key));

	return text ? text : "";
}

static bool is_color(const char *text)
{
	return strlen(text) == 7 && *text == '#' && strspn(text + 1, "0123456789abcdefABCDEF") == 6;
}

/* What web_command_run() would refuse in the name of a hub. */
static int check(const char *name, const json_t *body, struct error *err)
{
	const char *pattern = text_of(body, "pattern");
	json_int_t seconds = json_integer_value(json_object_get(body, "seconds"));

	if (!strcmp(name, "buzzer") && strcmp(pattern, "single") != 0 &&
	    strcmp(pattern, "triple") != 0 && strcmp(pattern, "long") != 0)
		return error_set(err, ERROR_INVALID,
				 "pattern: expected \"single\", \"triple\" or \"long\"");
	if (!strcmp(name, "leds") && !is_color(text_of(body, "color")))
		return error_set(err, ERROR_INVALID,
				 "color: expected six hexadecimal digits, such as \"#ff8800\"");
	if (!strcmp(name, "leds") && (seconds < 1 || seconds > WEB_LIGHT_SECONDS_MAX))
		return error_set(err, ERROR_INVALID, "seconds: expected an integer from 1 to %d",
				 WEB_LIGHT_SECONDS_MAX);
	return 0;
}

static int use_device(const struct web_actions *actions, const char *name, const json_t *body,
		      json_t **ret_result, struct error *err)
{
	json_t *command = json_pack("{s:s, s:O}", "device", name, "body", body);
	int ret = check(name, body, err);

	if (!ret)
		ret = web_command_run(actions, command, ret_result, err);
	json_decref(command);
	return ret;
}

int web_mqtt_command(void *arg, const char *name, const json_t *body, json_t **ret_result,
		     struct error *err)
{
	const struct web_actions *actions = arg;
	const char *plugin = text_of(body, "plugin");

	if (!strcmp(name, "reload"))
		return actions->plugin_act(actions->arg, plugin, WEB_PLUGIN_RELOAD, err);
	if (!strcmp(name, "approve"))
		return actions->plugin_approve(actions->arg, plugin, text_of(body, "digest"), err);
	return use_device(actions, name, body, ret_result, err);
}
