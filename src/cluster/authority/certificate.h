/*
 * The certificates of a cluster: an authority of its own, which signs one certificate for each
 * member. Keys are made where they stay; only a request with the public part goes to the authority.
 * All texts are PEM. Any thread.
 */
#ifndef HARVESTER_CLUSTER_AUTHORITY_CERTIFICATE_H
#define HARVESTER_CLUSTER_AUTHORITY_CERTIFICATE_H

#include <stdint.h>

struct error;

#define CERTIFICATE_DAYS 3650

/* A pair of texts; the caller ends it with certificate_pair_finish(). */
struct certificate_pair {
	char *certificate; /* owned; or the request */
	char *key;	   /* owned, secret */
};

void certificate_pair_finish(struct certificate_pair *pair);

/* What a certificate is to say. */
struct certificate_order {
	const char *node;
	/* The name or address by which others reach the member's server; NULL: it has none. */
	const char *host;
	uint64_t from_ms, until_ms; /* when it is valid */
};

/* Make an authority, valid for CERTIFICATE_DAYS. ERROR_SYSTEM, ERROR_NO_MEMORY. */
int certificate_create_authority(const char *cluster, uint64_t now_ms,
				 struct certificate_pair *ret_pair, struct error *err);

/* Make a key, and a request for a certificate of it. */
int certificate_request(const char *node, struct certificate_pair *ret_pair, struct error *err);

/*
 * Sign a certificate for the key of `request`, with what `order` says and nothing else that the
 * request says. ERROR_MALFORMED if the request cannot be read or its signature is wrong. The caller
 * frees *ret_certificate.
 */
int certificate_issue(const struct certificate_pair *authority, const char *request,
		      const struct certificate_order *order, char **ret_certificate,
		      struct error *err);

/* Check the dates of a certificate. ERROR_INVALID says which is wrong, ERROR_MALFORMED. */
int certificate_check_time(const char *certificate, uint64_t now_ms, struct error *err);

#endif
