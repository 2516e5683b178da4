#include "store/history/recorder.h"

#include <stdio.h>

#include "base/error.h"
#include "config/config.h"
#include "reading/reading.h"
#include "reading/table.h"
#include "store/history/history.h"
#include "store/history/intake.h"

#define RELEASE_MS 1000

static size_t write_reading(void *arg, const struct reading *reading)
{
	struct history_recorder *recorder = arg;

	return history_append(recorder->history, reading);
}

static void on_thinned(void *arg, const char *plugin)
{
	const struct history_recorder *recorder = arg;

	recorder->on_thinned(recorder->arg, plugin);
}

static void release(uv_timer_t *timer)
{
	struct history_recorder *recorder = timer->data;

	history_intake_release(recorder->intake);
	if (!history_intake_holds(recorder->intake))
		uv_timer_stop(timer);
}

/* Only this node's readings: the hub writes those of other nodes, with their own sequences. */
static void on_reading(void *arg, const struct reading *reading)
{
	struct history_recorder *recorder = arg;

	if (!recorder->intake || !*reading->plugin)
		return;
	history_intake_put(recorder->intake, reading);
	if (history_intake_holds(recorder->intake) &&
	    !uv_is_active((uv_handle_t *)&recorder->releasing))
		uv_timer_start(&recorder->releasing, release, RELEASE_MS, RELEASE_MS);
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

static int create_intake(struct history_recorder *recorder,
			 const struct history_recorder_config *config, struct error *err)
{
	const struct history_intake_events events = {
		.write = write_reading,
		.on_thinned = on_thinned,
		.arg = recorder,
	};

	recorder->intake = history_intake_create(config->clock, &events);
	if (!recorder->intake)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the history; this machine needs more "
				 "free memory");
	uv_timer_init(config->loop, &recorder->releasing);
	recorder->releasing.data = recorder;
	uv_unref((uv_handle_t *)&recorder->releasing);
	return 0;
}

int history_recorder_open(struct history_recorder *recorder,
			  const struct history_recorder_config *config, struct error *err)
{
	const struct config *file = config->config;
	const struct history_config history = {
		.path = recorder->path,
		.node = file->cluster.node_id,
		.clock = config->clock,
		.commit_seconds = file->history.commit_seconds,
		.limits = make_limits(file),
		.on_noted = config->on_note,
		.noted_arg = config->arg,
	};
	int ret;

	recorder->on_thinned = config->on_thinned;
	recorder->arg = config->arg;
	if (snprintf(recorder->path, sizeof(recorder->path), "%s/history.db",
		     config->data_folder) >= (int)sizeof(recorder->path))
		return error_set(err, ERROR_TOO_LARGE,
				 "the data folder's path is too long: choose another with --data");
	ret = history_create(config->loop, &history, &recorder->history, err);
	if (!ret)
		ret = create_intake(recorder, config, err);
	if (ret)
		return ret;
	ret = reading_table_subscribe(config->table, on_reading, recorder);
	return ret ? error_set(err, ret,
			       "the table of readings has too many consumers: raise "
			       "TABLE_CONSUMERS_MAX and build again")
		   : 0;
}

void history_recorder_configure(struct history_recorder *recorder, const struct config *config)
{
	const struct history_limits limits = make_limits(config);

	history_configure(recorder->history, config->history.commit_seconds, &limits);
}

void history_recorder_add_to_json(const struct history_recorder *recorder, const char *plugin,
				  json_t *json)
{
	if (!recorder->intake)
		return;
	json_object_set_new(
		json, "thinned_readings",
		json_integer((json_int_t)history_intake_thinned(recorder->intake, plugin)));
	json_object_set_new(json, "is_thinned",
			    json_boolean(history_intake_is_thinning(recorder->intake, plugin)));
}

void history_recorder_close(struct history_recorder *recorder)
{
	if (recorder->intake)
		uv_close((uv_handle_t *)&recorder->releasing, NULL);
	history_intake_destroy(recorder->intake);
	recorder->intake = NULL;
	history_close(recorder->history, NULL, NULL);
	recorder->history = NULL;
}

uint64_t history_recorder_dropped(const struct history_recorder *recorder)
{
	return recorder->intake ? history_intake_dropped(recorder->intake) : 0;
}
