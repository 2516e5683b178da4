/* `harvester plugin rollback`: goes back to the version before. */
#include <jansson.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/account_file.h"
#include "cli/bundle_node.h"
#include "cli/command.h"

int command_plugin_rollback(const struct command_options *options)
{
	const char *name = options->words[0];
	struct bundle_version version;
	struct bundle_node node;
	struct error err = {0};
	json_t *result = NULL;
	int ret = bundle_node_open(options, &node, &err);

	if (!ret)
		ret = bundle_store_rollback(node.store, name, options->force, &version, &err);
	if (!ret && options->json)
		result = json_pack("{s:s, s:s, s:s}", "name", name, "version", version.version,
				   "digest", version.digest);
	else if (!ret)
		text_printf(stdout, "%s is back at %s\n", name, version.version);
	bundle_node_close(&node);
	return account_say(ret, &err, options->json, result);
}
