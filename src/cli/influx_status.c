/* `harvester influx status`: what the running node says about the database of [influx]. */
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/json_print.h"
#include "cli/places.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static json_int_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void print_all(const json_t *influx)
{
	const json_t *counters = json_object_get(influx, "counters");
	const char *org = text_of(influx, "org");

	text_printf(stdout, "database  %s, bucket %s%s%s, %s\n", text_of(influx, "url"),
		    text_of(influx, "bucket"), *org ? " of " : "", org, text_of(influx, "state"));
	if (*text_of(influx, "reason"))
		text_printf(stdout, "problem   %s\n", text_of(influx, "reason"));
	printf("readings  %" JSON_INTEGER_FORMAT " written, %" JSON_INTEGER_FORMAT
	       " refused, %" JSON_INTEGER_FORMAT " without a value, %" JSON_INTEGER_FORMAT
	       " deleted before\n",
	       number_of(counters, "written"), number_of(counters, "refused"),
	       number_of(counters, "empty"), number_of(counters, "skipped"));
	printf("requests  %" JSON_INTEGER_FORMAT ", %" JSON_INTEGER_FORMAT
	       " failed, %" JSON_INTEGER_FORMAT " halved\n",
	       number_of(counters, "requests"), number_of(counters, "failed"),
	       number_of(counters, "halved"));
}

static int show(const struct command_options *options, const struct places *places)
{
	const json_t *influx = json_object_get(places->node.root, "influx");

	if (!places->node.root) {
		fputs("no node runs on this data folder: start it, or name its folder with "
		      "--data\n",
		      stderr);
		return EXIT_FAILED;
	}
	if (!json_is_object(influx)) {
		fputs("the running node writes its readings to no database: set url under "
		      "[influx] in its configuration, such as \"http://127.0.0.1:8086\"\n",
		      stderr);
		return EXIT_FAILED;
	}
	if (options->json)
		json_print(influx, JSON_INDENT(2));
	else
		print_all(influx);
	return EXIT_DONE;
}

int command_influx_status(const struct command_options *options)
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
