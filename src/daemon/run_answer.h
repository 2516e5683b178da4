/*
 * What a running node tells a command: where it is, and about its plugins. One JSON object, until
 *the end of the stream. What comes over a socket is checked here before anyone uses it.
 *
 *	{"pid":n, "version":text, "node":text, "role":"standalone"|"hub"|"spoke",
 *"scheme":"http"|"https", "address":"ADDR:PORT", "pin":text|null, "data":PATH,
 *"plugins_folder":PATH, "config":PATH|null, "commands":{"answered":n,"refused":n,"timed_out":n},
 *"plugins":[…]}
 *
 * Paths are absolute. "pin" is that of the certificate, "config" null for the built-in
 *demonstration.
 */
#ifndef HARVESTER_DAEMON_RUN_ANSWER_H
#define HARVESTER_DAEMON_RUN_ANSWER_H

#include <jansson.h>
#include <stdint.h>
#include <sys/types.h>

struct error;

#define RUN_ANSWER_SIZE_MAX (8u << 20)
#define RUN_ANSWER_MS 5000 /* the longest that a command waits for all of it */

/* Texts are borrowed from root. */
struct run_answer {
	json_t *root; /* owned; NULL: nothing answered */
	const char *version, *node, *role, *scheme, *address, *data, *plugins_folder;
	const char *pin, *config; /* may be NULL */
	const json_t *plugins;	  /* an array of objects */
	pid_t pid;
};

/* `size` bytes of text. ERROR_MALFORMED, ERROR_TOO_LARGE; *err says what is wrong. */
int run_answer_parse(const char *text, size_t size, struct run_answer *ret_answer,
		     struct error *err);

/* From a stream until its end, within `patience_ms` in all. ERROR_TIMEOUT, ERROR_SYSTEM, and those
 * of run_answer_parse(). */
int run_answer_read(int fd, uint64_t patience_ms, struct run_answer *ret_answer, struct error *err);

void run_answer_finish(struct run_answer *answer); /* one that is all 0 is allowed */

#endif
