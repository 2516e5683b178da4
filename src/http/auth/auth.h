/*
 * Who asks: a session's cookie, a token, or nobody; and whether that is enough. Loop thread.
 */
#ifndef HARVESTER_HTTP_AUTH_AUTH_H
#define HARVESTER_HTTP_AUTH_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "http/auth/rules.h"
#include "http/auth/throttle.h"
#include "http/server/answer.h"
#include "store/accounts/access.h"

struct web;
struct web_config;
struct web_request;

#define WEB_SETUP_MS (60ull * 60 * 1000) /* how long the link to the set-up page is good */
#define WEB_CLIENT_SIZE 16		 /* see web_auth_client() */

/* Of one server. */
struct web_auth {
	struct web_throttle by_client, by_user;
	uint8_t setup_hash[ACCOUNTS_HASH_SIZE];
	uint64_t setup_until_ms; /* monotonic; 0: there is no link */
};

void web_auth_init(struct web_auth *auth);

struct web_rules web_auth_rules(const struct web *web);

/*
 * Find out who asks (request->ticket), and whether he may: false, with the answer that says why
 * not. It must be for a name of ours unless it is public (guard.h). `changes`: it is no GET, so
 * it must not come from another site's page either.
 */
bool web_auth_admit(struct web *web, struct web_request *request, enum web_level level,
		    bool changes, struct web_answer *ret_refusal);

/* For a path that does not exist: while the node is closed, not even that is said. */
bool web_auth_is_closed(struct web *web, struct web_answer *ret_refusal);

/* May who had this ticket (role ACCOUNTS_NOBODY: none) go on reading? For answers that never end.
 */
bool web_auth_may_read(struct web *web, const struct access_ticket *ticket);

/* 16 bytes that are the client's address; of IPv6 the first 64 bits, the rest is his to choose. */
void web_auth_client(const struct web_request *request, unsigned char ret_client[WEB_CLIENT_SIZE]);

/* ms of the server's clock, which never steps. */
uint64_t web_auth_now(const struct web *web);

/* The name of the session's cookie: browsers keep one with __Host- apart from all that was not
 * set by this host over TLS (RFC 6265bis, 4.1.3.2). */
const char *web_auth_cookie(const struct web *web);

#endif
