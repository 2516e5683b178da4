#include "http/auth/auth.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/error.h"
#include "http/auth/guard.h"
#include "http/server/internal.h"

/*
 * Somebody who guesses an owner's password must not lock the owner out, so a user name waits for
 * less time than the guesser's address.
 */
#define CLIENT_DELAY_MS (15ull * 60 * 1000)
#define USER_DELAY_MS (30ull * 1000)

struct web_auth *web_auth_create(void)
{
	struct web_auth *auth = calloc(1, sizeof(*auth));

	if (!auth)
		return NULL;
	web_throttle_init(&auth->by_client, CLIENT_DELAY_MS);
	web_throttle_init(&auth->by_user, USER_DELAY_MS);
	return auth;
}

void web_auth_destroy(struct web_auth *auth)
{
	free(auth);
}

uint64_t web_auth_now(const struct web *web)
{
	return clock_monotonic_ns(web->config.clock) / 1000000;
}

const char *web_auth_cookie(const struct web *web)
{
	return web->is_tls ? "__Host-harvester" : "harvester";
}

struct web_rules web_auth_rules(const struct web *web)
{
	const struct authenticator *authenticator = web->config.authenticator;

	return (struct web_rules){
		.accounts_are_known = !authenticator || !authenticator_problem(authenticator),
		.has_users = authenticator && authenticator_has_users(authenticator),
		.is_loopback = web->listener.is_loopback,
		.public_read = web->config.public_read,
		.push_without_token = web->config.push_without_token,
	};
}

void web_auth_client(const struct web_request *request, unsigned char ret_client[WEB_CLIENT_SIZE])
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *any = info ? info->client_addr : NULL;

	memset(ret_client, 0, WEB_CLIENT_SIZE);
	if (any && any->sa_family == AF_INET6)
		memcpy(ret_client, &((const struct sockaddr_in6 *)(const void *)any)->sin6_addr, 8);
	else if (any && any->sa_family == AF_INET)
		memcpy(ret_client + 12, &((const struct sockaddr_in *)(const void *)any)->sin_addr,
		       4);
}

/* Identification */

static const char *header(const struct web_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

/*
 * Set request->ticket from the token or the session's cookie. False if there is a token which is
 * unknown or revoked. "Authorization: Basic" is ignored: it belongs to a proxy in front of this
 * node.
 */
static bool identify(struct web *web, struct web_request *request)
{
	static const char scheme[] = "Bearer ";
	const char *authorization = header(request, MHD_HTTP_HEADER_AUTHORIZATION);
	const char *cookie = MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND,
							 web_auth_cookie(web));
	struct authenticator *authenticator = web->config.authenticator;

	request->ticket = (struct authenticator_ticket){.role = ACCOUNTS_NOBODY};
	if (authorization && !strncasecmp(authorization, scheme, strlen(scheme)))
		return authenticator &&
		       !authenticator_check_token(authenticator, authorization + strlen(scheme),
						  &request->ticket);
	if (authenticator && cookie)
		authenticator_check_session(authenticator, cookie, &request->ticket);
	return true;
}

/* Origin and Host */

/* Do the browser's headers say that the request comes from a page of this server? */
static bool is_same_origin(const struct web *web, const struct web_request *request)
{
	const char *host = header(request, MHD_HTTP_HEADER_HOST);
	const char *origin = header(request, MHD_HTTP_HEADER_ORIGIN);
	const char *site = header(request, "Sec-Fetch-Site");

	if (origin)
		return host && web_guard_origin_matches(origin, host, web->is_tls);
	return site && !strcmp(site, "same-origin");
}

static bool is_named(const struct web *web, const char *host)
{
	const char *const own[] = {web->listen_name, NULL};

	return host && (web_guard_host_is_known(host, web->machine_name, web->config.host_names) ||
			web_guard_host_is_known(host, "", own));
}

/*
 * Requests with a valid token or cookie may use any host name for this node: a page under an
 * attacker's name (see guard.h) gets no cookie and knows no token, while a node may use the name in
 * its invitation, and a script that of a proxy. All other requests must use a known name, unless
 * the route is public. A node that pushes without a token is recognised by not being a browser,
 * which would send Origin or Sec-Fetch-Site.
 */
static int check_host(const struct web *web, const struct web_request *request,
		      enum web_level level, bool changes, struct error *err)
{
	bool is_browser =
		header(request, MHD_HTTP_HEADER_ORIGIN) || header(request, "Sec-Fetch-Site");
	const char *host = header(request, MHD_HTTP_HEADER_HOST);

	if (level == WEB_ALWAYS || request->ticket.role != ACCOUNTS_NOBODY)
		return 0;
	if (level == WEB_NODE && changes && !is_browser)
		return 0;
	return is_named(web, host) ? 0 : web_guard_refuse_host(host, err);
}

/* Why a request that changes something is refused as another site's (guard.h), or NULL. */
static const char *foreign(const struct web *web, const struct web_request *request)
{
	const char *origin = header(request, MHD_HTTP_HEADER_ORIGIN);
	const char *site = header(request, "Sec-Fetch-Site");
	bool is_anonymous = request->ticket.role == ACCOUNTS_NOBODY;

	if (origin && !is_same_origin(web, request))
		return "the request comes from a page of another origin: send it from this node's "
		       "own page, or with a token";
	if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return "the request comes from a page of another site: send it from this node's "
		       "own page, or with a token";
	/* A browser may add the cookie to other sites' requests, so it must name the page. */
	if (!is_anonymous && !request->ticket.is_token && !is_same_origin(web, request))
		return "a request with a session cookie needs an Origin or Sec-Fetch-Site header; "
		       "in a script, use a token instead";
	return NULL;
}

/* Answers */

static struct web_answer challenge(const char *detail)
{
	struct web_answer answer = web_answer_problem(MHD_HTTP_UNAUTHORIZED, "%s", detail);

	if (answer.response)
		MHD_add_response_header(answer.response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
					"Bearer");
	return answer;
}

static struct web_answer refuse(enum web_verdict verdict, enum web_level level)
{
	switch (verdict) {
	case WEB_NO_ACCOUNT:
		return web_answer_problem(MHD_HTTP_FORBIDDEN,
					  "this node has no account yet: use the link in its log, "
					  "or `harvester user add NAME` on it");
	case WEB_UNKNOWN:
		return web_answer_problem(MHD_HTTP_SERVICE_UNAVAILABLE,
					  "the accounts cannot be read, so nobody is let in; the "
					  "node's log says why");
	case WEB_ROLE_TOO_LOW:
		return web_answer_problem(
			MHD_HTTP_FORBIDDEN,
			"only %s may do this: log in as one, or send the token of one",
			level == WEB_NODE      ? "nodes"
			: level == WEB_OPERATE ? "operators"
					       : "viewers and operators");
	default:
		return challenge(level == WEB_NODE
					 ? "this needs the token of a node (`harvester token add "
					   "NAME --role node` on this node makes one)"
					 : "log in, or send a token");
	}
}

bool web_auth_admit(struct web *web, struct web_request *request, enum web_level level,
		    bool changes, struct web_answer *ret_refusal)
{
	struct web_rules rules = web_auth_rules(web);
	bool is_sound = identify(web, request);
	enum web_verdict verdict = web_rules_judge(&rules, level, request->ticket.role);
	const char *reason = NULL;
	struct error err;

	if (!is_sound && level != WEB_ALWAYS && verdict != WEB_UNKNOWN) {
		*ret_refusal = challenge("this token is unknown or was revoked");
		return false;
	}
	if (verdict != WEB_ALLOWED) {
		*ret_refusal = refuse(verdict, level);
		return false;
	}
	if (check_host(web, request, level, changes, &err))
		reason = err.text;
	else if (changes)
		reason = foreign(web, request);
	if (reason)
		*ret_refusal = web_answer_problem(MHD_HTTP_FORBIDDEN, "%s", reason);
	return !reason;
}

bool web_auth_is_closed(struct web *web, struct web_answer *ret_refusal)
{
	struct web_rules rules = web_auth_rules(web);
	enum web_verdict verdict = web_rules_judge(&rules, WEB_OPEN, ACCOUNTS_NOBODY);

	if (verdict != WEB_ALLOWED)
		*ret_refusal = refuse(verdict, WEB_OPEN);
	return verdict != WEB_ALLOWED;
}

bool web_auth_may_read(struct web *web, const struct authenticator_ticket *ticket)
{
	struct web_rules rules = web_auth_rules(web);
	bool holds = ticket->role != ACCOUNTS_NOBODY &&
		     authenticator_holds(web->config.authenticator, ticket);

	return web_rules_judge(&rules, WEB_READ, holds ? ticket->role : ACCOUNTS_NOBODY) ==
	       WEB_ALLOWED;
}
