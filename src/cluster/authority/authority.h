/*
 * The authority of a cluster: the secrets with which members are admitted, and the list of those
 * that were. It is one JSON object, which each voter keeps in DATA/cluster/authority.json, so that
 * any of them can invite when another is dead. Whoever has it can admit anybody.
 *
 *	{"cluster":text, "voters":n, "certificate":PEM, "key":PEM, "operator":grant,
 *	 "system":{"name":nkey, "grant":text, "seed":text}, "account":{the same},
 *	 "members":{NODE:{"server":"HOST:PORT"|null}},
 *	 "voters_ms":n, the time at which "voters" was changed last, if it was}
 *
 * Blocks on the disk; any thread.
 */
#ifndef HARVESTER_CLUSTER_AUTHORITY_AUTHORITY_H
#define HARVESTER_CLUSTER_AUTHORITY_AUTHORITY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct error;

#define AUTHORITY_FILE "authority.json"
#define AUTHORITY_SIZE_MAX (256u << 10) /* bytes of the file */
#define AUTHORITY_MEMBERS_MAX 1000

/*
 * Make the authority of a new cluster with 1, 3 or 5 voters. The caller releases *ret_authority.
 * ERROR_INVALID (the name, the number of voters), ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
int authority_create(const char *cluster, unsigned voters, uint64_t now_ms, json_t **ret_authority,
		     struct error *err);

/* Read it from a file. ERROR_NOT_FOUND, ERROR_MALFORMED, ERROR_SYSTEM, ERROR_NO_MEMORY. */
int authority_read(const char *path, json_t **ret_authority, struct error *err);

/* Write it to a file with mode 0600, replacing an existing one. */
int authority_write(const json_t *authority, const char *path, struct error *err);

/*
 * Check whether a member of this name may be invited: ERROR_INVALID if the name does not fit;
 * ERROR_TOO_LARGE if the cluster has AUTHORITY_MEMBERS_MAX members, or, for a voter, all its
 * voters. The name of an admitted member may be invited again: the new board takes its place.
 */
int authority_check(const json_t *authority, const char *node, bool is_voter, struct error *err);

/*
 * Admit a member, and put it on the list. `application` comes from its board:
 *	{"request":PEM, "user":nkey, "server":"HOST:PORT", if it is a voter}
 * The caller releases *ret_admission, which is for that board:
 *	{"cluster":text, "node":text, "replicas":n, "urls":[text], "ca":PEM, "certificate":PEM,
 *	 "grant":text, and for a voter "server":"HOST:PORT", "routes":[text], "authority":{…}
 *	 and perhaps "voters_ms":n}
 * ERROR_MALFORMED if the application has not this form, and the errors of authority_check().
 */
int authority_admit(json_t *authority, const char *node, bool is_voter, const json_t *application,
		    uint64_t now_ms, json_t **ret_admission, struct error *err);

/*
 * Check whether the cluster may have so many voters, when the members `leaving` are voters no
 * longer. `self` is this board's node. ERROR_INVALID (the number; too few leave; this board would),
 * ERROR_NOT_FOUND (one of them is no voter).
 */
int authority_check_voters(const json_t *authority, unsigned voters, const char *const *leaving,
			   size_t count, const char *self, struct error *err);

/* Do it. Those who leave stay members. */
void authority_set_voters(json_t *authority, unsigned voters, const char *const *leaving,
			  size_t count, uint64_t now_ms);

/* How many voters can still be invited. */
unsigned authority_missing_voters(const json_t *authority);

/* Where servers find each other, as URLs. The caller owns it. */
json_t *authority_routes(const json_t *authority);

/* The addresses of all servers as URLs for clients, that of `node` first. The caller owns it. */
json_t *authority_urls(const json_t *authority, const char *node);

#endif
