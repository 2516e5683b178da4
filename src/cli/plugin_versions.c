/* `harvester plugin versions`: the versions of a plugin that are here, and which one runs. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json_member.h"
#include "base/text.h"
#include "cli/account_file.h"
#include "cli/bundle_node.h"
#include "cli/command.h"

/* What there is to say of a version, in one word. */
static const char *role_of(const json_t *record, const json_t *version)
{
	const char *digest = json_member_text(version, "digest");

	if (!strcmp(digest, json_member_text(record, "current")))
		return json_is_true(json_object_get(record, "probation")) ? "on probation"
									  : "current";
	if (!strcmp(digest, json_member_text(record, "waiting")))
		return "waits for approval";
	if (*json_member_text(version, "bad"))
		return "quarantined";
	return !strcmp(digest, json_member_text(record, "good")) ? "last good" : "";
}

static void print(const json_t *record)
{
	const char *changed = json_member_text(record, "changed_here");
	const json_t *version;
	size_t i;

	json_array_foreach(json_object_get(record, "versions"), i, version)
	{
		json_int_t ms = json_integer_value(json_object_get(version, "installed_ms"));
		char time[ACCOUNT_TIME_SIZE];

		account_time((uint64_t)ms, time);
		text_printf(stdout, "%-16s %.12s  %s  key %-16s  %s%s%s\n",
			    json_member_text(version, "version"),
			    json_member_text(version, "digest"), time,
			    json_member_text(version, "key"), role_of(record, version),
			    *json_member_text(version, "bad") ? ": " : "",
			    json_member_text(version, "bad"));
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
