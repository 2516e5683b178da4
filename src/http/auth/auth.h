/*
 * Authentication and authorisation: who has sent a request (by session cookie or token), and
 * whether that person or node may use the route. rules.h has the rules;
 * store/accounts/authenticator.h knows the accounts.
 *
 * Call all functions on the loop thread.
 */
#ifndef HARVESTER_HTTP_AUTH_AUTH_H
#define HARVESTER_HTTP_AUTH_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "http/auth/rules.h"
#include "http/auth/throttle.h"
#include "http/server/answer.h"
#include "store/accounts/authenticator.h"

struct web;
struct web_config;
struct web_request;

#define WEB_SETUP_MS (60ull * 60 * 1000) /* how long the set-up link is valid */
#define WEB_LINK_SIZE 512
#define WEB_CLIENT_SIZE 16 /* see web_auth_client() */

/* The state of authentication; one for each server. */
struct web_auth {
	struct web_throttle by_client, by_user;
	uint8_t setup_hash[ACCOUNTS_HASH_SIZE]; /* of the secret in the set-up link */
	uint64_t setup_until_ms;		/* see web_auth_now(); 0: there is no link */
};

struct web_auth *web_auth_create(void);	      /* NULL if memory runs out */
void web_auth_destroy(struct web_auth *auth); /* NULL is allowed */

/* The facts that the rules need, as they are now. */
struct web_rules web_auth_rules(const struct web *web);

/*
 * Find out who has sent the request (request->ticket), and decide whether the request is allowed.
 * The Host header must name this node. If `changes` is true (the method is not GET), the request
 * must not come from another site's page (guard.h). Returns false for a refused request, with the
 * answer, which the caller owns.
 */
bool web_auth_admit(struct web *web, struct web_request *request, enum web_level level,
		    bool changes, struct web_answer *ret_refusal);

/*
 * For paths without a route: returns true if the node is closed, with the answer, which the caller
 * owns. A node is closed while it has no account although it needs one, or while the accounts
 * cannot be read. A closed node does not tell which routes exist.
 */
bool web_auth_is_closed(struct web *web, struct web_answer *ret_refusal);

/*
 * Returns whether the holder of this ticket may still read; the role ACCOUNTS_NOBODY means not
 * logged in. For endless answers, which outlive sessions and tokens.
 */
bool web_auth_may_read(struct web *web, const struct authenticator_ticket *ticket);

/*
 * The client's address as a key for the throttle. Of IPv6 only the first 64 bits: clients can
 * choose the rest freely.
 */
void web_auth_client(const struct web_request *request, unsigned char ret_client[WEB_CLIENT_SIZE]);

/* Milliseconds of config.clock, monotonic. */
uint64_t web_auth_now(const struct web *web);

/*
 * The name of the session's cookie. Over https it begins with "__Host-": browsers accept such a
 * cookie only from this very host over TLS (RFC 6265bis, 4.1.3.2). Static memory.
 */
const char *web_auth_cookie(const struct web *web);

/*
 * Make the link to the set-up page, with a new secret. Show it only to the node's owner: whoever
 * has the link can make the first operator's account. The link works once and for an hour; a new
 * link replaces it. Returns false if the node has an account, or needs none because it listens on
 * loopback only.
 */
bool web_make_setup_link(struct web *web, char *ret_link, size_t size);

/*
 * The page at / for somebody who may not see the dashboard: log-in or set-up (account.c). Takes
 * over `refusal`, and returns it if neither page fits.
 */
struct web_answer web_account_page(struct web *web, struct web_answer refusal);

#endif
