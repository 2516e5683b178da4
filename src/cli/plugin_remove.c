/* `harvester plugin remove`: removes a plugin that a bundle has brought. */
#include <jansson.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/account_file.h"
#include "cli/bundle_node.h"
#include "cli/command.h"

int command_plugin_remove(const struct command_options *options)
{
	const char *name = options->words[0];
	struct bundle_node node;
	struct error err = {0};
	json_t *result = NULL;
	int ret = bundle_node_open(options, &node, &err);

	if (!ret)
		ret = bundle_store_remove(node.store, name, options->force, &err);
	if (!ret && options->json)
		result = json_pack("{s:s, s:b}", "name", name, "removed", 1);
	else if (!ret)
		text_printf(stdout, "%s is removed\n", name);
	bundle_node_close(&node);
	return account_say(ret, &err, options->json, result);
}
