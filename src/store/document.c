#include "store/document.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/damaged_file.h"
#include "base/durable_file.h"
#include "base/error.h"

struct document {
	struct document_config config;
	char *path; /* owned */
	uv_work_t work;
	char *text;    /* owned: being written, by the thread pool; NULL: nothing is */
	char *waiting; /* owned: to be written next; NULL: nothing waits */
	struct error err;
	bool is_closed;
};

static void destroy(struct document *document)
{
	const struct document_config config = document->config;

	free(document->text);
	free(document->waiting);
	free(document->path);
	free(document);
	if (config.on_closed)
		config.on_closed(config.arg);
}

/* Keep the damaged file, in case somebody wants to look at it. */
static void move_aside(const struct document *document, const char *why)
{
	char aside[PATH_MAX], text[2 * PATH_MAX];
	struct error err;

	if (damaged_file_move_aside(document->path, aside, sizeof(aside), &err))
		snprintf(text, sizeof(text),
			 "%s is damaged (%s) and left in place (%s): starting "
			 "without it",
			 document->path, why, err.text);
	else
		snprintf(text, sizeof(text), "%s is damaged (%s): moved to %s, starting without it",
			 document->path, why, aside);
	document->config.on_problem(document->config.arg, text);
}

static json_t *read_file(const struct document *document)
{
	struct buffer text;
	struct error err;
	json_error_t where;
	json_t *json;

	if (access(document->path, F_OK))
		return NULL;
	if (buffer_read_file(&text, document->path, document->config.size_max, &err)) {
		document->config.on_problem(document->config.arg, err.text);
		return NULL;
	}
	json = json_loadb(text.data ? text.data : "", text.size, JSON_REJECT_DUPLICATES, &where);
	buffer_finish(&text);
	if (json_is_object(json))
		return json;
	move_aside(document, json ? "not a JSON object" : where.text);
	json_decref(json);
	return NULL;
}

int document_open(const struct document_config *config, struct document **ret_document,
		  json_t **ret_json, struct error *err)
{
	struct document *document = calloc(1, sizeof(*document));

	if (document)
		document->path = strdup(config->path);
	if (!document || !document->path) {
		free(document);
		return error_set(err, ERROR_NO_MEMORY, "cannot open the file %s: %s", config->path,
				 error_text(ERROR_NO_MEMORY));
	}
	document->config = *config;
	document->config.path = document->path;
	document->work.data = document;
	*ret_json = read_file(document);
	*ret_document = document;
	return 0;
}

static void run(uv_work_t *work)
{
	struct document *document = work->data;

	document->err.code = 0;
	durable_file_replace_path(document->path, document->text, strlen(document->text),
				  &document->err);
}

static void begin(struct document *document);

static void written(uv_work_t *work, int status)
{
	struct document *document = work->data;

	(void)status; /* this job is never cancelled */
	free(document->text);
	document->text = NULL;
	if (document->err.code)
		document->config.on_problem(document->config.arg, document->err.text);
	else if (!document->waiting && document->config.on_saved)
		document->config.on_saved(document->config.arg);
	/* A callback may have begun to write the next value. */
	if (document->text)
		return;
	if (document->waiting)
		begin(document);
	else if (document->is_closed)
		destroy(document);
}

static void begin(struct document *document)
{
	document->text = document->waiting;
	document->waiting = NULL;
	uv_queue_work(document->config.loop, &document->work, run, written);
}

void document_write(struct document *document, json_t *value)
{
	char *text = json_dumps(value, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
	struct error err;

	json_decref(value);
	if (!text) {
		error_set(&err, ERROR_NO_MEMORY, "cannot write the file %s: %s", document->path,
			  error_text(ERROR_NO_MEMORY));
		document->config.on_problem(document->config.arg, err.text);
		return;
	}
	free(document->waiting);
	document->waiting = text;
	if (!document->text)
		begin(document);
}

void document_close(struct document *document)
{
	if (!document)
		return;
	document->is_closed = true;
	if (!document->text)
		destroy(document);
}
