/* The history of the readings on the disk. */
#include "base/log.h"
#include "daemon/internal.h"
#include "store/history/intake.h"

static void on_note(void *arg, bool is_failing, const char *text)
{
	(void)arg;
	log_write(is_failing ? LOG_ERROR : LOG_INFO, "history", "%s", text);
}

static void on_thinned(void *arg, const char *plugin)
{
	(void)arg;
	log_warning(plugin,
		    "it returns more data than the history writes for one plugin (%d kB a second), "
		    "so only the newest reading of each sensor is written now and then; poll less "
		    "often, or return fewer or shorter values",
		    HISTORY_INTAKE_BYTES_A_SECOND / 1024);
}

static int create(struct node *node, struct error *err)
{
	const struct history_recorder_config config = {
		.loop = node->loop,
		.config = node->options.config,
		.clock = node->clock,
		.data_folder = node->options.data_folder,
		.table = node->table,
		.on_note = on_note,
		.on_thinned = on_thinned,
	};

	node->actions.recorder = &node->recorder;
	return history_recorder_open(&node->recorder, &config, err);
}

static void reload(struct node *node)
{
	history_recorder_configure(&node->recorder, node->options.config);
}

/* Closed together with the links: see part_links.c. */
const struct node_part node_part_history = {.create = create, .reload = reload};
