/* Reads the whole accounts file into memory. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/accounts/internal.h"

static void take_text(sqlite3_stmt *row, int column, char *ret_text, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	snprintf(ret_text, size, "%s", text ? text : "");
}

static uint64_t take_number(sqlite3_stmt *row, int column)
{
	return (uint64_t)sqlite3_column_int64(row, column);
}

/* Another program may have written any number. */
static enum accounts_role take_role(sqlite3_stmt *row, int column)
{
	int role = sqlite3_column_int(row, column);

	return role > ACCOUNTS_NOBODY && role <= ACCOUNTS_OPERATOR ? (enum accounts_role)role
								   : ACCOUNTS_NOBODY;
}

static void take_hash(sqlite3_stmt *row, int column, uint8_t ret_hash[ACCOUNTS_HASH_SIZE])
{
	if (sqlite3_column_bytes(row, column) == ACCOUNTS_HASH_SIZE)
		memcpy(ret_hash, sqlite3_column_blob(row, column), ACCOUNTS_HASH_SIZE);
}

static void take_user(sqlite3_stmt *row, void *item)
{
	struct accounts_user *user = item;

	take_text(row, 0, user->name, sizeof(user->name));
	user->role = take_role(row, 1);
	user->created_ms = take_number(row, 2);
}

static void take_token(sqlite3_stmt *row, void *item)
{
	struct accounts_token *token = item;

	take_text(row, 0, token->name, sizeof(token->name));
	token->role = take_role(row, 1);
	take_hash(row, 2, token->hash);
	token->created_ms = take_number(row, 3);
	token->used_ms = take_number(row, 4);
	token->revoked_ms = take_number(row, 5);
}

static void take_session(sqlite3_stmt *row, void *item)
{
	struct accounts_session *session = item;

	take_text(row, 0, session->user, sizeof(session->user));
	session->role = take_role(row, 1);
	take_hash(row, 2, session->hash);
	session->created_ms = take_number(row, 3);
	session->used_ms = take_number(row, 4);
}

/*
 * Read every row of a query into a new array (owned by the caller) of at most `most` items of
 * `size` bytes.
 */
static int read_all(struct accounts *accounts, const char *text, size_t size, size_t most,
		    void (*take)(sqlite3_stmt *row, void *item), void **ret_items,
		    size_t *ret_count, struct error *err)
{
	char *items = calloc(most, size);
	sqlite3_stmt *statement;
	size_t count = 0;
	int code;

	if (!items)
		return accounts_fail(SQLITE_NOMEM, err);
	code = sqlite3_prepare_v2(accounts->db, text, -1, &statement, NULL);
	while (!code && (code = sqlite3_step(statement)) == SQLITE_ROW && count < most) {
		take(statement, items + count++ * size);
		code = 0;
	}
	sqlite3_finalize(statement);
	/* More rows than the limits allow: harvester did not write this file. */
	if (code != SQLITE_DONE) {
		free(items);
		return accounts_fail(code == SQLITE_ROW ? SQLITE_CORRUPT : code, err);
	}
	*ret_items = items;
	*ret_count = count;
	return 0;
}

int accounts_read(struct accounts *accounts, struct accounts_list *ret_list, struct error *err)
{
	struct accounts_list list = {0};
	int ret = read_all(accounts, "SELECT name, role, created_ms FROM users ORDER BY name",
			   sizeof(*list.users), ACCOUNTS_USERS_MAX, take_user, (void **)&list.users,
			   &list.users_count, err);

	if (!ret)
		ret = read_all(accounts,
			       "SELECT name, role, hash, created_ms, used_ms, revoked_ms"
			       " FROM tokens ORDER BY name",
			       sizeof(*list.tokens), ACCOUNTS_TOKENS_MAX, take_token,
			       (void **)&list.tokens, &list.tokens_count, err);
	if (!ret)
		ret = read_all(accounts,
			       "SELECT users.name, role, hash, sessions.created_ms, used_ms"
			       " FROM sessions JOIN users ON users.name = user",
			       sizeof(*list.sessions), ACCOUNTS_SESSIONS_MAX, take_session,
			       (void **)&list.sessions, &list.sessions_count, err);
	if (ret) {
		accounts_list_finish(&list);
		return ret;
	}
	*ret_list = list;
	return 0;
}

void accounts_list_finish(struct accounts_list *list)
{
	free(list->users);
	free(list->tokens);
	free(list->sessions);
	*list = (struct accounts_list){0};
}
