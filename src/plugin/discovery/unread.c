#include "plugin/discovery/unread.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "config/suggest.h"
#include "plugin/discovery/file.h"
#include "plugin/discovery/source.h"

#define ALONE "permission.toml"
#define SUFFIX "." ALONE
#define REASON_SIZE 1024

struct search {
	const char *folder;
	const struct plugin_scan *scan;
	unread_found *on_found;
	void *arg;
};

static int is_permission_file(const struct dirent *entry)
{
	const char *name = entry->d_name;

	return name[0] != '.' && name[0] != '_' &&
	       (!strcmp(name, ALONE) || file_name_ends_in(name, SUFFIX));
}

static const struct plugin_source *find_plugin(const struct plugin_scan *scan, const char *name)
{
	for (size_t i = 0; i < scan->count; i++)
		if (!strcmp(scan->sources[i].name, name))
			return &scan->sources[i];
	return NULL;
}

static bool is_there(const char *folder, const char *name, const char *suffix)
{
	char path[PATH_MAX];
	struct stat stat;

	snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);
	return !lstat(path, &stat);
}

static void explain_absent(const struct search *search, const char *name, char reason[REASON_SIZE])
{
	struct suggestion suggestion;

	suggestion_init(&suggestion, name);
	for (size_t i = 0; i < search->scan->count; i++)
		if (!search->scan->sources[i].is_folder)
			suggestion_offer(&suggestion, search->scan->sources[i].name);
	if (suggestion.best)
		snprintf(reason, REASON_SIZE,
			 "no plugin reads this file, since there is neither %s.py nor %s.wasm; did "
			 "you mean %s" SUFFIX "?",
			 name, name, suggestion.best);
	else
		snprintf(reason, REASON_SIZE,
			 "no plugin reads this file, since there is neither %s.py nor %s.wasm; "
			 "rename it after its plugin, or remove it",
			 name, name);
}

/* False if a plugin reads the file, or would read it if it were not skipped. */
static bool explain_named(const struct search *search, const char *name, char reason[REASON_SIZE])
{
	const struct plugin_source *plugin = find_plugin(search->scan, name);

	if (plugin && plugin->is_folder)
		snprintf(reason, REASON_SIZE,
			 "no plugin reads this file, since %s is a folder; its permissions belong "
			 "in %s/" ALONE,
			 name, name);
	else if (plugin || is_there(search->folder, name, ".py") ||
		 is_there(search->folder, name, ".wasm"))
		return false;
	else
		explain_absent(search, name, reason);
	return true;
}

static void look_at(const struct search *search, const char *entry)
{
	size_t length = strlen(search->folder);
	char path[PATH_MAX], name[NAME_MAX + 1], reason[REASON_SIZE];
	bool is_unread = true;
	struct stat stat;

	while (length > 1 && search->folder[length - 1] == '/')
		length--;
	snprintf(path, sizeof(path), "%.*s/%s", (int)length, search->folder, entry);
	if (lstat(path, &stat) || S_ISDIR(stat.st_mode))
		return;
	if (!strcmp(entry, ALONE)) {
		snprintf(reason, sizeof(reason),
			 "no plugin reads this file; that of a plugin NAME.py or NAME.wasm is "
			 "NAME" SUFFIX ", that of a folder NAME is NAME/" ALONE);
	} else {
		snprintf(name, sizeof(name), "%.*s", (int)(strlen(entry) - strlen(SUFFIX)), entry);
		is_unread = explain_named(search, name, reason);
	}
	if (is_unread)
		search->on_found(search->arg, path, reason);
}

int unread_find(const char *folder, const struct plugin_scan *scan, unread_found *on_found,
		void *arg, struct error *err)
{
	const struct search search = {folder, scan, on_found, arg};
	struct dirent **entries;
	int count = scandir(folder, &entries, is_permission_file, alphasort);

	if (count < 0)
		return error_set_errno(
			err, ERROR_SYSTEM, errno,
			"%s: cannot list this folder (check its path, mode and owner)", folder);
	for (int i = 0; i < count; i++) {
		look_at(&search, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}
