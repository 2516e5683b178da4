/*
 * Tells the servers of a cluster that one of them will not come back: until then, it counts as one
 * that is away, and a majority of all is needed. Blocks on the network; any thread.
 */
#ifndef HARVESTER_CLUSTER_SERVER_REMOVAL_H
#define HARVESTER_CLUSTER_SERVER_REMOVAL_H

#include <jansson.h>
#include <stdint.h>

struct error;

#define SERVER_REMOVAL_MS 30000 /* for an answer: the servers elect, and agree on it, first */

/*
 * Remove the server of `node`, alive or dead; no effect if it was removed before. `member` and
 * `authority` are this board's (membership.h, authority.h). ERROR_UNSUPPORTED in a build without
 * the engine, or if the authority is older than this function; ERROR_TIMEOUT if fewer than half of
 * the servers can reach each other; ERROR_SYSTEM if none can be reached or they refuse.
 */
int server_removal_ask(const char *data_folder, const json_t *member, const json_t *authority,
		       const char *node, uint64_t now_ms, struct error *err);

#endif
