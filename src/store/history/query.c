/* Runs queries on the history's reading threads, each on a connection of its own. */
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "base/work_queue.h"
#include "store/history/internal.h"
#include "store/history/read.h"

enum question { PAGE, SERIES, AFTER };

struct ask {
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
		history_answered *answered;
		history_read_done *read;
	} done;
	void *arg;
	int ret;
	struct error err;
	char *text; /* owned */
	struct history_batch batch;
};

static void answer(struct ask *ask, struct history_reader *reader)
{
	json_t *found = NULL;

	if (ask->question == AFTER) {
		ask->ret = history_reader_after(reader, ask->query.after.node,
						ask->query.after.position, ask->query.after.limit,
						&ask->batch, &ask->err);
		return;
	}
	ask->ret = ask->question == PAGE
			   ? history_reader_page(reader, &ask->query.page, &found, &ask->err)
			   : history_reader_series(reader, &ask->query.series, &found, &ask->err);
	if (ask->ret)
		return;
	ask->text = json_text(found);
	json_decref(found);
	if (!ask->text)
		ask->ret = error_set(&ask->err, ERROR_NO_MEMORY, "%s", error_text(ERROR_NO_MEMORY));
}

static void work(void *arg)
{
	struct ask *ask = arg;
	struct history_reader *reader;

	ask->ret = history_reader_open(ask->history->config.path, &reader, &ask->err);
	if (ask->ret)
		return;
	answer(ask, reader);
	history_reader_close(reader);
}

static void done(void *arg, int status)
{
	struct ask *ask = arg;
	int ret = status ? status : ask->ret;

	if (status)
		error_set(&ask->err, status, "%s", error_text(status));
	if (ask->question == AFTER)
		ask->done.read(ask->arg, ret, ret ? NULL : &ask->batch, &ask->err);
	else
		ask->done.answered(ask->arg, ret, ask->text, ask->text ? strlen(ask->text) : 0,
				   &ask->err);
	history_batch_finish(&ask->batch);
	free(ask->text);
	free(ask);
}

static int submit(struct history *history, struct ask *ask)
{
	int ret = ask ? 0 : ERROR_NO_MEMORY;

	if (!ret)
		ret = history->is_closing ? ERROR_CLOSED
					  : work_queue_submit(history->readers, work, done, ask);
	if (ret == ERROR_BUSY)
		history->counters.queries_refused++;
	if (ret)
		free(ask);
	return ret;
}

static struct ask *create(struct history *history, enum question question, void *arg)
{
	struct ask *ask = calloc(1, sizeof(*ask));

	if (!ask)
		return NULL;
	ask->history = history;
	ask->question = question;
	ask->arg = arg;
	return ask;
}

int history_query(struct history *history, const struct history_query *query,
		  history_answered *answered, void *arg)
{
	struct ask *ask = create(history, PAGE, arg);

	if (ask) {
		ask->query.page = *query;
		ask->done.answered = answered;
	}
	return submit(history, ask);
}

int history_query_series(struct history *history, const struct history_series_query *query,
			 history_answered *answered, void *arg)
{
	struct ask *ask = create(history, SERIES, arg);

	if (ask) {
		ask->query.series = *query;
		ask->done.answered = answered;
	}
	return submit(history, ask);
}

int history_read_after(struct history *history, const char *node, uint64_t after, size_t limit,
		       history_read_done *read, void *arg)
{
	struct ask *ask = create(history, AFTER, arg);

	if (ask) {
		snprintf(ask->query.after.node, sizeof(ask->query.after.node), "%s", node);
		ask->query.after.position = after;
		ask->query.after.limit = limit;
		ask->done.read = read;
	}
	return submit(history, ask);
}
