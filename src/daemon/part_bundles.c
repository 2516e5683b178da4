/* The store of bundles, and the probation of the versions that they bring. */
#include "base/error.h"
#include "base/log.h"
#include "bundle/probation.h"
#include "daemon/internal.h"

static void on_noted(void *arg, enum log_level level, const char *name, const char *text)
{
	(void)arg;
	log_write(level, name, "%s", text);
}

static int create(struct node *node, struct error *err)
{
	const struct bundle_probation_config config = {
		.loop = node->loop,
		.config = node->options.config,
		.data_folder = node->options.data_folder,
		.plugins_folder = node->options.plugins_folder,
		.on_noted = on_noted,
		.on_changed = node_note_version,
		.arg = node,
	};
	int ret = bundle_probation_create(&config, &node->probation, err);

	node->actions.probation = node->probation;
	return ret;
}

static void stop(struct node *node)
{
	struct bundle_probation *probation = node->probation;

	node->probation = node->actions.probation = NULL;
	if (probation)
		bundle_probation_close(probation, node_stop_next, node);
	else
		node_stop_next(node);
}

const struct node_part node_part_bundles = {.create = create, .stop = stop};
