#include "cli/node_status.h"

#include <stdio.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/json_print.h"
#include "cli/places.h"

json_int_t node_status_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static int show(const struct command_options *options, const struct node_status *status,
		const struct places *places)
{
	const json_t *part = json_object_get(places->node.root, status->key);

	if (!places->node.root) {
		fputs("no node runs on this data folder: start it, or name its folder with "
		      "--data\n",
		      stderr);
		return EXIT_FAILED;
	}
	if (!json_is_object(part)) {
		fputs(status->absent, stderr);
		return EXIT_FAILED;
	}
	if (options->json)
		json_print(part, JSON_INDENT(2));
	else
		status->print(part);
	return EXIT_DONE;
}

int node_status_show(const struct command_options *options, const struct node_status *status)
{
	struct places places;
	struct error err = {0};
	int ret;

	if (places_find(options, PLACES_EXACT, &places, &err)) {
		text_printf(stderr, "%s\n", err.text);
		return EXIT_FAILED;
	}
	ret = show(options, status, &places);
	if (ret)
		places_say_others(&places);
	places_finish(&places);
	return ret;
}
