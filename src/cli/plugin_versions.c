/* `harvester plugin versions`: the versions of a plugin that are here, and which one runs. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/account_file.h"
#include "cli/bundle_node.h"
#include "cli/command.h"

static const char *text_of(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text ? text : "";
}

/* What there is to say of a version, in one word. */
static const char *role_of(const json_t *record, const json_t *version)
{
	const char *digest = text_of(version, "digest");

	if (!strcmp(digest, text_of(record, "current")))
		return json_is_true(json_object_get(record, "probation")) ? "on probation"
									  : "current";
	if (!strcmp(digest, text_of(record, "waiting")))
		return "waits for approval";
	if (*text_of(version, "bad"))
		return "quarantined";
	return !strcmp(digest, text_of(record, "good")) ? "last good" : "";
}

static void print(const json_t *record)
{
	const char *changed = text_of(record, "changed_here");
	const json_t *version;
	size_t i;

	json_array_foreach(json_object_get(record, "versions"), i, version)
	{
		json_int_t ms = json_integer_value(json_object_get(version, "installed_ms"));
		char time[ACCOUNT_TIME_SIZE];

		account_time((uint64_t)ms, time);
		text_printf(stdout, "%-16s %.12s  %s  key %-16s  %s%s%s\n",
			    text_of(version, "version"), text_of(version, "digest"), time,
			    text_of(version, "key"), role_of(record, version),
			    *text_of(version, "bad") ? ": " : "", text_of(version, "bad"));
	}
	if (*changed)
		text_printf(stdout, "changed here: %s\n", changed);
}

int command_plugin_versions(const struct command_options *options)
{
	struct bundle_node node;
	struct error err = {0};
	json_t *record = NULL;
	int ret = bundle_node_open(options, &node, &err);

	if (!ret)
		ret = bundle_store_show(node.store, options->words[0], &record, &err);
	if (!ret && !options->json)
		print(record);
	bundle_node_close(&node);
	return account_say(ret, &err, options->json, record);
}
