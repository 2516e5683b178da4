/* What a plugin declares about its fields: kept when it is ready, and reported once it is the one
 * that runs. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plugin/internal.h"
#include "plugin/process/guest.h"
#include "wire/value.h"

#define VALUES_MAX 8192 /* commas and brackets of a description of FRAME_DESCRIPTION_MAX bytes */

void plugin_forget_description(struct plugin *plugin)
{
	json_decref(plugin->fields);
	free(plugin->describe_error);
	plugin->fields = NULL;
	plugin->describe_error = NULL;
}

/* The parser spends much more memory on a value than its text has bytes. */
static bool has_too_many_values(const char *text, size_t size)
{
	size_t values = 0;

	for (size_t i = 0; i < size; i++)
		values += text[i] == ',' || text[i] == '[' || text[i] == '{';
	return values > VALUES_MAX;
}

/* A .py plugin returns JSON text, a component a CBOR item. */
static int parse(const struct plugin *plugin, const cbor_item_t *item, json_t **ret_fields,
		 struct error *err)
{
	const char *text;
	json_error_t where;
	size_t size;

	if (plugin->source.kind == PLUGIN_COMPONENT)
		return value_to_json(cbor_array_handle(item)[1], ret_fields, err);
	if (value_get_text(item, 1, &text, &size) || size > FRAME_DESCRIPTION_MAX ||
	    has_too_many_values(text, size))
		return error_set(err, ERROR_TOO_LARGE,
				 "describe() returned too much; declare fewer fields");
	*ret_fields = json_loadb(text, size, JSON_DECODE_ANY, &where);
	return *ret_fields
		       ? 0
		       : error_set(err, ERROR_MALFORMED,
				   "describe() returned a value that is not JSON: %s", where.text);
}

static void keep_error(struct plugin *plugin, const cbor_item_t *item)
{
	const char *text = "";
	size_t size = 0;

	value_get_text(item, 1, &text, &size);
	plugin->describe_error = size ? strndup(text, size) : strdup("failed without a reason");
}

void plugin_take_description(struct plugin *plugin, const cbor_item_t *item)
{
	struct error err;
	uint64_t outcome;

	plugin_forget_description(plugin);
	if (!item)
		return;
	if (!cbor_isa_array(item) || cbor_array_size(item) != 2 ||
	    value_get_unsigned(item, 0, OUTCOME_FAILED, &outcome)) {
		guest_kill(plugin->guest, "the guest sent a malformed description");
		return;
	}
	if (outcome == OUTCOME_FAILED)
		keep_error(plugin, item);
	else if (parse(plugin, item, &plugin->fields, &err))
		plugin->describe_error = strdup(err.text);
}

void plugin_tell_description(const struct plugin *plugin)
{
	const struct plugin_events *events = plugin->services.events;

	if (events->on_described)
		events->on_described(plugin->services.events_arg, plugin->source.name,
				     plugin->fields, plugin->describe_error);
}
