/*
 * Reads a password from the person who runs a command.
 */
#ifndef HARVESTER_CLI_PASSWORD_H
#define HARVESTER_CLI_PASSWORD_H

#include <stdbool.h>

#include "store/accounts/accounts.h"

struct error;

#define PASSWORD_SIZE (ACCOUNTS_PASSWORD_MAX + 1)

/*
 * Read the first line of stdin if from_stdin; otherwise ask on the terminal, twice and without
 * echo. ERROR_TOO_LARGE if the password is too long, ERROR_INVALID if it is missing or the two
 * differ, ERROR_SYSTEM if there is no terminal. The caller overwrites the password after use.
 */
int password_read(bool from_stdin, const char *user, char ret_password[PASSWORD_SIZE],
		  struct error *err);

#endif
