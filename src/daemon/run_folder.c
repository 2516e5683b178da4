#include "daemon/run_folder.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define OF_ROOT "/run/harvester"

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static bool is_private(const char *path)
{
	struct stat found;

	return !lstat(path, &found) && S_ISDIR(found.st_mode) && found.st_uid == geteuid() &&
	       !(found.st_mode & 022);
}

static bool is_folder_of(const char *path, uid_t uid)
{
	struct stat found;

	return !stat(path, &found) && S_ISDIR(found.st_mode) && found.st_uid == uid;
}

/* A folder that exists while the user is logged in; without such a session, one in /tmp. */
static void of_user(uid_t uid, char ret_folder[PATH_MAX])
{
	snprintf(ret_folder, PATH_MAX, "/run/user/%u", (unsigned)uid);
	if (is_folder_of(ret_folder, uid))
		snprintf(ret_folder, PATH_MAX, "/run/user/%u/harvester", (unsigned)uid);
	else
		snprintf(ret_folder, PATH_MAX, "/tmp/harvester-%u", (unsigned)uid);
}

static void choose(char ret_folder[PATH_MAX])
{
	const char *own = variable("HARVESTER_RUNTIME_DIR");
	const char *service = variable("RUNTIME_DIRECTORY"), *session = variable("XDG_RUNTIME_DIR");

	if (own)
		snprintf(ret_folder, PATH_MAX, "%s", own);
	else if (service) /* systemd separates several folders by colons */
		snprintf(ret_folder, PATH_MAX, "%.*s", (int)strcspn(service, ":"), service);
	else if (session &&
		 is_folder_of(session, geteuid())) /* after su it may be another user's */
		snprintf(ret_folder, PATH_MAX, "%s/harvester", session);
	else if (!geteuid())
		snprintf(ret_folder, PATH_MAX, "%s", OF_ROOT);
	else
		of_user(geteuid(), ret_folder);
}

int run_folder_make(char ret_folder[PATH_MAX], struct error *err)
{
	choose(ret_folder);
	if (mkdir(ret_folder, 0700) && errno != EEXIST)
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "%s: cannot create this folder for the socket of commands "
				       "(check who may write to the folder above)",
				       ret_folder);
	if (!is_private(ret_folder))
		return error_set(err, ERROR_NOT_GRANTED,
				 "%s must be a folder that belongs to this user and that nobody "
				 "else may write to: delete it, or correct its owner and mode",
				 ret_folder);
	return 0;
}

/* Add the folder once, and only if no stranger can have put sockets into it. */
static void add(char folders[RUN_FOLDERS_MAX][PATH_MAX], size_t *count, const char *folder)
{
	struct stat found;

	if (*count == RUN_FOLDERS_MAX || lstat(folder, &found) || !S_ISDIR(found.st_mode))
		return;
	if (geteuid() && found.st_uid && found.st_uid != geteuid())
		return;
	for (size_t i = 0; i < *count; i++)
		if (!strcmp(folders[i], folder))
			return;
	snprintf(folders[(*count)++], PATH_MAX, "%s", folder);
}

size_t run_folder_find(uid_t owner, char ret_folders[RUN_FOLDERS_MAX][PATH_MAX])
{
	char folder[PATH_MAX];
	size_t count = 0;

	choose(folder);
	add(ret_folders, &count, folder);
	if (variable("HARVESTER_RUNTIME_DIR"))
		return count;
	add(ret_folders, &count, OF_ROOT);
	if (variable("XDG_RUNTIME_DIR")) {
		snprintf(folder, sizeof(folder), "%s/harvester", variable("XDG_RUNTIME_DIR"));
		add(ret_folders, &count, folder);
	}
	of_user(owner, folder);
	add(ret_folders, &count, folder);
	snprintf(folder, sizeof(folder), "/tmp/harvester-%u", (unsigned)owner);
	add(ret_folders, &count, folder);
	return count;
}
