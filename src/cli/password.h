/*
 * A password from whoever runs a command.
 */
#ifndef HARVESTER_CLI_PASSWORD_H
#define HARVESTER_CLI_PASSWORD_H

#include <stdbool.h>

#include "store/accounts/accounts.h"

struct error;

#define PASSWORD_SIZE (ACCOUNTS_PASSWORD_MAX + 1)

/*
 * The first line of stdin, or asked for on the terminal, twice and without echo. ERROR_TOO_LARGE,
 * ERROR_INVALID where the two differ or the line is missing, ERROR_SYSTEM without a terminal.
 */
int password_read(bool from_stdin, const char *user, char ret_password[PASSWORD_SIZE],
		  struct error *err);

#endif
