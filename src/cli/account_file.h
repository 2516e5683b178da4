/*
 * What `harvester user` and `harvester token` share: the file they work on, and how they print.
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
	struct accounts *accounts; /* NULL: there is none */
	char path[PATH_MAX];
};

/*
 * The file of the data folder. `create`: the folder and it are made; otherwise one that is not
 * there is no error.
 */
int account_file_open(const struct command_options *options, bool create,
		      struct account_file *ret_file, struct error *err);
void account_file_close(struct account_file *file);

/* All of it; empty where there is none. */
int account_file_read(struct account_file *file, struct accounts_list *ret_list, struct error *err);

/* "2026-01-31 12:00", UTC; "never" for 0. */
void account_time(uint64_t unix_ms, char ret_text[ACCOUNT_TIME_SIZE]);

/* The exit code: an error goes to stderr; the result, which is taken over, as JSON to stdout. */
int account_say(int ret, const struct error *err, bool as_json, json_t *result);

#endif
