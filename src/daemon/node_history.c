#include "daemon/node_history.h"

#include <stdio.h>

#include "base/error.h"
#include "base/log.h"
#include "config/config.h"
#include "reading/reading.h"
#include "reading/table.h"
#include "store/history.h"

static void take_note(void *arg, bool is_failing, const char *text)
{
	(void)arg;
	if (is_failing)
		log_error("history", "%s", text);
	else
		log_info("history", "%s", text);
}

/* Readings of other nodes come with sequences of their own, another way. */
static void take_reading(void *arg, const struct reading *reading)
{
	struct node_history *own = arg;

	if (own->history && *reading->plugin)
		history_append(own->history, reading);
}

static struct history_limits make_limits(const struct config *config)
{
	return (struct history_limits){
		.keep_raw_days = config->history.keep_raw_days,
		.keep_minute_days = config->history.keep_minute_days,
		.keep_hour_days = config->history.keep_hour_days,
		.max_mb = config->history.max_mb,
	};
}

int node_history_init(struct node_history *own, uv_loop_t *loop, const struct config *config,
		      const char *data_folder, struct reading_table *table, struct error *err)
{
	const struct history_config history = {
		.path = own->path,
		.node = config->cluster.node_id,
		.commit_seconds = config->history.commit_seconds,
		.limits = make_limits(config),
		.noted = take_note,
	};
	int ret;

	if (snprintf(own->path, sizeof(own->path), "%s/history.db", data_folder) >=
	    (int)sizeof(own->path))
		return error_set(err, ERROR_TOO_LARGE, "the data folder's path is too long");
	ret = history_create(loop, &history, &own->history, err);
	if (ret)
		return ret;
	ret = reading_table_subscribe(table, take_reading, own);
	return ret ? error_set(err, ret, "the table of readings has too many consumers") : 0;
}

void node_history_configure(struct node_history *own, const struct config *config)
{
	const struct history_limits limits = make_limits(config);

	history_configure(own->history, config->history.commit_seconds, &limits);
}

void node_history_close(struct node_history *own)
{
	history_close(own->history, NULL, NULL);
	own->history = NULL;
}
