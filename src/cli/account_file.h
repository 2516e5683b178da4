/*
 * What `harvester user`, `harvester token` and `harvester node` share: opening the accounts file of
 * a node, and printing results and times.
 */
#ifndef HARVESTER_CLI_ACCOUNT_FILE_H
#define HARVESTER_CLI_ACCOUNT_FILE_H

#include <jansson.h>
#include <limits.h>

#include "store/accounts/accounts.h"

struct command_options;
struct error;

#define ACCOUNT_TIME_SIZE 32

struct account_file {
	struct accounts *accounts; /* owned; NULL: the file does not exist */
	char path[PATH_MAX];
};

/*
 * Open the accounts file of the node that the options name. If it does not exist: create it and the
 * data folder if `create`, otherwise succeed with ret_file->accounts NULL. The caller calls
 * account_file_close(), also after a failure. ERROR_MALFORMED if the file is damaged, and the
 * errors of places_find() and accounts_open().
 */
int account_file_open(const struct command_options *options, bool create,
		      struct account_file *ret_file, struct error *err);
void account_file_close(struct account_file *file);

/* Read all users and tokens. The list is empty if the file does not exist; the caller calls
 * accounts_list_finish(). */
int account_file_read(struct account_file *file, struct accounts_list *ret_list, struct error *err);

/*
 * A command that lists what is in the accounts file: describe(list, options->role) makes the JSON
 * object (new: the caller owns it), print(list, options->role) writes the lines. Returns the exit
 * code.
 */
int account_list(const struct command_options *options,
		 json_t *(*describe)(const struct accounts_list *list, const char *role),
		 void (*print)(const struct accounts_list *list, const char *role));

/* Write a time in UTC as "2026-01-31 12:00"; 0 becomes "never". */
void account_time(uint64_t unix_ms, char ret_text[ACCOUNT_TIME_SIZE]);

/*
 * Print how a command ended: if `ret` is not 0, *err on stderr; otherwise, if as_json, `result` on
 * stdout. Takes ownership of `result`. Returns the exit code.
 */
int account_say(int ret, const struct error *err, bool as_json, json_t *result);

#endif
