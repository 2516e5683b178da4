#include "daemon/node_history.h"

#include <stdio.h>

#include "base/error.h"
#include "base/log.h"
#include "config/config.h"
#include "reading/reading.h"
#include "reading/table.h"
#include "store/history/history.h"
#include "store/history/intake.h"

#define RELEASE_MS 1000

static void take_note(void *arg, bool is_failing, const char *text)
{
	(void)arg;
	if (is_failing)
		log_error("history", "%s", text);
	else
		log_info("history", "%s", text);
}

static size_t write_reading(void *arg, const struct reading *reading)
{
	struct node_history *own = arg;

	return history_append(own->history, reading);
}

static void say_thinned(void *arg, const char *plugin)
{
	(void)arg;
	log_warning(
		plugin,
		"it returns more data than the history writes for one plugin (%d kB a second), so "
		"only the newest reading of each sensor is written now and then; poll less often, "
		"or return fewer or shorter values",
		HISTORY_INTAKE_BYTES_A_SECOND / 1024);
}

static void release(uv_timer_t *timer)
{
	struct node_history *own = timer->data;

	history_intake_release(own->intake);
	if (!history_intake_holds(own->intake))
		uv_timer_stop(timer);
}

/* Only this node's readings: the hub writes those of other nodes, with their own sequences. */
static void take_reading(void *arg, const struct reading *reading)
{
	struct node_history *own = arg;

	if (!own->intake || !*reading->plugin)
		return;
	history_intake_put(own->intake, reading);
	if (history_intake_holds(own->intake) && !uv_is_active((uv_handle_t *)&own->releasing))
		uv_timer_start(&own->releasing, release, RELEASE_MS, RELEASE_MS);
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

static int create_intake(struct node_history *own, uv_loop_t *loop, struct clock *clock,
			 struct error *err)
{
	const struct history_intake_events events = {
		.write = write_reading,
		.thinned = say_thinned,
		.arg = own,
	};

	own->intake = history_intake_create(clock, &events);
	if (!own->intake)
		return error_set(err, ERROR_NO_MEMORY, "%s", error_text(ERROR_NO_MEMORY));
	uv_timer_init(loop, &own->releasing);
	own->releasing.data = own;
	uv_unref((uv_handle_t *)&own->releasing);
	return 0;
}

int node_history_init(struct node_history *own, uv_loop_t *loop, const struct config *config,
		      struct clock *clock, const char *data_folder, struct reading_table *table,
		      struct error *err)
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
	if (!ret)
		ret = create_intake(own, loop, clock, err);
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

void node_history_add_to_json(const struct node_history *own, const char *plugin, json_t *json)
{
	if (!own->intake)
		return;
	json_object_set_new(json, "thinned_readings",
			    json_integer((json_int_t)history_intake_thinned(own->intake, plugin)));
	json_object_set_new(json, "is_thinned",
			    json_boolean(history_intake_is_thinning(own->intake, plugin)));
}

void node_history_close(struct node_history *own)
{
	if (own->intake)
		uv_close((uv_handle_t *)&own->releasing, NULL);
	history_intake_destroy(own->intake);
	own->intake = NULL;
	history_close(own->history, NULL, NULL);
	own->history = NULL;
}
