#include "cli/doctor/grants.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/doctor/hardware.h"
#include "config/config.h"
#include "plugin/discovery/source.h"
#include "plugin/policy/approvals.h"
#include "plugin/policy/grant.h"

struct walk {
	const struct doctor_hardware *hardware;
	const struct approvals *approvals; /* NULL: nothing was approved */
	doctor_on_grant *on_grant;
	void *data;
};

static void visit(const struct walk *walk, const struct plugin_source *source)
{
	const struct config *config = walk->hardware->config;
	struct permission request, grant;

	permission_init(&request);
	permission_load(source->permission_path, &request, NULL);
	if (!config->permissions.auto_approve &&
	    (!walk->approvals || approvals_check(walk->approvals, source->name, &request, NULL)))
		return;
	grant_resolve(&request, config, source->name, &grant);
	walk->on_grant(walk->data, source->name, &grant);
}

/* The doctor must not create the approvals folder; without it, nothing was approved. */
static struct approvals *open_approvals(const char *data_folder)
{
	struct approvals *approvals = NULL;
	char path[512];

	if (snprintf(path, sizeof(path), "%s/approvals", data_folder) < (int)sizeof(path) &&
	    !access(path, F_OK))
		approvals_create(data_folder, &approvals, NULL);
	return approvals;
}

void doctor_each_grant(const struct doctor_hardware *hardware, doctor_on_grant *on_grant,
		       void *data)
{
	struct approvals *approvals;
	struct plugin_scan found;

	if (plugin_scan(hardware->plugins_folder, &found, NULL))
		return;
	approvals = open_approvals(hardware->data_folder);
	for (size_t i = 0; i < found.count; i++) {
		const struct config_plugin *own =
			config_find_plugin(hardware->config, found.sources[i].name);
		const struct walk walk = {hardware, approvals, on_grant, data};

		if (!own || own->enabled)
			visit(&walk, &found.sources[i]);
	}
	approvals_destroy(approvals);
	plugin_scan_finish(&found);
}
