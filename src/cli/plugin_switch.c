/*
 * `harvester plugin enable`, `disable` and `revoke`: write the owner's decision about a plugin into
 * the data folder, where a running node notices it.
 */
#include <jansson.h>
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/json_print.h"
#include "cli/load_config.h"
#include "cli/places.h"
#include "cli/plugin_find.h"
#include "config/config.h"
#include "plugin/discovery/source.h"
#include "plugin/policy/approvals.h"
#include "plugin/policy/disabled_plugins.h"

static int end(const struct command_options *options, int ret, const struct error *err,
	       const char *key, bool value, const char *text)
{
	json_t *json;

	if (ret) {
		if (*err->text)
			text_printf(stderr, "%s\n", err->text);
		return EXIT_FAILED;
	}
	if (!options->json) {
		printf("%s is %s\n", options->words[0], text);
		return EXIT_DONE;
	}
	json = json_pack("{s:s, s:b}", "name", options->words[0], key, (int)value);
	json_print(json, JSON_INDENT(2));
	json_decref(json);
	return EXIT_DONE;
}

/* Check that the plugin is in the folder, and that the configuration allows to enable it. Prints
 * problems of the configuration and unknown names on stderr. */
static int check(const struct places *places, const char *name, bool enabled, struct error *err)
{
	const struct config_plugin *own;
	struct plugin_source source;
	struct config *config;
	int ret = load_config(places_config(places), &config);

	if (ret)
		return ret;
	own = config_find_plugin(config, name);
	if (enabled && own && !own->enabled)
		ret = error_set(err, ERROR_INVALID,
				"the configuration disables %s: remove `enabled = false` under "
				"[plugins.%s] instead",
				name, name);
	config_destroy(config);
	if (ret)
		return ret;
	ret = plugin_find(places->plugins, name, &source);
	if (!ret)
		plugin_source_finish(&source);
	else
		places_say_others(places);
	return ret;
}

static int switch_to(const struct command_options *options, bool enabled)
{
	struct disabled_plugins *disabled = NULL;
	struct places places;
	struct error err = {0};
	int ret = places_find(options, PLACES_EXACT, &places, &err);

	if (!ret)
		ret = check(&places, options->words[0], enabled, &err);
	if (!ret)
		ret = disabled_plugins_create(places.data, &disabled, &err);
	if (!ret)
		ret = disabled_plugins_set(disabled, options->words[0], !enabled, &err);
	disabled_plugins_destroy(disabled);
	places_finish(&places);
	return end(options, ret, &err, "enabled", enabled, enabled ? "enabled" : "disabled");
}

int command_plugin_enable(const struct command_options *options)
{
	return switch_to(options, true);
}

int command_plugin_disable(const struct command_options *options)
{
	return switch_to(options, false);
}

int command_plugin_revoke(const struct command_options *options)
{
	const char *name = options->words[0];
	struct approvals *approvals = NULL;
	struct places places;
	struct error err = {0};
	int ret = places_find(options, PLACES_EXACT, &places, &err);

	if (!ret)
		ret = approvals_create(places.data, &approvals, &err);
	if (!ret)
		ret = approvals_remove(approvals, name, &err);
	if (ret == ERROR_NOT_FOUND) {
		error_set(&err, ret,
			  "%s was not approved, so there is nothing to revoke: `harvester plugin "
			  "list` lists the plugins",
			  name);
		places_say_others(&places);
	}
	approvals_destroy(approvals);
	places_finish(&places);
	return end(options, ret, &err, "approved", false, "not approved any more");
}
