/* The owner's decisions, from the API: applied at once, written to a file on the thread pool. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "plugin/supervisor/folder_watch.h"
#include "plugin/supervisor/internal.h"

void supervisor_on_decision_written(void *arg, const char *name, const struct error *err)
{
	struct supervisor *supervisor = arg;

	if (err->code)
		log_error(name,
			  "the owner's decision on this plugin cannot be written to the disk, so "
			  "it does not hold; repair this, then decide again: %s",
			  err->text);
	if (!supervisor->on_closed)
		folder_watch_snapshot(supervisor->watch, 0);
}

static int compare(const void *name, const void *slot)
{
	return strcmp(name, slot_name(*(struct slot *const *)slot));
}

static struct slot *find_slot(const struct supervisor *supervisor, const char *name)
{
	struct slot **found = supervisor->count
				      ? bsearch(name, supervisor->slots, supervisor->count,
						sizeof(struct slot *), compare)
				      : NULL;

	return found ? *found : NULL;
}

bool supervisor_has(const struct supervisor *supervisor, const char *name)
{
	return find_slot(supervisor, name) != NULL;
}

bool supervisor_may_show(const struct supervisor *supervisor, const char *name)
{
	const struct slot *slot = find_slot(supervisor, name);
	struct plugin *plugin = slot ? slot_plugin(slot) : NULL;

	return !plugin || plugin_may_show(plugin);
}

bool supervisor_may_report(const struct supervisor *supervisor, const char *name)
{
	const struct slot *slot = find_slot(supervisor, name);
	struct plugin *plugin = slot ? slot_plugin(slot) : NULL;

	return !plugin || plugin_may_report(plugin);
}

static int require_slot(const struct supervisor *supervisor, const char *name,
			struct slot **ret_slot, struct error *err)
{
	struct slot *slot = find_slot(supervisor, name);

	if (supervisor->on_closed)
		return error_set(err, ERROR_CLOSED,
				 "the node is stopping: try again after it has started");
	if (slot) {
		*ret_slot = slot;
		return 0;
	}
	return error_set(err, ERROR_NOT_FOUND,
			 "there is no plugin %.*s: GET /api/v1/plugins lists the plugins",
			 PLUGIN_NAME_SIZE, name);
}

int supervisor_approve(struct supervisor *supervisor, const char *name, const char *digest,
		       struct error *err)
{
	struct slot *slot = NULL;
	int ret = require_slot(supervisor, name, &slot, err);

	if (!ret)
		ret = slot_approve(slot, digest, err);
	if (!ret)
		ret = decision_store_approve(&supervisor->decisions, name, slot_request(slot), err);
	if (!ret)
		folder_watch_distrust(supervisor->watch);
	return ret;
}

int supervisor_reload(struct supervisor *supervisor, const char *name, struct error *err)
{
	struct slot *slot = NULL;
	int ret = require_slot(supervisor, name, &slot, err);

	return ret ? ret : slot_reload(slot, err);
}

int supervisor_set_enabled(struct supervisor *supervisor, const char *name, bool enabled,
			   struct error *err)
{
	struct slot *slot = NULL;
	int ret = require_slot(supervisor, name, &slot, err);

	if (!ret)
		ret = slot_set_enabled(slot, enabled, err);
	if (!ret)
		ret = decision_store_switch(&supervisor->decisions, name, !enabled, err);
	if (!ret)
		folder_watch_distrust(supervisor->watch);
	return ret;
}
