/*
 * What a running node tells a command about itself: its folders, its address and its plugins. It is
 * one JSON object, sent until the end of the stream. Functions here read it, and check every field
 * before a command uses it.
 *
 *	{"pid":n, "version":text, "node":text, "role":"standalone"|"hub"|"spoke",
 *	 "scheme":"http"|"https", "address":"ADDR:PORT", "pin":text|null,
 *	 "data":PATH, "plugins_folder":PATH, "config":PATH|null,
 *	 "commands":{"answered":n,"refused":n,"timed_out":n}, "plugins":[…],
 *	 "cluster":{…}, if the node is a member of one, "mqtt":{…}, if it uses MQTT,
 *	 "influx":{…}, if it writes to such a database}
 *
 * Paths are absolute. "pin" is the hash of the certificate's public key (link/tls_pin.h), or null
 * without a certificate. "config" is null if the node runs the built-in demonstration.
 */
#ifndef HARVESTER_CLI_RUN_ANSWER_H
#define HARVESTER_CLI_RUN_ANSWER_H

#include <jansson.h>
#include <stdint.h>
#include <sys/types.h>

struct error;

#define RUN_ANSWER_SIZE_MAX (8u << 20) /* bytes */

/* All texts are borrowed from root. */
struct run_answer {
	json_t *root; /* owned; NULL: no node answered */
	const char *version, *node, *role, *scheme, *address, *data, *plugins_folder;
	const char *pin, *config; /* may be NULL */
	const json_t *plugins;	  /* an array of objects */
	pid_t pid;
};

/*
 * Parse and check an answer of `size` bytes. The caller calls run_answer_finish().
 * ERROR_MALFORMED if it is no JSON object or a field is missing or wrong, ERROR_TOO_LARGE if it is
 * larger than RUN_ANSWER_SIZE_MAX.
 */
int run_answer_parse(const char *text, size_t size, struct run_answer *ret_answer,
		     struct error *err);

/*
 * Read an answer from `fd` until the end of the stream. Blocks for at most `patience_ms`.
 * ERROR_TIMEOUT if it has not ended by then, ERROR_SYSTEM if reading fails, and the errors of
 * run_answer_parse().
 */
int run_answer_read(int fd, uint64_t patience_ms, struct run_answer *ret_answer, struct error *err);

/*
 * Ask the node whose socket is at `path`, and read its answer. Blocks for at most
 * RUN_SOCKET_ANSWER_MS. The caller calls run_answer_finish(). ERROR_NOT_FOUND if no node runs
 * there, ERROR_NOT_GRANTED if it is another user's (root may ask every node), and the errors of
 * run_answer_read().
 */
int run_answer_ask(const char *path, struct run_answer *ret_answer, struct error *err);

void run_answer_finish(struct run_answer *answer); /* a zeroed answer is allowed */

#endif
