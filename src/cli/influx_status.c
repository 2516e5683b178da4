/* `harvester influx status`: what the running node says about the database of [influx]. */
#include <stdio.h>

#include "base/json_member.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/node_status.h"

static void print_all(const json_t *influx)
{
	const json_t *counters = json_object_get(influx, "counters");
	const char *org = json_member_text(influx, "org");

	text_printf(stdout, "database  %s, bucket %s%s%s, %s\n", json_member_text(influx, "url"),
		    json_member_text(influx, "bucket"), *org ? " of " : "", org,
		    json_member_text(influx, "state"));
	if (*json_member_text(influx, "reason"))
		text_printf(stdout, "problem   %s\n", json_member_text(influx, "reason"));
	printf("readings  %" JSON_INTEGER_FORMAT " written, %" JSON_INTEGER_FORMAT
	       " refused, %" JSON_INTEGER_FORMAT " without a value, %" JSON_INTEGER_FORMAT
	       " deleted before\n",
	       node_status_number(counters, "written"), node_status_number(counters, "refused"),
	       node_status_number(counters, "empty"), node_status_number(counters, "skipped"));
	printf("requests  %" JSON_INTEGER_FORMAT ", %" JSON_INTEGER_FORMAT
	       " failed, %" JSON_INTEGER_FORMAT " halved\n",
	       node_status_number(counters, "requests"), node_status_number(counters, "failed"),
	       node_status_number(counters, "halved"));
}

int command_influx_status(const struct command_options *options)
{
	static const struct node_status status = {
		.key = "influx",
		.absent = "the running node writes its readings to no database: set url under "
			  "[influx] in its configuration, such as \"http://127.0.0.1:8086\"\n",
		.print = print_all,
	};

	return node_status_show(options, &status);
}
