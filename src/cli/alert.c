/*
 * `harvester alert`: what the running node says about its alerts, and what people do about them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json_member.h"
#include "base/text.h"
#include "cli/account_file.h"
#include "cli/command.h"
#include "cli/json_print.h"
#include "cli/node_request.h"
#include "cli/places.h"
#include "config/rules.h"

#define SNOOZE_SECONDS_MAX 604800

/* Ask the node on the data folder; the errors of places_find() and node_request(). */
static int ask(const struct command_options *options, const char *method, const char *path,
	       const json_t *body, json_t **ret_json, struct error *err)
{
	struct places places = {0};
	int ret = places_find(options, PLACES_EXACT, &places, err);

	if (!ret && !places.node.root)
		ret = error_set(err, ERROR_NOT_FOUND,
				"no node runs on the data folder %s: start it first, since only "
				"a running node judges alerts",
				places.data);
	if (!ret)
		ret = node_request(options, &places.node, "alert-command", method, path, body,
				   ret_json, err);
	places_finish(&places);
	return ret;
}

static int fail(const struct error *err)
{
	text_printf(stderr, "%s\n", err->text);
	return EXIT_FAILED;
}

static void print_subject(const json_t *subject)
{
	const json_t *value = json_object_get(subject, "value");
	char number[40] = "";

	if (json_is_number(value))
		snprintf(number, sizeof(number), ", value %.6g", json_number_value(value));
	text_printf(stdout, "    %s: %s%s%s\n", json_member_text(subject, "subject"),
		    json_member_text(subject, "state"), number,
		    json_is_true(json_object_get(subject, "acknowledged")) ? ", acknowledged" : "");
}

static void print_alert(const json_t *alert)
{
	const json_t *subjects = json_object_get(alert, "subjects");
	json_int_t snoozed = json_integer_value(json_object_get(alert, "snoozed_seconds"));
	size_t i;
	json_t *subject;

	text_printf(stdout, "%-24s %-9s %-9s %-14s", json_member_text(alert, "name"),
		    json_member_text(alert, "state"), json_member_text(alert, "severity"),
		    json_member_text(alert, "origin"));
	if (snoozed)
		printf(" snoozed for %" JSON_INTEGER_FORMAT " s", snoozed);
	putchar('\n');
	json_array_foreach(subjects, i, subject) print_subject(subject);
}

static void print_channel(const json_t *channel)
{
	const char *error = json_member_text(channel, "error");

	text_printf(stdout, "%-24s %-14s %" JSON_INTEGER_FORMAT " waiting%s%s\n",
		    json_member_text(channel, "name"), json_member_text(channel, "kind"),
		    json_integer_value(json_object_get(channel, "waiting")), *error ? ": " : "",
		    error);
}

static void print_all(const json_t *all)
{
	const json_t *channels = json_object_get(all, "channels");
	size_t i;
	json_t *item;

	printf("%-24s %-9s %-9s %s\n", "ALERT", "STATE", "SEVERITY", "FROM");
	json_array_foreach(json_object_get(all, "alerts"), i, item) print_alert(item);
	if (json_array_size(channels))
		printf("\n%-24s %-14s %s\n", "CHANNEL", "KIND", "NOTICES");
	json_array_foreach(channels, i, item) print_channel(item);
}

int command_alert_list(const struct command_options *options)
{
	struct error err = {0};
	json_t *all = NULL;

	if (ask(options, "GET", "/api/v1/alerts", NULL, &all, &err))
		return fail(&err);
	if (options->json)
		json_print(all, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	else
		print_all(all);
	json_decref(all);
	return EXIT_DONE;
}

/* POST /api/v1/alerts/NAME/ACTION */
static int act(const struct command_options *options, const char *action, const json_t *body,
	       const char *done)
{
	const char *name = options->words[0];
	struct error err = {0};
	char path[128];
	int ret = 0;

	if (!rule_is_label(name))
		ret = error_set(&err, ERROR_INVALID, "the name of an alert must be " RULE_LABEL);
	snprintf(path, sizeof(path), "/api/v1/alerts/%.64s/%s", name, action);
	if (!ret)
		ret = ask(options, "POST", path, body, NULL, &err);
	if (!ret && !options->json)
		printf("%s: %s\n", name, done);
	return account_say(ret, &err, options->json, json_pack("{s:s}", "alert", name));
}

int command_alert_test(const struct command_options *options)
{
	return act(options, "test", NULL,
		   "a test message is on its way; `harvester alert list` shows if it fails");
}

int command_alert_ack(const struct command_options *options)
{
	return act(options, "acknowledge", NULL, "acknowledged");
}

/* "90", "90s", "30m", "8h" or "2d" */
static int parse_duration(const char *text, json_int_t *ret_seconds)
{
	static const struct {
		char unit;
		json_int_t seconds;
	} units[] = {{0, 1}, {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	char *end;
	long number = strtol(text, &end, 10);

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (end == text || *end != units[i].unit || (*end && end[1]) || number < 0 ||
		    number > SNOOZE_SECONDS_MAX / units[i].seconds)
			continue;
		*ret_seconds = number * units[i].seconds;
		return 0;
	}
	return ERROR_INVALID;
}

int command_alert_snooze(const struct command_options *options)
{
	json_int_t seconds = 0;
	json_t *body;
	int code;

	if (parse_duration(options->words[1], &seconds)) {
		text_printf(stderr,
			    "expected a duration of at most a week, such as 30m, 8h or 2d (0 ends "
			    "a snooze), not %s\n",
			    options->words[1]);
		return EXIT_USAGE;
	}
	body = json_pack("{s:I}", "seconds", seconds);
	code = act(options, "snooze", body, seconds ? "snoozed" : "not snoozed any more");
	json_decref(body);
	return code;
}
