/*
 * A board's membership in a cluster: files in DATA/cluster, which `harvester cluster init` and
 * `join` write and the node reads at its start. All have mode 0600.
 *
 *	member.json	{"cluster":text, "node":text, "replicas":n, "urls":[text],
 *			 "server":"HOST:PORT" and "routes":[text], if a server runs on this board,
 *			 "voters_ms":n and "store":text, if it was changed by `cluster voters`}
 *	ca.pem node.pem node.key	for TLS
 *	node.creds	the node's user in the engine
 *	authority.json	on voters: authority.h
 *	nats-server.conf harvester-nats.service	on voters: server_files.h
 *
 * Blocks on the disk; any thread.
 */
#ifndef HARVESTER_CLUSTER_AUTHORITY_MEMBERSHIP_H
#define HARVESTER_CLUSTER_AUTHORITY_MEMBERSHIP_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>

#include "cluster/authority/certificate.h"
#include "cluster/authority/nkey.h"

struct error;

#define MEMBERSHIP_FOLDER "cluster"
#define MEMBERSHIP_URLS_MAX 8

/* The keys of a board that is about to join; they stay on it. */
struct membership_keys {
	struct certificate_pair request; /* owned */
	struct nkey user;
};

/* The path of a file of the membership. ERROR_TOO_LARGE. */
int membership_path(const char *data_folder, const char *file, char ret_path[PATH_MAX],
		    struct error *err);

/*
 * Make keys, and the application with their public parts for authority_admit(). `server`: the
 * address of this board's server, or NULL. The caller ends *ret_keys with membership_keys_finish()
 * and releases *ret_application.
 */
int membership_apply(const char *node, const char *server, struct membership_keys *ret_keys,
		     json_t **ret_application, struct error *err);
void membership_keys_finish(struct membership_keys *keys);

/*
 * Write the files of an admission, member.json last, so that an interrupted call leaves no
 * membership. ERROR_MALFORMED if the admission has not its form, ERROR_SYSTEM.
 */
int membership_write(const char *data_folder, const json_t *admission,
		     const struct membership_keys *keys, struct error *err);

/*
 * Read member.json. The caller releases *ret_member. ERROR_NOT_FOUND if this board is not a member,
 * ERROR_MALFORMED, ERROR_SYSTEM.
 */
int membership_read(const char *data_folder, json_t **ret_member, struct error *err);

/* Write other URLs into member.json. */
int membership_set_urls(const char *data_folder, json_t *member, json_t *urls, struct error *err);

/*
 * Write what an authority with another number of voters means for this board's node and server.
 * `member` is changed. A server that stood alone, or is to stand alone, gets another store: it
 * could not read the old one. *ret_is_new tells that. Errors of membership_write().
 */
int membership_set_voters(const char *data_folder, json_t *member, const json_t *authority,
			  bool *ret_is_new, struct error *err);

/*
 * Remove all files of the membership, member.json first, but not the server's store.
 * ERROR_NOT_FOUND if there is none, ERROR_SYSTEM.
 */
int membership_remove(const char *data_folder, struct error *err);

#endif
