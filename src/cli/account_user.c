/* `harvester user`: who may log in. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/account_file.h"
#include "cli/command.h"
#include "cli/password.h"

/* Accepts viewer and operator, the roles of people. Returns 0 or EXIT_USAGE. */
static int parse_role(const char *text, enum accounts_role *ret_role)
{
	*ret_role = ACCOUNTS_OPERATOR;
	if (!text || (!accounts_role_parse(text, ret_role) && *ret_role != ACCOUNTS_NODE))
		return 0;
	text_printf(stderr, "harvester user add: --role must be viewer or operator, not %s\n",
		    text);
	return EXIT_USAGE;
}

/* Checks the name before asking for the password, with a password that is always valid. */
static int read_password(const struct command_options *options, char ret_password[PASSWORD_SIZE],
			 struct error *err)
{
	static const char fit[] = "a fit password";
	int ret = accounts_check_password(options->words[0], fit, err);

	if (!ret)
		ret = password_read(options->password_stdin, options->words[0], ret_password, err);
	return ret ? ret : accounts_check_password(options->words[0], ret_password, err);
}

int command_user_add(const struct command_options *options)
{
	char password[PASSWORD_SIZE] = "";
	struct account_file file = {0};
	const char *name = options->words[0];
	enum accounts_role role;
	struct error err = {0};
	int ret;

	if (parse_role(options->role, &role))
		return EXIT_USAGE;
	ret = read_password(options, password, &err);
	if (!ret)
		ret = account_file_open(options, true, &file, &err);
	if (!ret)
		ret = accounts_add_user(file.accounts, name, password, role, false,
					clock_unix_ms(clock_system()), &err);
	sodium_memzero(password, sizeof(password));
	account_file_close(&file);
	if (!ret && !options->json)
		printf("%s can log in as %s (%s)\n", name, accounts_role_name(role), file.path);
	return account_say(ret, &err, options->json,
			   json_pack("{s:s, s:s}", "name", name, "role", accounts_role_name(role)));
}

static int find_none(const char *name, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND,
			 "there is no user %s: `harvester user list` lists them", name);
}

int command_user_password(const struct command_options *options)
{
	char password[PASSWORD_SIZE] = "";
	struct account_file file = {0};
	const char *name = options->words[0];
	struct error err = {0};
	int ret = read_password(options, password, &err);

	if (!ret)
		ret = account_file_open(options, false, &file, &err);
	if (!ret)
		ret = file.accounts ? accounts_set_password(file.accounts, name, password, &err)
				    : find_none(name, &err);
	sodium_memzero(password, sizeof(password));
	account_file_close(&file);
	if (!ret && !options->json)
		printf("%s has a new password, and is logged out everywhere\n", name);
	return account_say(ret, &err, options->json, json_pack("{s:s}", "name", name));
}

/* Without any account, a node on loopback is open to everybody; command_user_remove() says so. */
static size_t count_users(struct account_file *file)
{
	struct accounts_list list = {0};
	size_t count = 0;

	if (!account_file_read(file, &list, NULL))
		count = list.users_count;
	accounts_list_finish(&list);
	return count;
}

int command_user_remove(const struct command_options *options)
{
	struct account_file file = {0};
	const char *name = options->words[0];
	struct error err = {0};
	int ret = account_file_open(options, false, &file, &err);
	size_t left = 0;

	if (!ret)
		ret = file.accounts ? accounts_remove_user(file.accounts, name, &err)
				    : find_none(name, &err);
	if (!ret)
		left = count_users(&file);
	account_file_close(&file);
	if (!ret && !options->json)
		printf("removed %s%s\n", name,
		       left ? ""
			    : "; that was the last account: a node that listens on loopback is "
			      "open to everybody on this machine now");
	return account_say(ret, &err, options->json,
			   json_pack("{s:s, s:I}", "name", name, "left", (json_int_t)left));
}

static json_t *describe(const struct accounts_list *list, const char *role)
{
	json_t *users = json_array();

	(void)role;
	for (size_t i = 0; i < list->users_count; i++)
		json_array_append_new(
			users, json_pack("{s:s, s:s, s:I}", "name", list->users[i].name, "role",
					 accounts_role_name(list->users[i].role), "created_ms",
					 (json_int_t)list->users[i].created_ms));
	return json_pack("{s:o}", "users", users);
}

static void print_users(const struct accounts_list *list, const char *role)
{
	char created[ACCOUNT_TIME_SIZE];

	(void)role;
	printf("%-20s %-10s %s\n", "NAME", "ROLE", "CREATED (UTC)");
	for (size_t i = 0; i < list->users_count; i++) {
		account_time(list->users[i].created_ms, created);
		text_printf(stdout, "%-20s %-10s %s\n", list->users[i].name,
			    accounts_role_name(list->users[i].role), created);
	}
}

int command_user_list(const struct command_options *options)
{
	return account_list(options, describe, print_users);
}
