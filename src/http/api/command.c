#include "http/api/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const char *const pattern_names[] = {
	[WEB_BUZZER_SINGLE] = "single",
	[WEB_BUZZER_TRIPLE] = "triple",
	[WEB_BUZZER_LONG] = "long",
};

const char *web_command_pattern(enum web_buzzer_pattern pattern)
{
	return pattern < WEB_BUZZER_TEST ? pattern_names[pattern] : "triple";
}

static int buzz(const struct web_actions *actions, const json_t *body, struct error *err)
{
	const char *pattern = json_string_value(json_object_get(body, "pattern"));

	for (size_t i = 0; pattern && i < sizeof(pattern_names) / sizeof(*pattern_names); i++) {
		if (!strcmp(pattern_names[i], pattern))
			return actions->buzzer(actions->arg, (enum web_buzzer_pattern)i, err);
	}
	return error_set(err, ERROR_INVALID,
			 "pattern: expected \"single\", \"triple\" or \"long\"");
}

static int use_fan(const struct web_actions *actions, const json_t *body, json_t **ret_result,
		   struct error *err)
{
	bool is_on;
	int ret;

	if (json_is_object(body))
		return actions->fan_test(actions->arg, err);
	ret = actions->fan_status(actions->arg, &is_on, err);
	if (!ret)
		*ret_result = json_pack("{s:b}", "on", (int)is_on);
	return ret;
}

static bool is_color(const char *text)
{
	return text && strlen(text) == 7 && *text == '#' &&
	       strspn(text + 1, "0123456789abcdefABCDEF") == 6;
}

static int use_leds(const struct web_actions *actions, const json_t *body, json_t **ret_result,
		    struct error *err)
{
	const char *color = json_string_value(json_object_get(body, "color"));
	json_int_t seconds = json_integer_value(json_object_get(body, "seconds"));

	if (!json_is_object(body))
		return actions->leds(actions->arg, ret_result, err);
	if (!is_color(color))
		return error_set(err, ERROR_INVALID,
				 "color: expected six hexadecimal digits, such as \"#ff8800\"");
	if (seconds < 1 || seconds > WEB_LIGHT_SECONDS_MAX)
		return error_set(err, ERROR_INVALID, "seconds: expected an integer from 1 to %d",
				 WEB_LIGHT_SECONDS_MAX);
	return actions->light(actions->arg, (uint32_t)strtoul(color + 1, NULL, 16),
			      (unsigned)seconds, err);
}

int web_command_run(const struct web_actions *actions, const json_t *command, json_t **ret_result,
		    struct error *err)
{
	const char *device = json_string_value(json_object_get(command, "device"));
	const json_t *body = json_object_get(command, "body");

	if (device && !strcmp(device, "buzzer"))
		return buzz(actions, body, err);
	if (device && !strcmp(device, "fan"))
		return use_fan(actions, body, ret_result, err);
	if (device && !strcmp(device, "leds"))
		return use_leds(actions, body, ret_result, err);
	if (device && !strcmp(device, "updates") && actions->look_for_updates) {
		actions->look_for_updates(actions->arg);
		return 0;
	}
	if (device && !strcmp(device, "outputs") && actions->outputs) {
		*ret_result = actions->outputs(actions->arg);
		return *ret_result ? 0 : ERROR_NO_MEMORY;
	}
	return error_set(err, ERROR_UNSUPPORTED,
			 "this node does not know the command's `device`: install the same version "
			 "of harvester on both nodes");
}
