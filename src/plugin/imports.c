/* What a component imports: whether this broker has it, and whether the plugin is granted it. */
#include <string.h>

#include "base/error.h"
#include "plugin/internal.h"
#include "plugin/policy/grant.h"
#include "plugin/process/guest.h"
#include "wire/value.h"

/* [interface, function, signature]: 0, or ERROR_NOT_FOUND with a text that names the import. */
static int check_import(const cbor_item_t *slot, struct error *err)
{
	const char *import = "", *function = "", *wanted = "", *has = NULL;
	size_t import_size = 0, function_size = 0, wanted_size = 0;
	char interface[PLUGIN_INTERFACE_SIZE], name[64];

	if (value_get_text(slot, 0, &import, &import_size) ||
	    value_get_text(slot, 1, &function, &function_size) || function_size >= sizeof(name) ||
	    value_get_text(slot, 2, &wanted, &wanted_size))
		return error_set(err, ERROR_MALFORMED,
				 "the plugin's process sent a malformed list of imports: build the "
				 "component again");
	memcpy(name, function, function_size);
	name[function_size] = '\0';
	if (!plugin_parse_interface(import, import_size, interface))
		has = capability_signature(interface, name);
	if (!has)
		return error_set(
			err, ERROR_NOT_FOUND,
			"imports %.*s#%s, which this host does not have (it has demo:plugin@0.2 "
			"and harvester:plugin@0.1): build the component for one of these",
			(int)import_size, import, name);
	if (strlen(has) != wanted_size || memcmp(has, wanted, wanted_size))
		return error_set(err, ERROR_NOT_FOUND,
				 "imports %.*s#%s as %.*s, this host has %s: build the component "
				 "with this version's wit/",
				 (int)import_size, import, name, (int)wanted_size, wanted, has);
	return 0;
}

/*
 * A component that imports an interface without a grant may run, and its calls are denied, unless
 * strict_imports is set: componentize-py imports everything in its world, used or not
 * (docs/decisions/0010-imports-without-a-grant.md).
 */
static int check_grant(const struct plugin *plugin, const char *interface, struct error *err)
{
	const char *missing = grant_missing_line(&plugin->permission, interface);

	if (!missing)
		return 0;
	if (!plugin->options.strict_imports) {
		log_info(plugin->source.name,
			 "imports %s without a grant, so its calls are denied; to request it, add "
			 "`%s` to %s",
			 interface, missing, plugin->client.permission_file);
		return 0;
	}
	if (!grant_missing_line(&plugin->request, interface))
		return error_set(
			err, ERROR_NOT_GRANTED,
			"imports %s, which the owner has withheld (strict_imports is "
			"true); "
			"to let it run all the same, the owner sets strict_imports = false",
			interface);
	return error_set(
		err, ERROR_NOT_GRANTED,
		"imports %s, which it was not granted (strict_imports is true); to request "
		"it, add `%s` to %s",
		interface, missing, plugin->client.permission_file);
}

static int check_grants(const struct plugin *plugin, const cbor_item_t *list, struct error *err)
{
	char last[64] = "", interface[PLUGIN_INTERFACE_SIZE];
	const char *import;
	size_t size;
	int ret = 0;

	for (size_t i = 0; !ret && i < cbor_array_size(list); i++) {
		if (value_get_text(cbor_array_handle(list)[i], 0, &import, &size) ||
		    plugin_parse_interface(import, size, interface) || !strcmp(interface, last))
			continue;
		memcpy(last, interface, sizeof(last));
		ret = check_grant(plugin, interface, err);
	}
	return ret;
}

static int check_imports(const struct plugin *plugin, const cbor_item_t *list, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < cbor_array_size(list); i++)
		ret = check_import(cbor_array_handle(list)[i], err);
	return ret ? ret : check_grants(plugin, list, err);
}

void plugin_take_imports(struct plugin *plugin, const cbor_item_t *frame)
{
	const cbor_item_t *list = cbor_array_size(frame) == 3 ? cbor_array_handle(frame)[2] : NULL;
	struct error err = {0};

	if (plugin->state != PLUGIN_STARTING || !list || !cbor_isa_array(list)) {
		guest_kill(plugin->guest, "the guest sent its imports out of turn");
		return;
	}
	if (check_imports(plugin, list, &err)) {
		plugin->is_hopeless = true;
		guest_kill(plugin->guest, err.text);
		return;
	}
	guest_send(plugin->guest, FRAME_RESULT, 0, 1, plugin_limits(plugin));
}
