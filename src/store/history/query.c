/* Runs queries on the history's reading threads, each on a connection of its own. */
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "base/work_queue.h"
#include "store/history/internal.h"
#include "store/history/read.h"

enum question { PAGE, SERIES, AFTER };

struct query_job {
	struct history *history; /* borrowed: the history outlives its queue of queries */
	enum question question;
	union {
		struct history_query page;
		struct history_series_query series;
		struct {
			char node[READING_NAME_MAX + 1];
			uint64_t position;
			size_t limit;
		} after;
	} query;
	union {
		history_answered *on_answered;
		history_read_done *on_read;
	} done;
	void *arg;
	int ret;
	struct error err;
	char *text;	 /* owned */
	json_t *sensors; /* owned: of a page, an object with their ids as keys */
	struct history_batch batch;
};

/* NULL if memory runs out. */
static json_t *find_sensors(const json_t *readings)
{
	json_t *sensors = json_object(), *reading;
	size_t i;

	json_array_foreach(readings, i, reading)
	{
		const char *id = json_string_value(json_object_get(reading, "sensor_id"));

		if (!json_object_get(sensors, id))
			json_object_set_new(sensors, id, json_true());
	}
	return sensors;
}

static void answer(struct query_job *job, struct history_reader *reader)
{
	json_t *found = NULL;

	if (job->question == AFTER) {
		job->ret = history_reader_after(reader, job->query.after.node,
						job->query.after.position, job->query.after.limit,
						&job->batch, &job->err);
		return;
	}
	job->ret = job->question == PAGE
			   ? history_reader_page(reader, &job->query.page, &found, &job->err)
			   : history_reader_series(reader, &job->query.series, &found, &job->err);
	if (job->ret)
		return;
	job->text = json_text(found);
	if (job->question == PAGE)
		job->sensors = find_sensors(json_object_get(found, "readings"));
	json_decref(found);
	if (!job->text)
		job->ret = error_set(&job->err, ERROR_NO_MEMORY,
				     "out of memory while answering the query; this machine needs "
				     "more free memory");
}

static void work(void *arg)
{
	struct query_job *job = arg;
	const struct history_config *config = &job->history->config;
	struct history_reader *reader;

	job->ret = history_reader_open(config->path, config->clock, &reader, &job->err);
	if (job->ret)
		return;
	answer(job, reader);
	history_reader_close(reader);
}

static void tell_answer(const struct query_job *job, int ret)
{
	const struct history_answer answer = {
		.text = job->text,
		.size = job->text ? strlen(job->text) : 0,
		.sensors = job->sensors,
	};

	job->done.on_answered(job->arg, ret, ret ? NULL : &answer, &job->err);
}

static void done(void *arg, int status)
{
	struct query_job *job = arg;
	int ret = status ? status : job->ret;

	if (status)
		error_set(
			&job->err, status,
			"the query was not answered, since the node is stopping: ask again later");
	if (job->question == AFTER)
		job->done.on_read(job->arg, ret, ret ? NULL : &job->batch, &job->err);
	else
		tell_answer(job, ret);
	history_batch_finish(&job->batch);
	json_decref(job->sensors);
	free(job->text);
	free(job);
}

static int submit(struct history *history, struct query_job *job)
{
	int ret = job ? 0 : ERROR_NO_MEMORY;

	if (!ret)
		ret = history->is_closing ? ERROR_CLOSED
					  : work_queue_submit(history->readers, work, done, job);
	if (ret == ERROR_BUSY)
		history->counters.queries_refused++;
	if (ret)
		free(job);
	return ret;
}

static struct query_job *create(struct history *history, enum question question, void *arg)
{
	struct query_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->history = history;
	job->question = question;
	job->arg = arg;
	return job;
}

int history_query(struct history *history, const struct history_query *query,
		  history_answered *on_answered, void *arg)
{
	struct query_job *job = create(history, PAGE, arg);

	if (job) {
		job->query.page = *query;
		job->done.on_answered = on_answered;
	}
	return submit(history, job);
}

int history_query_series(struct history *history, const struct history_series_query *query,
			 history_answered *on_answered, void *arg)
{
	struct query_job *job = create(history, SERIES, arg);

	if (job) {
		job->query.series = *query;
		job->done.on_answered = on_answered;
	}
	return submit(history, job);
}

int history_read_after(struct history *history, const char *node, uint64_t after, size_t limit,
		       history_read_done *on_read, void *arg)
{
	struct query_job *job = create(history, AFTER, arg);

	if (job) {
		snprintf(job->query.after.node, sizeof(job->query.after.node), "%s", node);
		job->query.after.position = after;
		job->query.after.limit = limit;
		job->done.on_read = on_read;
	}
	return submit(history, job);
}
