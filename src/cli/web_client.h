/*
 * Asks a node over its API, one request after the other. Blocks on the network.
 */
#ifndef HARVESTER_CLI_WEB_CLIENT_H
#define HARVESTER_CLI_WEB_CLIENT_H

#include <jansson.h>

struct error;

#define WEB_CLIENT_ANSWER_MAX (4u << 20) /* bytes */
#define WEB_CLIENT_SECONDS 30

struct web_client {
	void *curl;  /* owned; the connection stays open between requests */
	char *url;   /* owned: http://… or https://…, without a path */
	char *token; /* owned; NULL: none */
};

/*
 * Begin to ask the node at `url`. `token_file` has a token of an operator, NULL: none. The caller
 * calls web_client_close(), also after a failure. ERROR_INVALID for another kind of URL, or a token
 * that would travel in clear to another machine; ERROR_NO_MEMORY; errors of buffer_read_file().
 */
int web_client_open(struct web_client *client, const char *url, const char *token_file,
		    struct error *err);
void web_client_close(struct web_client *client);

/*
 * Ask, with a body as JSON, NULL: none. *ret_answer is the JSON of a successful answer, which the
 * caller owns. ERROR_INVALID with the node's reason if it refuses; ERROR_SYSTEM if it cannot be
 * reached; ERROR_MALFORMED, ERROR_TOO_LARGE for its answer.
 */
int web_client_ask(struct web_client *client, const char *method, const char *path,
		   const json_t *body, json_t **ret_answer, struct error *err);

#endif
