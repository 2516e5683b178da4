#include "config/paths.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

static bool try_path(char *ret_path, const char *folder, const char *rest)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", folder, rest) >= (int)sizeof(path) ||
	    access(path, R_OK))
		return false;
	memcpy(ret_path, path, strlen(path) + 1);
	return true;
}

static void own_folder(char ret_folder[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", ret_folder, PATH_MAX - 1);
	char *slash;

	ret_folder[length < 0 ? 0 : length] = '\0';
	slash = strrchr(ret_folder, '/');
	if (slash)
		*slash = '\0';
}

void paths_find(struct paths *ret_paths)
{
	char folder[PATH_MAX];

	memset(ret_paths, 0, sizeof(*ret_paths));
	own_folder(folder);
	if (!try_path(ret_paths->guest_program, folder, "harvester-guest"))
		try_path(ret_paths->guest_program, folder, "../libexec/harvester/harvester-guest");
	if (!try_path(ret_paths->runtime_artifact, folder, "runtime.cwasm"))
		try_path(ret_paths->runtime_artifact, folder, "../lib/harvester/runtime.cwasm");
	if (!try_path(ret_paths->interpreted_runtime, folder, "runtime.pulley64.cwasm"))
		try_path(ret_paths->interpreted_runtime, folder,
			 "../lib/harvester/runtime.pulley64.cwasm");
	if (!try_path(ret_paths->template_folder, folder, "../sdk/python/template"))
		try_path(ret_paths->template_folder, folder, "../share/harvester/template");
}

const char *paths_runtime(const struct paths *paths, const char *target)
{
	const char *path = target ? paths->interpreted_runtime : paths->runtime_artifact;

	return *path ? path : NULL;
}

void paths_data_folder(char *ret_path, unsigned long size)
{
	const char *state = getenv("STATE_DIRECTORY"), *home = getenv("HOME");
	const char *base = getenv("XDG_STATE_HOME");

	if (state)
		snprintf(ret_path, size, "%s", state);
	else if (base)
		snprintf(ret_path, size, "%s/harvester", base);
	else
		snprintf(ret_path, size, "%s/.local/state/harvester", home ? home : "");
}

/* Parent folders may be missing too: a new user has no ~/.local/state. */
static void make_parents(const char *path)
{
	char parent[PATH_MAX];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
		mkdir(parent, 0700); /* if this fails, creating the folder itself fails too */
	}
}

int paths_make_folder(const char *path, struct error *err)
{
	struct stat found;

	make_parents(path);
	if (!mkdir(path, 0700) || errno == EEXIST) {
		if (!stat(path, &found) && S_ISDIR(found.st_mode))
			return 0;
		errno = ENOTDIR;
	}
	return error_set_errno(err, ERROR_SYSTEM, errno,
			       "cannot create the data folder %s (--data chooses another)", path);
}
