/* The routes for logging in and out, and for making the first account of a node. */
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "http/auth/auth.h"
#include "http/server/deferred_response.h"
#include "http/server/internal.h"

#define COOKIE_SIZE 256

/* A request that waits for the accounts. Freed in their callback, before the server is freed. */
struct log_in {
	struct web *web;
	struct deferred_response *pending;
	struct authenticator_ticket before; /* who sent the request, before the log-in */
	char user[ACCOUNTS_NAME_SIZE];
	char from[INET6_ADDRSTRLEN]; /* the client's address */
};

const struct web_parameter web_session_fields[] = {
	{.name = "user", .type = WEB_TEXT, .is_required = true, .minimum = 1, .maximum = 64},
	{.name = "password", .type = WEB_TEXT, .is_required = true, .minimum = 1, .maximum = 256},
	{0},
};

const struct web_parameter web_setup_fields[] = {
	{.name = "user", .type = WEB_TEXT, .is_required = true, .minimum = 1, .maximum = 64},
	{.name = "password", .type = WEB_TEXT, .is_required = true, .minimum = 1, .maximum = 256},
	{.name = "token", .type = WEB_TEXT, .is_required = true, .minimum = 1, .maximum = 64},
	{0},
};

enum { USER, PASSWORD, TOKEN };

/* 204 with the session's secret as a cookie; NULL deletes the cookie. */
static struct web_answer session_answer(const struct web *web, const char *secret)
{
	struct web_answer answer = {.status = MHD_HTTP_NO_CONTENT};
	char cookie[COOKIE_SIZE];

	snprintf(cookie, sizeof(cookie),
		 "%s=%s; Path=/; Max-Age=%" PRIu64 "; HttpOnly; SameSite=Strict%s",
		 web_auth_cookie(web), secret ? secret : "",
		 secret ? (uint64_t)(ACCOUNTS_SESSION_MS / 1000) : 0,
		 web->is_tls ? "; Secure" : "");
	answer.response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	if (answer.response &&
	    (web_response_dress(answer.response, NULL, false) ||
	     !MHD_add_response_header(answer.response, MHD_HTTP_HEADER_SET_COOKIE, cookie))) {
		MHD_destroy_response(answer.response);
		answer.response = NULL;
	}
	sodium_memzero(cookie, sizeof(cookie));
	return answer;
}

static struct web_answer later(unsigned status, const char *detail, uint64_t wait_ms)
{
	return web_answer_wait(status, (unsigned)((wait_ms + 999) / 1000), detail);
}

static struct web_answer busy(void)
{
	return later(MHD_HTTP_SERVICE_UNAVAILABLE,
		     "too many log-ins at once: try again in a few seconds", 2000);
}

/* Logging in */

static struct web_answer explain(int code, const char *text, bool is_setup)
{
	struct web_answer answer;

	switch (code) {
	case ERROR_NOT_GRANTED:
		answer = web_answer_problem(is_setup ? MHD_HTTP_FORBIDDEN : MHD_HTTP_UNAUTHORIZED,
					    "%s", text);
		if (answer.response && !is_setup)
			MHD_add_response_header(answer.response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
						"Bearer");
		return answer;
	case ERROR_INVALID:
	case ERROR_TOO_LARGE:
		return web_answer_problem(MHD_HTTP_BAD_REQUEST, "%s", text);
	default:
		/* The text names files of the node: it is for the log, not for the client. */
		log_error("web", "a log-in failed, since the accounts cannot be used: %s", text);
		return later(MHD_HTTP_SERVICE_UNAVAILABLE,
			     "the accounts cannot be used now; the node's log says why", 5000);
	}
}

static void describe_client(const struct web_request *request, char *ret_text, socklen_t size)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	snprintf(ret_text, size, "?");
	if (info)
		getnameinfo(info->client_addr,
			    info->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
								     : sizeof(struct sockaddr_in),
			    ret_text, size, NULL, 0, NI_NUMERICHOST);
}

/* Suspend the request until the accounts have answered. NULL if memory runs out. */
static struct log_in *begin(struct web *web, struct web_request *request)
{
	struct log_in *log_in = malloc(sizeof(*log_in));
	const char *user = request->fields[USER].text;

	if (!log_in)
		return NULL;
	*log_in = (struct log_in){.web = web, .before = request->ticket};
	snprintf(log_in->user, sizeof(log_in->user), "%s", user ? user : "");
	describe_client(request, log_in->from, sizeof(log_in->from));
	log_in->pending = deferred_response_begin(request);
	if (log_in->pending)
		return log_in;
	free(log_in);
	return NULL;
}

static void succeed(struct log_in *log_in, const char *secret)
{
	struct web *web = log_in->web;

	web->counters.log_ins++;
	web_throttle_forgive(&web->auth->by_user, log_in->user, strlen(log_in->user));
	/* End the session that the browser had before. */
	if (log_in->before.role != ACCOUNTS_NOBODY && !log_in->before.is_token)
		authenticator_log_out(web->config.authenticator, &log_in->before, NULL, NULL);
	log_info("web", "%s logged in", log_in->user);
	deferred_response_finish(log_in->pending, session_answer(web, secret));
}

static void fail(struct log_in *log_in, const struct error *err, bool is_setup)
{
	log_in->web->counters.log_ins_failed++;
	/* Without the name: people type their password there by mistake. */
	if (err->code == ERROR_NOT_GRANTED)
		log_warning("web",
			    "a log-in from %s was refused: the name or the password was wrong",
			    log_in->from);
	deferred_response_finish(log_in->pending, explain(err->code, err->text, is_setup));
}

static void on_log_in(void *arg, const char *secret, const struct error *err)
{
	if (secret)
		succeed(arg, secret);
	else
		fail(arg, err, false);
	free(arg);
}

static void on_setup(void *arg, const char *secret, const struct error *err)
{
	struct log_in *log_in = arg;

	if (secret) {
		log_in->web->auth->setup_until_ms = 0;
		succeed(log_in, secret);
	} else {
		fail(log_in, err, true);
	}
	free(log_in);
}

/* How many ms this client or this user name must wait. If neither must, the try is counted. */
static uint64_t count_try(struct web *web, const struct web_request *request)
{
	const char *user = request->fields[USER].text;
	unsigned char client[WEB_CLIENT_SIZE];
	uint64_t now = web_auth_now(web), a, b;

	web_auth_client(request, client);
	a = web_throttle_wait(&web->auth->by_client, client, sizeof(client), now);
	b = web_throttle_wait(&web->auth->by_user, user, strlen(user), now);
	if (!a && !b) {
		web_throttle_count(&web->auth->by_client, client, sizeof(client), now);
		web_throttle_count(&web->auth->by_user, user, strlen(user), now);
	}
	return a > b ? a : b;
}

/* Hand the password to the accounts; the answer is deferred. */
static struct web_answer start(struct web *web, struct web_request *request, bool is_setup)
{
	const char *user = request->fields[USER].text, *password = request->fields[PASSWORD].text;
	struct log_in *log_in = begin(web, request);
	int ret;

	if (!log_in)
		return busy();
	if (is_setup)
		ret = authenticator_set_up(web->config.authenticator, user, password, on_setup,
					   log_in);
	else
		ret = authenticator_log_in(web->config.authenticator, user, password, on_log_in,
					   log_in);
	if (ret) {
		deferred_response_finish(log_in->pending, busy());
		free(log_in);
	}
	return web_answer_later();
}

struct web_answer web_post_session(struct web *web, struct web_request *request)
{
	uint64_t wait;

	if (!web->config.authenticator || !authenticator_has_users(web->config.authenticator))
		return web_answer_problem(MHD_HTTP_FORBIDDEN,
					  "this node has no account yet; make one on it with "
					  "`harvester user add NAME`");
	wait = count_try(web, request);
	if (wait) {
		web->counters.log_ins_slowed++;
		return later(MHD_HTTP_TOO_MANY_REQUESTS,
			     "too many failed log-ins: wait as long as the header Retry-After says",
			     wait);
	}
	return start(web, request, false);
}

/* Logging out */

static void on_log_out(void *arg, const char *secret, const struct error *err)
{
	struct log_in *log_in = arg;

	(void)secret;
	deferred_response_finish(log_in->pending, err->code ? explain(err->code, err->text, false)
							    : session_answer(log_in->web, NULL));
	free(log_in);
}

struct web_answer web_delete_session(struct web *web, struct web_request *request)
{
	struct log_in *log_in;

	if (request->ticket.role == ACCOUNTS_NOBODY || request->ticket.is_token)
		return session_answer(web, NULL);
	log_in = begin(web, request);
	if (!log_in)
		return busy();
	if (authenticator_log_out(web->config.authenticator, &request->ticket, on_log_out, log_in))
		on_log_out(log_in, NULL, &(struct error){.code = ERROR_BUSY});
	return web_answer_later();
}

struct web_answer web_get_session(struct web *web, struct web_request *request)
{
	struct web_rules rules = web_auth_rules(web);
	enum accounts_role anybody = web_rules_anybody(&rules), role = request->ticket.role;
	bool is_somebody = role != ACCOUNTS_NOBODY;

	if (role < anybody)
		role = anybody;
	return web_answer_json(MHD_HTTP_OK,
			       json_pack("{s:s?, s:s?, s:s?, s:b, s:b}", "node", web->config.node,
					 "user", is_somebody ? request->ticket.name : NULL, "role",
					 role == ACCOUNTS_NOBODY ? NULL : accounts_role_name(role),
					 "login_required", anybody == ACCOUNTS_NOBODY, "open",
					 anybody == ACCOUNTS_OPERATOR));
}

/* The first account */

bool web_make_setup_link(struct web *web, char *ret_link, size_t size)
{
	struct web_rules rules = web_auth_rules(web);
	char secret[ACCOUNTS_SECRET_SIZE];

	if (!web->config.authenticator ||
	    web_rules_judge(&rules, WEB_OPEN, ACCOUNTS_NOBODY) != WEB_NO_ACCOUNT)
		return false;
	accounts_make_secret(secret);
	accounts_hash_secret(secret, web->auth->setup_hash);
	web->auth->setup_until_ms = web_auth_now(web) + WEB_SETUP_MS;
	/* Browsers send no server what is behind the #, so the secret gets into no log. */
	if (web->listener.is_any)
		snprintf(ret_link, size, "%s://%s:%u/setup#%s", web_scheme(web), web->machine_name,
			 web->listener.port, secret);
	else
		snprintf(ret_link, size, "%s://%s/setup#%s", web_scheme(web), web->listener.address,
			 secret);
	return true;
}

static bool is_setup_token(const struct web *web, const char *token)
{
	uint8_t hash[ACCOUNTS_HASH_SIZE];

	accounts_hash_secret(token, hash);
	return web_auth_now(web) < web->auth->setup_until_ms &&
	       !sodium_memcmp(hash, web->auth->setup_hash, sizeof(hash));
}

struct web_answer web_post_setup(struct web *web, struct web_request *request)
{
	struct web_rules rules = web_auth_rules(web);
	struct error err;

	if (web_rules_judge(&rules, WEB_OPEN, ACCOUNTS_NOBODY) != WEB_NO_ACCOUNT)
		return web_answer_problem(
			MHD_HTTP_FORBIDDEN,
			"this node needs no set-up: log in, or add an account with "
			"`harvester user add NAME`");
	if (!is_setup_token(web, request->fields[TOKEN].text)) {
		web->counters.log_ins_failed++;
		return web_answer_problem(
			MHD_HTTP_FORBIDDEN,
			"this link is wrong, used or expired: restart the node, which "
			"logs a new link, or run `harvester user add NAME` on it");
	}
	if (accounts_check_password(request->fields[USER].text, request->fields[PASSWORD].text,
				    &err))
		return web_answer_problem(MHD_HTTP_BAD_REQUEST, "%s", err.text);
	return start(web, request, true);
}
