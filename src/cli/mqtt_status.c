/* `harvester mqtt status`: what the running node says about its broker of MQTT. */
#include <stdio.h>

#include "base/json_member.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/node_status.h"

static void print_all(const json_t *mqtt)
{
	const json_t *counters = json_object_get(mqtt, "counters");
	const char *reason = json_string_value(json_object_get(mqtt, "reason"));
	const char *protocol = json_string_value(json_object_get(mqtt, "protocol"));

	text_printf(stdout, "broker    %s, %s%s%s\n", json_member_text_or(mqtt, "broker", "?"),
		    json_member_text_or(mqtt, "state", "?"), protocol ? ", MQTT " : "",
		    protocol ? protocol : "");
	if (reason)
		text_printf(stdout, "problem   %s\n", reason);
	text_printf(stdout, "client    %s, topics %s/…\n",
		    json_member_text_or(mqtt, "client_id", "?"),
		    json_member_text_or(mqtt, "topic_prefix", "?"));
	printf("messages  %" JSON_INTEGER_FORMAT " published, %" JSON_INTEGER_FORMAT
	       " acknowledged, %" JSON_INTEGER_FORMAT " received, %" JSON_INTEGER_FORMAT
	       " dropped\n",
	       node_status_number(counters, "published"),
	       node_status_number(counters, "acknowledged"),
	       node_status_number(counters, "received"), node_status_number(counters, "dropped"));
	if (json_is_true(json_object_get(mqtt, "discovery")))
		printf("discovery %" JSON_INTEGER_FORMAT " devices, %" JSON_INTEGER_FORMAT
		       " entities, %" JSON_INTEGER_FORMAT " messages\n",
		       node_status_number(counters, "devices"),
		       node_status_number(counters, "entities"),
		       node_status_number(counters, "discovery_messages"));
	if (json_is_true(json_object_get(mqtt, "history")))
		printf("history   %" JSON_INTEGER_FORMAT " readings acknowledged, "
		       "%" JSON_INTEGER_FORMAT " skipped\n",
		       node_status_number(counters, "history_sent"),
		       node_status_number(counters, "history_skipped"));
}

int command_mqtt_status(const struct command_options *options)
{
	static const struct node_status status = {
		.key = "mqtt",
		.absent = "the running node uses no MQTT: set url under [mqtt] in its "
			  "configuration, such as \"mqtt://127.0.0.1\"\n",
		.print = print_all,
	};

	return node_status_show(options, &status);
}
