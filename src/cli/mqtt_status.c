/* `harvester mqtt status`: what the running node says about its broker of MQTT. */
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/json_print.h"
#include "cli/places.h"

static const char *text_of(const json_t *object, const char *key, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : otherwise;
}

static json_int_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void print_all(const json_t *mqtt)
{
	const json_t *counters = json_object_get(mqtt, "counters");
	const char *reason = json_string_value(json_object_get(mqtt, "reason"));
	const char *protocol = json_string_value(json_object_get(mqtt, "protocol"));

	text_printf(stdout, "broker    %s, %s%s%s\n", text_of(mqtt, "broker", "?"),
		    text_of(mqtt, "state", "?"), protocol ? ", MQTT " : "",
		    protocol ? protocol : "");
	if (reason)
		text_printf(stdout, "problem   %s\n", reason);
	text_printf(stdout, "client    %s, topics %s/…\n", text_of(mqtt, "client_id", "?"),
		    text_of(mqtt, "topic_prefix", "?"));
	printf("messages  %" JSON_INTEGER_FORMAT " published, %" JSON_INTEGER_FORMAT
	       " acknowledged, %" JSON_INTEGER_FORMAT " received, %" JSON_INTEGER_FORMAT
	       " dropped\n",
	       number_of(counters, "published"), number_of(counters, "acknowledged"),
	       number_of(counters, "received"), number_of(counters, "dropped"));
	if (json_is_true(json_object_get(mqtt, "discovery")))
		printf("discovery %" JSON_INTEGER_FORMAT " devices, %" JSON_INTEGER_FORMAT
		       " entities, %" JSON_INTEGER_FORMAT " messages\n",
		       number_of(counters, "devices"), number_of(counters, "entities"),
		       number_of(counters, "discovery_messages"));
	if (json_is_true(json_object_get(mqtt, "history")))
		printf("history   %" JSON_INTEGER_FORMAT " readings acknowledged, "
		       "%" JSON_INTEGER_FORMAT " skipped\n",
		       number_of(counters, "history_sent"), number_of(counters, "history_skipped"));
}

static int show(const struct command_options *options, const struct places *places)
{
	const json_t *mqtt = json_object_get(places->node.root, "mqtt");

	if (!places->node.root) {
		fputs("no node runs on this data folder: start it, or name its folder with "
		      "--data\n",
		      stderr);
		return EXIT_FAILED;
	}
	if (!json_is_object(mqtt)) {
		fputs("the running node uses no MQTT: set url under [mqtt] in its "
		      "configuration, such as \"mqtt://127.0.0.1\"\n",
		      stderr);
		return EXIT_FAILED;
	}
	if (options->json)
		json_print(mqtt, JSON_INDENT(2));
	else
		print_all(mqtt);
	return EXIT_DONE;
}

int command_mqtt_status(const struct command_options *options)
{
	struct places places;
	struct error err = {0};
	int ret;

	if (places_find(options, PLACES_EXACT, &places, &err)) {
		text_printf(stderr, "%s\n", err.text);
		return EXIT_FAILED;
	}
	ret = show(options, &places);
	if (ret)
		places_say_others(&places);
	places_finish(&places);
	return ret;
}
