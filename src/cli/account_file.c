#include "cli/account_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/json_print.h"
#include "cli/places.h"
#include "config/paths.h"

int account_file_open(const struct command_options *options, bool create,
		      struct account_file *ret_file, struct error *err)
{
	struct places places;
	int ret;

	ret_file->accounts = NULL;
	ret = places_find(options, PLACES_EXACT, &places, err);
	if (ret)
		return ret;
	if (snprintf(ret_file->path, sizeof(ret_file->path), "%s/" ACCOUNTS_FILE, places.data) >=
	    (int)sizeof(ret_file->path))
		ret = error_set(err, ERROR_TOO_LARGE,
				"the data folder's path is too long: choose another with --data");
	if (!ret && create)
		ret = paths_make_folder(places.data, err);
	places_finish(&places);
	if (!ret)
		ret = accounts_open(ret_file->path, create, &ret_file->accounts, err);
	if (ret == ERROR_NOT_FOUND && !create)
		return 0;
	if (ret == ERROR_MALFORMED)
		error_wrap(err, ret,
			   "the accounts file is damaged; restore a copy of it, or move it away "
			   "and add every account and token again");
	return ret;
}

void account_file_close(struct account_file *file)
{
	accounts_close(file->accounts);
}

int account_file_read(struct account_file *file, struct accounts_list *ret_list, struct error *err)
{
	if (file->accounts)
		return accounts_read(file->accounts, ret_list, err);
	*ret_list = (struct accounts_list){0};
	return 0;
}

void account_time(uint64_t unix_ms, char ret_text[ACCOUNT_TIME_SIZE])
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm parts;

	if (!unix_ms || !gmtime_r(&seconds, &parts) ||
	    !strftime(ret_text, ACCOUNT_TIME_SIZE, "%Y-%m-%d %H:%M", &parts))
		snprintf(ret_text, ACCOUNT_TIME_SIZE, "never");
}

int account_say(int ret, const struct error *err, bool as_json, json_t *result)
{
	if (ret) {
		text_printf(stderr, "%s\n", err->text);
	} else if (as_json && result) {
		json_print(result, JSON_INDENT(2));
	}
	json_decref(result);
	return ret ? EXIT_FAILED : EXIT_DONE;
}

int account_list(const struct command_options *options,
		 json_t *(*describe)(const struct accounts_list *list, const char *role),
		 void (*print)(const struct accounts_list *list, const char *role))
{
	struct accounts_list list = {0};
	struct account_file file = {0};
	struct error err = {0};
	json_t *result = NULL;
	int ret = account_file_open(options, false, &file, &err);

	if (!ret)
		ret = account_file_read(&file, &list, &err);
	account_file_close(&file);
	if (!ret && options->json)
		result = describe(&list, options->role);
	else if (!ret)
		print(&list, options->role);
	accounts_list_finish(&list);
	return account_say(ret, &err, options->json, result);
}
