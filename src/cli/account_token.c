/* `harvester token`: secrets for scripts and nodes. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/account_file.h"
#include "cli/command.h"

static int parse_role(const char *text, enum accounts_role *ret_role)
{
	if (text && !accounts_role_parse(text, ret_role))
		return 0;
	if (text)
		text_printf(
			stderr,
			"harvester token add: --role must be viewer, operator or node, not %s\n",
			text);
	else
		fputs("harvester token add: --role is missing: viewer, operator or node\n", stderr);
	return EXIT_USAGE;
}

int command_token_add(const struct command_options *options)
{
	char secret[ACCOUNTS_SECRET_SIZE] = "";
	const char *name = options->words[0];
	struct account_file file = {0};
	enum accounts_role role;
	struct error err = {0};
	json_t *result = NULL;
	int ret;

	if (parse_role(options->role, &role))
		return EXIT_USAGE;
	ret = account_file_open(options, true, &file, &err);
	if (!ret)
		ret = accounts_add_token(file.accounts, name, role, clock_unix_ms(clock_system()),
					 secret, &err);
	account_file_close(&file);
	if (!ret && options->json)
		result = json_pack("{s:s, s:s, s:s}", "name", name, "role",
				   accounts_role_name(role), "token", secret);
	else if (!ret)
		/* Only the token goes to stdout, so that a script can store it. */
		printf("%s\n", secret);
	if (!ret && !options->json)
		fprintf(stderr,
			"this is the token of %s (%s): copy it now, it is not shown again\n", name,
			accounts_role_name(role));
	sodium_memzero(secret, sizeof(secret));
	return account_say(ret, &err, options->json, result);
}

int command_token_revoke(const struct command_options *options)
{
	const char *name = options->words[0];
	struct account_file file = {0};
	struct error err = {0};
	int ret = account_file_open(options, false, &file, &err);

	if (!ret && !file.accounts)
		ret = error_set(&err, ERROR_NOT_FOUND,
				"there is no valid token %s: `harvester token list` lists them",
				name);
	else if (!ret)
		ret = accounts_revoke_token(file.accounts, name, clock_unix_ms(clock_system()),
					    &err);
	account_file_close(&file);
	if (!ret && !options->json)
		printf("revoked the token of %s\n", name);
	return account_say(ret, &err, options->json, json_pack("{s:s}", "name", name));
}

static json_t *time_or_null(uint64_t unix_ms)
{
	return unix_ms ? json_integer((json_int_t)unix_ms) : json_null();
}

static bool has_role(const struct accounts_token *token, const char *role)
{
	return !role || !strcmp(accounts_role_name(token->role), role);
}

static json_t *describe(const struct accounts_list *list, const char *role)
{
	json_t *tokens = json_array();

	for (size_t i = 0; i < list->tokens_count; i++) {
		const struct accounts_token *token = &list->tokens[i];

		if (!has_role(token, role))
			continue;
		json_array_append_new(tokens,
				      json_pack("{s:s, s:s, s:I, s:o, s:o}", "name", token->name,
						"role", accounts_role_name(token->role),
						"created_ms", (json_int_t)token->created_ms,
						"used_ms", time_or_null(token->used_ms),
						"revoked_ms", time_or_null(token->revoked_ms)));
	}
	return json_pack("{s:o}", "tokens", tokens);
}

static void print_tokens(const struct accounts_list *list, const char *role)
{
	char created[ACCOUNT_TIME_SIZE], used[ACCOUNT_TIME_SIZE], revoked[ACCOUNT_TIME_SIZE];

	printf("%-20s %-10s %-17s %-17s %s\n", "NAME", "ROLE", "CREATED (UTC)", "LAST USED",
	       "REVOKED");
	for (size_t i = 0; i < list->tokens_count; i++) {
		const struct accounts_token *token = &list->tokens[i];

		if (!has_role(token, role))
			continue;
		account_time(token->created_ms, created);
		account_time(token->used_ms, used);
		account_time(token->revoked_ms, revoked);
		text_printf(stdout, "%-20s %-10s %-17s %-17s %s\n", token->name,
			    accounts_role_name(token->role), created, used,
			    token->revoked_ms ? revoked : "");
	}
}

int command_token_list(const struct command_options *options)
{
	return account_list(options, describe, print_tokens);
}
