/*
 * What the two ways of `harvester push` share: to one node (push.c), and through a hub
 * (push_hub.c).
 */
#ifndef HARVESTER_CLI_PUSH_H
#define HARVESTER_CLI_PUSH_H

#include <jansson.h>

#include "bundle/minisign.h"
#include "cli/web_client.h"

struct bundle_manifest;
struct error;

#define PUSH_FOLLOW_SECONDS 60
#define PUSH_FOLLOW_PAUSE_NS 20000000u

struct push {
	const char *folder;
	const char
		*nodes; /* of the hub that `client` asks; NULL: the client asks the node itself */
	struct minisign_secret key;
	struct web_client client;
};

/* The number of the newest line of the log. */
int push_find_end(struct push *push, json_int_t *ret_sequence, struct error *err);

/*
 * Print the lines of the log beyond *sequence that are from the plugin `name`. on_line() gets each
 * text (NULL: nobody asks).
 */
int push_print_lines(struct push *push, const char *name, json_int_t *sequence,
		     void (*on_line)(void *arg, const char *text), void *arg, struct error *err);

/*
 * Start a roll-out to push->nodes with this body, which has the bundle and its signature, and
 * follow it until all of them run the new version or one has failed.
 */
int push_to_hub(struct push *push, const struct bundle_manifest *manifest, json_t *body,
		struct error *err);

#endif
