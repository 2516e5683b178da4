/* Checks tokens and sessions against the accounts in memory. */
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "store/accounts/internal.h"

static void touch(struct authenticator *authenticator, const uint8_t *hash, uint64_t *used_ms,
		  uint64_t now_ms)
{
	struct authenticator_job *job;

	if (now_ms < *used_ms + ACCOUNTS_TOUCH_MS || authenticator->is_closing)
		return;
	*used_ms = now_ms;
	/* If this use cannot be written now, the next one in an hour will be. */
	job = authenticator->touch_waits
		      ? NULL
		      : authenticator_job_make(authenticator, AUTHENTICATOR_TOUCH);
	if (!job)
		return;
	memcpy(job->hash, hash, ACCOUNTS_HASH_SIZE);
	authenticator->touch_waits = true;
	authenticator_job_queue(authenticator, job);
}

/*
 * The time of memcmp() tells how much of a hash is right, which helps nobody: whoever knows the
 * hash does not know the secret. A hub has 1,000 tokens, and checks one at each request.
 */
static struct accounts_token *find_token(struct authenticator *authenticator, const uint8_t *hash)
{
	for (size_t i = 0; i < authenticator->list.tokens_count; i++) {
		struct accounts_token *token = &authenticator->list.tokens[i];

		if (!memcmp(token->hash, hash, ACCOUNTS_HASH_SIZE))
			return token->revoked_ms ? NULL : token;
	}
	return NULL;
}

static struct accounts_session *find_session(struct authenticator *authenticator,
					     const uint8_t *hash, uint64_t now_ms)
{
	for (size_t i = 0; i < authenticator->list.sessions_count; i++) {
		struct accounts_session *session = &authenticator->list.sessions[i];

		if (!sodium_memcmp(session->hash, hash, ACCOUNTS_HASH_SIZE))
			return accounts_session_lives(session, now_ms) ? session : NULL;
	}
	return NULL;
}

static int check(struct authenticator *authenticator, bool is_token, const uint8_t *hash,
		 struct authenticator_ticket *ret_ticket)
{
	struct authenticator_ticket ticket = {.is_token = is_token};
	uint64_t now_ms = clock_unix_ms(authenticator->clock);
	struct accounts_session *session = NULL;
	struct accounts_token *token = NULL;

	if (is_token)
		token = find_token(authenticator, hash);
	else
		session = find_session(authenticator, hash, now_ms);
	if (!token && !session)
		return ERROR_NOT_FOUND;
	memcpy(ticket.hash, hash, sizeof(ticket.hash));
	memcpy(ticket.name, token ? token->name : session->user, sizeof(ticket.name));
	ticket.role = token ? token->role : session->role;
	touch(authenticator, hash, token ? &token->used_ms : &session->used_ms, now_ms);
	*ret_ticket = ticket;
	return 0;
}

int authenticator_check_token(struct authenticator *authenticator, const char *secret,
			      struct authenticator_ticket *ret_ticket)
{
	uint8_t hash[ACCOUNTS_HASH_SIZE];

	accounts_hash_secret(secret, hash);
	return check(authenticator, true, hash, ret_ticket);
}

int authenticator_check_session(struct authenticator *authenticator, const char *secret,
				struct authenticator_ticket *ret_ticket)
{
	uint8_t hash[ACCOUNTS_HASH_SIZE];

	accounts_hash_secret(secret, hash);
	return check(authenticator, false, hash, ret_ticket);
}

bool authenticator_holds(struct authenticator *authenticator,
			 const struct authenticator_ticket *ticket)
{
	struct authenticator_ticket now;

	return !check(authenticator, ticket->is_token, ticket->hash, &now) &&
	       now.role == ticket->role;
}
