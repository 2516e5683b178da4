/*
 * What the engine lets somebody do, as texts that it can verify (JSON web tokens signed with an
 * nkey): the operator vouches for accounts, the account for users. A server that knows the operator
 * accepts each user by its grant, so a node that joins changes nothing on the servers. Any thread.
 */
#ifndef HARVESTER_CLUSTER_AUTHORITY_GRANT_H
#define HARVESTER_CLUSTER_AUTHORITY_GRANT_H

#include <stdbool.h>
#include <stdint.h>

#include "cluster/authority/nkey.h"

/* The operator, by itself. The caller frees the text; NULL if memory runs out. So in all of these.
 */
char *grant_operator(const struct nkey *operator_key, const char *cluster, uint64_t now_ms);

/* An account: `has_storage` for the one with the cluster's streams, not for that of the servers. */
char *grant_account(const struct nkey *operator_key, const char *account, const char *name,
		    bool has_storage, uint64_t now_ms);

/*
 * A node as user `user` (a public key): it may write the log, presence, reports of roll-outs and
 * answers of its own name only, relay as the hub of its own name, send commands to all nodes, take
 * the leases, write the plan and the bundles of roll-outs, and make and read the streams. That of a
 * voter, which has the authority's keys anyway, may change how many servers have them.
 */
char *grant_node(const struct nkey *account_key, const char *user, const char *node, bool is_voter,
		 uint64_t now_ms);

/* For some minutes: who may remove servers from the cluster, in the account of the servers. */
char *grant_remover(const struct nkey *system_key, const char *user, uint64_t now_ms);

/*
 * The file that the client library reads: the grant and the user's seed. The caller overwrites and
 * frees the text; NULL if memory runs out.
 */
char *grant_credentials(const char *grant, const struct nkey *user_key);

#endif
