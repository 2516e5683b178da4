/*
 * A request of a command to the API of the running node, for what only that process knows. The
 * command makes a token for this one request, and revokes it at once: who may write the data folder
 * is an operator of its node anyway.
 */
#ifndef HARVESTER_CLI_NODE_REQUEST_H
#define HARVESTER_CLI_NODE_REQUEST_H

#include <jansson.h>

struct command_options;
struct error;
struct run_answer;

/*
 * Ask the node, whose answer to places_find() is `node`. `token` is the name of the token; `path`
 * begins with "/api/"; `body` may be NULL. Blocks for at most about 10 s. *ret_json is the answer's
 * body, which the caller owns, or NULL if it has none; ret_json may be NULL.
 *
 * ERROR_NOT_FOUND if the node answered 404, ERROR_INVALID for another refusal, both with the node's
 * reason; the errors of http_client_start() and account_file_open().
 */
int node_request(const struct command_options *options, const struct run_answer *node,
		 const char *token, const char *method, const char *path, const json_t *body,
		 json_t **ret_json, struct error *err);

#endif
