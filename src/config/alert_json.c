/* An alert as a JSON object, for the API and for the rules on the disk. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "config/alert.h"
#include "config/problem.h"

/* All problems in one text, without the name of the file that there is not. */
static int report(const struct problem_list *problems, struct error *err)
{
	char text[ERROR_TEXT_SIZE] = "";

	for (size_t i = 0; i < problems->count; i++) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%s", i ? "; " : "",
			 problems->items[i].text + strlen("alert: "));
	}
	return error_set(err, ERROR_MALFORMED, "%s", text);
}

int config_alert_from_json(const json_t *json, struct config_alert *ret_alert, struct error *err)
{
	struct problem_list problems;
	struct schema_reader reader = {.file = "alert", .problems = &problems};
	struct toml_node *root = schema_from_json(json);
	struct config_alert alert;
	int ret = 0;

	const char *key;
	json_t *value;

	json_object_foreach((json_t *)json, key, value) if (json_is_null(value))
	{
		toml_destroy(root);
		return error_set(err, ERROR_MALFORMED,
				 "alert.%.64s: null is not allowed: leave the key out", key);
	}
	if (!root)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading an alert; this machine needs more "
				 "free memory");
	problem_list_init(&problems);
	if (!config_alert_read(&reader, root, &alert))
		*ret_alert = alert;
	else if (reader.no_memory)
		ret = error_set(err, ERROR_NO_MEMORY,
				"out of memory while reading an alert; this machine needs more "
				"free memory");
	else
		ret = report(&problems, err);
	if (ret)
		config_alert_finish(&alert);
	problem_list_finish(&problems);
	toml_destroy(root);
	return ret;
}

static void set(json_t *json, const char *key, json_t *value)
{
	if (value)
		json_object_set_new(json, key, value);
}

static void set_pattern(json_t *json, const char *key, const char *pattern)
{
	if (strcmp(pattern, "*") != 0)
		set(json, key, json_string(pattern));
}

static void set_number(json_t *json, const char *key, double number, double usual)
{
	if (!isnan(number) && (number < usual || number > usual))
		set(json, key, json_real(number));
}

static json_t *time_of_day(int minutes)
{
	return json_sprintf("%02d:%02d", minutes / 60, minutes % 60);
}

static void set_quiet(json_t *json, const struct config_quiet *quiet)
{
	if (quiet->from == CONFIG_ALERT_TIME_NONE)
		return;
	if (quiet->from == quiet->to)
		set(json, "quiet_hours", json_array());
	else
		set(json, "quiet_hours",
		    json_pack("[o, o]", time_of_day(quiet->from), time_of_day(quiet->to)));
}

static void set_condition(json_t *json, const struct config_alert *alert)
{
	if (!isnan(alert->above))
		set(json, "above", json_real(alert->above));
	if (!isnan(alert->below))
		set(json, "below", json_real(alert->below));
	if (!isnan(alert->low))
		set(json, "outside", json_pack("[f, f]", alert->low, alert->high));
	if (!isnan(alert->equal))
		set(json, "equal", json_real(alert->equal));
	set_number(json, "stale_seconds", alert->stale_seconds, 0);
	if (alert->error)
		set(json, "error", json_true());
	set_number(json, "hysteresis", alert->hysteresis, 0);
	set_number(json, "for_seconds", alert->for_seconds, 0);
}

static void set_actions(json_t *json, const struct config_alert *alert)
{
	static const char *const sounds[] = {NULL, "single", "triple", "long"};
	json_t *names = json_array();

	for (size_t i = 0; alert->notify[i]; i++)
		json_array_append_new(names, json_string(alert->notify[i]));
	if (alert->has_notify)
		set(json, "notify", json_incref(names));
	json_decref(names);
	if (alert->buzzer)
		set(json, "buzzer", json_string(sounds[alert->buzzer]));
	if (alert->led >= 0) {
		set(json, "led", json_integer(alert->led));
		set(json, "color", json_sprintf("#%06x", alert->color));
	}
	if (alert->fan)
		set(json, "fan", json_true());
	if (alert->message)
		set(json, "message", json_string(alert->message));
}

json_t *config_alert_to_json(const struct config_alert *alert)
{
	json_t *json = json_pack("{s:s, s:s, s:s}", "name", alert->name, "watch",
				 config_watch_name(alert->watch), "severity",
				 config_severity_name(alert->severity));

	if (!json)
		return NULL;
	set_pattern(json, "node", alert->node);
	set_pattern(json, "sensor", alert->sensor);
	set_pattern(json, "room", alert->room);
	set_pattern(json, "plugin", alert->plugin);
	if (alert->field)
		set(json, "field", json_string(alert->field));
	set_condition(json, alert);
	set_quiet(json, &alert->quiet);
	set_actions(json, alert);
	return json;
}
