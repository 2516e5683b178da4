/* Checks tokens and sessions against the accounts in memory. */
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "store/accounts/internal.h"

static void touch(struct access *access, const uint8_t *hash, uint64_t *used_ms, uint64_t now_ms)
{
	struct access_job *job;

	if (now_ms < *used_ms + ACCOUNTS_TOUCH_MS || access->is_closing)
		return;
	*used_ms = now_ms;
	/* If this use cannot be written now, the next one in an hour will be. */
	job = access->touch_waits ? NULL : access_job_make(access, ACCESS_TOUCH);
	if (!job)
		return;
	memcpy(job->hash, hash, ACCOUNTS_HASH_SIZE);
	access->touch_waits = true;
	access_job_queue(access, job);
}

/*
 * The time of memcmp() tells how much of a hash is right, which helps nobody: whoever knows the
 * hash does not know the secret. A hub has 1,000 tokens, and checks one at each request.
 */
static struct accounts_token *find_token(struct access *access, const uint8_t *hash)
{
	for (size_t i = 0; i < access->list.tokens_count; i++) {
		struct accounts_token *token = &access->list.tokens[i];

		if (!memcmp(token->hash, hash, ACCOUNTS_HASH_SIZE))
			return token->revoked_ms ? NULL : token;
	}
	return NULL;
}

static struct accounts_session *find_session(struct access *access, const uint8_t *hash,
					     uint64_t now_ms)
{
	for (size_t i = 0; i < access->list.sessions_count; i++) {
		struct accounts_session *session = &access->list.sessions[i];

		if (!sodium_memcmp(session->hash, hash, ACCOUNTS_HASH_SIZE))
			return accounts_session_lives(session, now_ms) ? session : NULL;
	}
	return NULL;
}

static int check(struct access *access, bool is_token, const uint8_t *hash,
		 struct access_ticket *ret_ticket)
{
	struct access_ticket ticket = {.is_token = is_token};
	uint64_t now_ms = clock_unix_ms(access->clock);
	struct accounts_session *session = NULL;
	struct accounts_token *token = NULL;

	if (is_token)
		token = find_token(access, hash);
	else
		session = find_session(access, hash, now_ms);
	if (!token && !session)
		return ERROR_NOT_FOUND;
	memcpy(ticket.hash, hash, sizeof(ticket.hash));
	memcpy(ticket.name, token ? token->name : session->user, sizeof(ticket.name));
	ticket.role = token ? token->role : session->role;
	touch(access, hash, token ? &token->used_ms : &session->used_ms, now_ms);
	*ret_ticket = ticket;
	return 0;
}

int access_check_token(struct access *access, const char *secret, struct access_ticket *ret_ticket)
{
	uint8_t hash[ACCOUNTS_HASH_SIZE];

	accounts_hash_secret(secret, hash);
	return check(access, true, hash, ret_ticket);
}

int access_check_session(struct access *access, const char *secret,
			 struct access_ticket *ret_ticket)
{
	uint8_t hash[ACCOUNTS_HASH_SIZE];

	accounts_hash_secret(secret, hash);
	return check(access, false, hash, ret_ticket);
}

bool access_holds(struct access *access, const struct access_ticket *ticket)
{
	struct access_ticket now;

	return !check(access, ticket->is_token, ticket->hash, &now) && now.role == ticket->role;
}
