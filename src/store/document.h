/*
 * A small JSON document on disk: read at the start, and replaced atomically on the thread pool
 * after a change. Loop thread.
 */
#ifndef HARVESTER_STORE_DOCUMENT_H
#define HARVESTER_STORE_DOCUMENT_H

#include <jansson.h>
#include <stddef.h>
#include <uv.h>

struct document;
struct error;

struct document_config {
	uv_loop_t *loop;  /* borrowed, as all pointers, until the document has been freed */
	const char *path; /* copied */
	size_t size_max;  /* bytes of a file that is read */
	/* The file could not be read or written, for the reason in `text`. */
	void (*on_problem)(void *arg, const char *text);
	/* All values that document_write() was given are on the disk. NULL: nobody asks. */
	void (*on_saved)(void *arg);
	/* The document has been freed; no callback comes after it. NULL: nobody asks. */
	void (*on_closed)(void *arg);
	void *arg;
};

/*
 * Read the file; blocks on the disk. *ret_json is what it holds, which the caller owns, or NULL if
 * there is no file. A file that is damaged is moved aside and reported; without *ret_json the
 * caller starts with nothing. ERROR_NO_MEMORY.
 */
int document_open(const struct document_config *config, struct document **ret_document,
		  json_t **ret_json, struct error *err);

/* Replace the file with this value soon; takes ownership of it. Of several values that wait, the
 * last is written. */
void document_write(struct document *document, json_t *value);

/* Write what waits, and free the document: at once if nothing waits, otherwise on a later turn of
 * the loop. The callbacks may be called until then. NULL is allowed. */
void document_close(struct document *document);

#endif
