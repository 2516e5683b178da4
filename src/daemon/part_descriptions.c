/* What the sensors mean: their units and names, as plugins declare and owners decide. */
#include "base/log.h"
#include "daemon/internal.h"
#include "reading/catalogue.h"
#include "store/descriptions.h"

static void on_problem(void *arg, const char *text)
{
	(void)arg;
	log_warning("broker", "%s", text);
}

static int create(struct node *node, struct error *err)
{
	const struct descriptions_config config = {
		.loop = node->loop,
		.config = node->options.config,
		.data_folder = node->options.data_folder,
		.table = node->table,
		.intake = node->intake,
		.on_problem = on_problem,
		.on_warning = node_warn_plugin,
		.arg = node,
	};
	int ret = descriptions_create(&config, &node->descriptions, err);

	if (ret)
		return ret;
	node->actions.descriptions = node->descriptions;
	node->terminal.catalogue = descriptions_catalogue(node->descriptions);
	return 0;
}

static void reload(struct node *node)
{
	reading_catalogue_configure(descriptions_catalogue(node->descriptions));
}

static void stop(struct node *node)
{
	node->terminal.catalogue = NULL;
	node->actions.descriptions = NULL;
	descriptions_close(node->descriptions);
	node->descriptions = NULL;
	node_stop_next(node);
}

const struct node_part node_part_descriptions = {
	.create = create,
	.reload = reload,
	.stop = stop,
};
