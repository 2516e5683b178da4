/*
 * The configuration of a voter's nats-server, and its systemd service, made from the membership.
 * Blocks on the disk; any thread.
 */
#ifndef HARVESTER_CLUSTER_AUTHORITY_SERVER_FILES_H
#define HARVESTER_CLUSTER_AUTHORITY_SERVER_FILES_H

#include <jansson.h>

struct error;

#define SERVER_CONFIGURATION "nats-server.conf"
#define SERVER_UNIT "harvester-nats.service"
/*
 * In DATA/cluster, with all stores that the server has had. `harvester backup` leaves it out: the
 * nodes' histories can fill it again.
 */
#define SERVER_STORE "store"

/*
 * Write both into DATA/cluster. `member` has "node", "cluster", "server", "routes" and perhaps
 * "store" (membership.h), `authority` the grants (authority.h). ERROR_SYSTEM, ERROR_TOO_LARGE.
 */
int server_files_write(const char *data_folder, const json_t *member, const json_t *authority,
		       struct error *err);

#endif
